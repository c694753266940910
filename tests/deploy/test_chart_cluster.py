"""The Helm chart around its pods: autoscaler, disruption budget, network policies, notes."""

import pytest

from tests.support.helm_chart import merged, notes, only, rendered


def ports(policy, protocol="TCP"):
    """The ports to which a policy lets pods connect."""
    return [
        port["port"]
        for rule in policy["spec"]["egress"]
        for port in rule["ports"]
        if port["protocol"] == protocol
    ]


def test_the_autoscaler_adds_pods_before_the_workers_are_full():
    resources = rendered("production", workers=2)
    (metric,) = only(resources, "HorizontalPodAutoscaler")["spec"]["metrics"]

    assert metric["containerResource"]["container"] == "waypath"
    assert metric["containerResource"]["target"] == {
        "type": "AverageValue",
        "averageValue": "1400m",
    }
    assert "replicas" not in only(resources, "Deployment")["spec"]


def test_a_drain_does_not_wait_for_pods_that_are_not_ready():
    for name in ("waypath-events", "waypath-events-consumer"):
        budget = only(rendered("kafka"), "PodDisruptionBudget", name)

        assert budget["spec"]["maxUnavailable"] == 1
        assert budget["spec"]["unhealthyPodEvictionPolicy"] == "AlwaysAllow"


def test_only_the_ports_that_are_needed_are_open():
    policy = only(rendered("minimal"), "NetworkPolicy")

    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec"]["ingress"] == [{"ports": [{"protocol": "TCP", "port": 8000}]}]
    assert ports(policy) == [53, 5353, 7687]
    assert ports(policy, "UDP") == [53, 5353]


@pytest.mark.parametrize(
    ("values", "opened"),
    [
        ({"neo4j": {"uri": "bolt://graph:17687"}}, [17687]),
        ({"neo4j": {"uri": "neo4j+s://0a1b2c3d.databases.neo4j.io"}}, [7687]),
        ({"neo4j": {"uri": "bolt://[fd00::7]"}}, [7687]),
        ({"neo4j": {"uri": "bolt://[fd00::7]:17687"}}, [17687]),
        ({"networkPolicy": {"neo4j": {"ports": [7687, 7688]}}}, [7687, 7688]),
        ({"redis": {"url": "redis://cache:6380/2?socket_timeout=0.3"}}, [7687, 6380]),
        ({"redis": {"url": "rediss://cache/1"}}, [7687, 6379]),
        ({"redis": {"existingSecret": "cache"}}, [7687, 6379]),
        ({"webhooks": {"url": "https://a.example/", "existingSecret": "w"}}, [7687, 443]),
        ({"webhooks": {"url": "http://a:8080/x?y=1", "existingSecret": "w"}}, [7687, 8080]),
        ({"config": {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://otel:4318/v1"}}, [7687, 4318]),
        ({"config": {"OTEL_EXPORTER_OTLP_ENDPOINT": "https://otel.example.com"}}, [7687, 443]),
    ],
)
def test_ports_are_those_of_the_addresses(values, opened):
    policy = only(rendered("minimal", **values), "NetworkPolicy")

    assert ports(policy)[2:] == opened


def test_the_consumer_reaches_every_port_of_the_brokers():
    policy = only(rendered("kafka"), "NetworkPolicy", "waypath-events-consumer")

    assert ports(policy)[2:] == [7687, 6379, 9093, 9094]


def test_the_consumer_does_not_reach_the_receiver_of_webhooks():
    webhooks = {"url": "http://a:8080", "existingSecret": "w"}

    consumer = only(
        rendered("kafka", webhooks=webhooks), "NetworkPolicy", "waypath-events-consumer"
    )

    assert 8080 not in ports(consumer)


def test_the_service_does_not_reach_the_brokers():
    assert 9093 not in ports(only(rendered("kafka"), "NetworkPolicy"))


def test_only_given_peers_and_the_test_may_send_requests():
    peers = [{"namespaceSelector": {"matchLabels": {"team": "web"}}}]

    policy = only(rendered("minimal", networkPolicy={"ingressFrom": peers}), "NetworkPolicy")

    (rule,) = policy["spec"]["ingress"]
    assert rule["from"][:1] == peers
    (test,) = rule["from"][1:]
    assert test["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "test"


def test_the_test_reaches_the_service():
    policy = only(rendered("minimal"), "NetworkPolicy", "waypath-events-test")

    rule = policy["spec"]["egress"][-1]
    assert rule["ports"] == [{"protocol": "TCP", "port": 8000}]
    (peer,) = rule["to"]
    assert peer["podSelector"]["matchLabels"]["app.kubernetes.io/component"] == "service"


@pytest.mark.parametrize(
    ("kind", "name", "values"),
    [
        ("NetworkPolicy", "waypath-events", {"networkPolicy": {"enabled": False}}),
        ("PodDisruptionBudget", "waypath-events", {"podDisruptionBudget": {"enabled": False}}),
        ("Pod", "waypath-events-test", {"tests": {"enabled": False}}),
        ("ServiceAccount", "waypath-events", {"serviceAccount": {"create": False}}),
    ],
)
def test_a_part_can_be_left_out(kind, name, values):
    kinds = {item["kind"] for item in rendered("minimal", **values)}

    assert only(rendered("minimal"), kind, name)
    assert kind not in kinds


def test_each_host_of_the_ingress_leads_to_the_service():
    spec = only(rendered("production"), "Ingress")["spec"]

    (rule,) = spec["rules"]
    (path,) = rule["http"]["paths"]
    assert (rule["host"], path["path"]) == ("events.example.com", "/")
    assert path["backend"] == {"service": {"name": "waypath-events", "port": {"name": "http"}}}


INGRESS = {"ingress": {"enabled": True, "hosts": ["a.example"], "tls": [{"secretName": "a"}]}}
PROXIES = {"trustedProxies": ["10.0.0.0/8"]}


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ({"replicaCount": 3}, "3 workers count the rate limit alone"),
        ({"replicaCount": 1, "workers": 4}, "4 workers count the rate limit alone"),
        ({"autoscaling": {"enabled": True, "maxReplicas": 9}}, "9 workers count the rate limit"),
        (INGRESS, "trustedProxies is empty"),
        (merged(INGRESS, {"ingress": {"tls": []}}), "the Ingress has no TLS"),
        ({"neo4j": {"uri": "neo4j://graph"}}, "neo4j.uri has no TLS"),
        ({"neo4j": {"uri": "bolt+ssc://graph"}}, "neo4j.uri does not check the certificate"),
    ],
)
def test_the_notes_warn(values, warning):
    assert f"WARNING: {warning}" in notes("minimal", **values)


def test_the_notes_warn_of_a_consumer_that_stops_at_a_rejected_record():
    assert "deadLetterTopic is empty" in notes("kafka", consumer={"deadLetterTopic": ""})


@pytest.mark.parametrize("example", ["production", "kafka"])
def test_the_notes_of_a_complete_release_have_no_warning(example):
    assert "WARNING" not in notes(example)


def test_the_notes_of_one_worker_have_no_warning_of_the_rate_limit():
    assert "WARNING" not in notes("minimal", replicaCount=1)
