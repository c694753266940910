"""The pods of the Helm chart: settings, secrets, probes, stop and size."""

import pytest

from app import settings, workers
from app.graph.graph import SCHEMA_TIMEOUT_SECONDS
from app.http.endpoints import ATTRIBUTE
from app.main import HealthRoutes
from tests.support.helm_chart import EXAMPLES, container, only, pod, rendered
from tests.support.helm_chart import settings as settings_of

HEALTH_PATHS = {
    getattr(member, ATTRIBUTE).path
    for member in vars(HealthRoutes).values()
    if hasattr(member, ATTRIBUTE)
}


def deployment(example="minimal", name="waypath-events", **values):
    return only(rendered(example, **values), "Deployment", name)


def loaded(tmp_path, example, **values):
    """The settings of a pod, as the service loads them, with its secrets and certificates."""
    resources = rendered(example, **values)
    variables = dict(settings_of(resources))
    for name in variables:
        if name.endswith("_FILE") and name != "NEO4J_CA_FILE":
            # Also a secret of webhooks, or any password.
            secret = "5e" * 32 if "SUPPRESSION" in name else f"whsec_{32 * 'A'}"
            (tmp_path / name).write_text(f"{secret}\n")
            variables[name] = str(tmp_path / name)
    variables.pop("NEO4J_CA_FILE", None)
    return settings.load(variables)


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_service_accepts_the_settings(tmp_path, example):
    config = loaded(tmp_path, example)

    assert (config.neo4j_uri, config.port) == (EXAMPLES[example]["neo4j"]["uri"], 8000)


def test_a_large_number_is_written_with_all_its_digits(tmp_path):
    assert loaded(tmp_path, "production").rate_limit == 1_000_000


def test_a_truth_value_is_a_setting(tmp_path):
    config = loaded(tmp_path, "minimal", config={"WAYPATH_REJECTION_SAMPLES": False})

    assert config.rejection_samples is False


def test_agents_reach_the_service_by_the_names_of_the_service_and_the_ingress(tmp_path):
    hosts = loaded(tmp_path, "production").hosts

    assert {"waypath-events", "waypath-events.events.svc", "events.example.com"} <= set(hosts)


def test_the_password_is_a_file_that_follows_the_secret():
    resources = rendered("minimal")
    service = only(resources, "Deployment")

    assert settings_of(resources)["NEO4J_PASSWORD_FILE"] == "/run/secrets/neo4j/password"
    assert {"name": "neo4j", "mountPath": "/run/secrets/neo4j", "readOnly": True} in (
        container(service)["volumeMounts"]
    )
    (secret,) = [v["secret"] for v in pod(service)["volumes"] if v["name"] == "neo4j"]
    assert secret["secretName"] == "waypath-neo4j"
    assert secret["items"] == [{"key": "password", "path": "password"}]


def test_the_group_of_the_user_may_read_the_secret():
    spec = pod(deployment())
    (secret,) = [v["secret"] for v in spec["volumes"] if v["name"] == "neo4j"]

    assert secret["defaultMode"] == 0o440
    assert spec["securityContext"]["fsGroup"] == spec["securityContext"]["runAsGroup"]


def test_a_token_is_a_file_too():
    assert settings_of(rendered("openshift"))["NEO4J_TOKEN_FILE"] == "/run/secrets/neo4j/token"


def test_without_authentication_there_is_no_secret():
    resources = rendered("in-cluster")

    assert not {"NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE"} & settings_of(resources).keys()
    assert [v["name"] for v in pod(only(resources, "Deployment"))["volumes"]] == ["tmp"]


def test_a_platform_may_assign_the_user():
    context = pod(deployment("openshift"))["securityContext"]

    assert not {"runAsUser", "runAsGroup", "fsGroup"} & context.keys()
    assert context["runAsNonRoot"]


def test_the_secrets_of_webhooks_are_a_file():
    resources = rendered("production")
    service = only(resources, "Deployment")

    assert settings_of(resources)["WAYPATH_WEBHOOK_SECRET_FILE"] == "/run/secrets/webhooks/secret"
    assert {"name": "webhooks", "mountPath": "/run/secrets/webhooks", "readOnly": True} in (
        container(service)["volumeMounts"]
    )
    (secret,) = [v["secret"] for v in pod(service)["volumes"] if v["name"] == "webhooks"]
    assert secret["items"] == [{"key": "secret", "path": "secret"}]


def test_the_types_of_webhooks_are_all_or_those_of_the_value(tmp_path):
    webhooks = {"url": "https://hooks.example", "existingSecret": "w"}
    types = ["customer.merged", "customer.erased"]
    chosen = loaded(tmp_path, "minimal", webhooks=webhooks | {"types": types})

    assert loaded(tmp_path, "minimal", webhooks=webhooks).webhook_types is None
    assert chosen.webhook_types == "customer.merged,customer.erased"


def test_a_url_of_redis_with_a_password_is_read_from_its_secret():
    resources = rendered("production")
    (variable,) = [
        variable
        for variable in container(only(resources, "Deployment"))["env"]
        if variable["name"] == "WAYPATH_RATE_LIMIT_STORAGE"
    ]

    assert "WAYPATH_RATE_LIMIT_STORAGE" not in settings_of(resources)
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "waypath-redis", "key": "url"}}


@pytest.mark.parametrize("name", ["waypath-events", "waypath-events-consumer"])
def test_the_suppression_secret_is_a_file_of_every_pod(name):
    resources = rendered("kafka", suppression={"existingSecret": "waypath-suppression"})
    workload = only(resources, "Deployment", name)

    path = settings_of(resources)["WAYPATH_SUPPRESSION_SECRET_FILE"]
    (mount,) = [m for m in container(workload)["volumeMounts"] if m["name"] == "suppression"]
    (secret,) = [v["secret"] for v in pod(workload)["volumes"] if v["name"] == "suppression"]
    assert (secret["secretName"], secret["defaultMode"]) == ("waypath-suppression", 0o440)
    assert path == f"{mount['mountPath']}/{secret['items'][0]['path']}"
    assert mount["readOnly"]


def test_without_a_suppression_secret_the_pods_have_no_file_of_it():
    assert "WAYPATH_SUPPRESSION_SECRET_FILE" not in settings_of(rendered())


def test_a_change_of_a_setting_replaces_the_pods():
    def checksum(**values):
        return deployment(**values)["spec"]["template"]["metadata"]["annotations"]

    assert checksum() == checksum()
    assert checksum() != checksum(config={"WAYPATH_RATE_LIMIT": 5})


def test_a_change_of_a_replica_count_replaces_no_pod():
    assert deployment()["spec"]["template"] == deployment(replicaCount=5)["spec"]["template"]


@pytest.mark.parametrize("name", ["waypath-events", "waypath-events-consumer"])
@pytest.mark.parametrize(
    ("probe", "path"),
    [("startupProbe", "/healthz"), ("livenessProbe", "/healthz"), ("readinessProbe", "/readyz")],
)
def test_a_probe_asks_a_route_that_there_is(name, probe, path):
    request = container(deployment("kafka", name))[probe]["httpGet"]

    assert request == {"path": path, "port": "http"}
    assert path in HEALTH_PATHS


def test_a_start_may_take_as_long_as_a_schema_migration():
    probe = container(deployment())["startupProbe"]

    assert probe["periodSeconds"] * probe["failureThreshold"] > SCHEMA_TIMEOUT_SECONDS


def test_a_pod_may_complete_its_requests_after_it_left_the_service():
    service = deployment(preStopSeconds=12)
    pause = container(service)["lifecycle"]["preStop"]["sleep"]["seconds"]

    assert pause == 12
    assert pod(service)["terminationGracePeriodSeconds"] > pause + workers.SHUTDOWN_TIMEOUT_SECONDS


def test_a_pod_may_stop_at_once():
    assert "lifecycle" not in container(deployment(preStopSeconds=0))


@pytest.mark.parametrize(
    ("count", "cpu", "memory", "limit"),
    [(1, "500m", "256Mi", "512Mi"), (4, "2000m", "1024Mi", "2176Mi")],
)
def test_resources_grow_with_the_workers(count, cpu, memory, limit):
    resources = rendered("minimal", workers=count)

    assert settings_of(resources)["WAYPATH_WORKERS"] == str(count)
    assert container(only(resources, "Deployment"))["resources"] == {
        "requests": {"cpu": cpu, "memory": memory},
        "limits": {"memory": limit},
    }


def test_given_resources_replace_those_of_the_chart():
    given = {"requests": {"cpu": "2"}}

    assert container(deployment(resources=given))["resources"] == given


def test_an_update_leaves_the_old_pods_until_the_new_ones_are_ready():
    assert deployment()["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}


def test_pods_are_spread_over_zones_and_nodes():
    constraints = pod(deployment())["topologySpreadConstraints"]

    assert [c["topologyKey"] for c in constraints] == [
        "topology.kubernetes.io/zone",
        "kubernetes.io/hostname",
    ]
    assert {
        c["labelSelector"]["matchLabels"]["app.kubernetes.io/component"] for c in constraints
    } == {"service"}


def test_a_digest_replaces_the_tag():
    digest = EXAMPLES["production"]["image"]["digest"]

    assert container(deployment("production"))["image"] == (
        f"registry.example.com/waypath-events@{digest}"
    )
