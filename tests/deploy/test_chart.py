"""The resources of the Helm chart with each example, by the schemas of Kubernetes and rules."""

import re
from itertools import pairwise

import helm_python
import kubernetes_validate
import pytest
from kubernetes_validate.utils import all_versions

from supply import chart
from tests.support.helm_chart import EXAMPLES, container, only, pod, rendered

VERSIONS = list(dict.fromkeys(all_versions()))[-3:]  # each has two kinds of schemas
# The Prometheus Operator defines these: Kubernetes has no schema of them.
CUSTOM = {"ServiceMonitor", "PrometheusRule"}

every_example = pytest.mark.parametrize("example", EXAMPLES)


def workloads(example):
    return [item for item in rendered(example) if item["kind"] in ("Deployment", "Pod")]


def test_the_schemas_are_those_of_the_last_three_versions_of_kubernetes():
    numbers = [int(version.split(".")[1]) for version in VERSIONS]

    assert len(numbers) == 3
    assert {after - before for before, after in pairwise(numbers)} == {1}


@pytest.mark.parametrize("version", VERSIONS)
@every_example
def test_every_resource_is_valid_in_a_version_of_kubernetes(example, version):
    resources = [item for item in rendered(example) if item["kind"] not in CUSTOM]

    assert resources
    for resource in resources:
        kubernetes_validate.validate(resource, version, strict=True)


@every_example
def test_helm_finds_nothing_to_improve(example):
    report = helm_python.lint(chart.CHART, EXAMPLES[example], strict=True)

    assert report["errors"] == []
    assert {message["error"] for message in report["messages"]} == {"icon is recommended"}


@every_example
def test_no_resource_depends_on_the_state_of_the_cluster(example):
    templates = [path.read_text() for path in (chart.CHART / "templates").rglob("*.*")]

    assert [
        text for text in templates if re.search(r"\blookup\b|randAlpha|genCA|\bnow\b", text)
    ] == []
    assert rendered(example) == rendered(example)


@every_example
def test_names_of_resources_are_unique(example):
    names = [(item["kind"], item["metadata"]["name"]) for item in rendered(example)]

    assert len(set(names)) == len(names)


def test_a_long_name_of_a_release_leaves_room_for_suffixes():
    resources = chart.resources(chart.render(EXAMPLES["kafka"], release="r" * 53))

    assert max(len(item["metadata"]["name"]) for item in resources) <= 63


@every_example
def test_every_resource_names_the_namespace_of_the_release(example):
    assert {item["metadata"]["namespace"] for item in rendered(example)} == {chart.NAMESPACE}


@every_example
def test_every_pod_meets_the_restricted_standard(example):
    for workload in workloads(example):
        spec, main = pod(workload), container(workload)

        assert spec["securityContext"]["runAsNonRoot"]
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert main["securityContext"]["capabilities"] == {"drop": ["ALL"]}
        assert not main["securityContext"]["allowPrivilegeEscalation"]
        assert main["securityContext"]["readOnlyRootFilesystem"]
        assert not {"hostNetwork", "hostPID", "hostIPC", "initContainers"} & spec.keys()
        assert not any("hostPort" in port for port in main.get("ports", []))
        kinds = {kind for volume in spec["volumes"] for kind in volume if kind != "name"}
        assert kinds <= {"configMap", "emptyDir", "secret"}


@every_example
def test_no_pod_has_a_token_of_kubernetes(example):
    for workload in workloads(example):
        assert not pod(workload)["automountServiceAccountToken"]

    assert not only(rendered(example), "ServiceAccount")["automountServiceAccountToken"]


@every_example
def test_no_service_of_the_namespace_sets_a_variable_of_a_pod(example):
    # Kubernetes sets WAYPATH_PORT=tcp://… if a Service is called waypath.
    assert not any(pod(workload)["enableServiceLinks"] for workload in workloads(example))


@every_example
def test_only_temporary_files_can_be_written(example):
    for workload in workloads(example):
        writable = [m for m in container(workload)["volumeMounts"] if not m.get("readOnly")]

        assert [mount["mountPath"] for mount in writable] == ["/tmp"]
        assert {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}} in pod(workload)["volumes"]


@every_example
def test_every_mount_is_a_directory_of_a_volume(example):
    for workload in workloads(example):
        mounts = container(workload)["volumeMounts"]

        # A file that is mounted by subPath does not follow the rotation of its secret.
        assert not any("subPath" in mount for mount in mounts)
        assert {mount["name"] for mount in mounts} == {v["name"] for v in pod(workload)["volumes"]}


@every_example
def test_selectors_select_the_pods_of_one_component(example):
    resources = rendered(example)
    pods = [
        (item["metadata"] if item["kind"] == "Pod" else item["spec"]["template"]["metadata"])[
            "labels"
        ]
        for item in resources
        if item["kind"] in ("Deployment", "Pod")
    ]
    selectors = [
        selector
        for item in resources
        if item["kind"] in ("Deployment", "PodDisruptionBudget", "NetworkPolicy", "Service")
        for selector in [item["spec"].get("podSelector", item["spec"].get("selector"))]
    ]

    assert selectors
    for selector in selectors:
        labels = selector.get("matchLabels", selector)
        assert len([pod for pod in pods if labels.items() <= pod.items()]) == 1


@every_example
def test_a_service_leads_to_the_port_of_its_pods(example):
    resources = rendered(example)

    for service in (item for item in resources if item["kind"] == "Service"):
        deployment = only(resources, "Deployment", service["metadata"]["name"])
        assert [port["targetPort"] for port in service["spec"]["ports"]] == ["http"]
        assert container(deployment)["ports"] == [{"name": "http", "containerPort": 8000}]


def test_the_archive_of_the_chart_renders_the_same(tmp_path):
    with helm_python.Chart.load(chart.CHART) as source:
        archive = source.save(tmp_path)
        expected = source.render(EXAMPLES["production"], name="x", namespace="y")

    with helm_python.Chart.load(archive) as packaged:
        assert packaged.render(EXAMPLES["production"], name="x", namespace="y") == expected
