"""The monitoring of the Helm chart: its alerts are those of the docs, its scrape is authorised."""

import json

from app.access import api_keys
from tests.support import http_client
from tests.support.alert_rules import GROUPS
from tests.support.checkout import CHECKOUT
from tests.support.helm_chart import only, rendered


def test_the_alerts_are_those_of_the_docs_with_the_job_of_the_release():
    resources = rendered("production")
    rule = only(resources, "PrometheusRule")
    expected = json.dumps(GROUPS).replace(r"job=\"waypath\"", r"job=\"waypath-events\"")

    assert rule["spec"] == json.loads(expected)
    assert r"job=\"waypath-events\"" in expected


def test_the_job_of_the_scrape_is_that_of_the_alerts():
    (endpoint,) = only(rendered("production"), "ServiceMonitor")["spec"]["endpoints"]

    assert endpoint["relabelings"] == [{"targetLabel": "job", "replacement": "waypath-events"}]


def test_the_dashboard_is_that_of_the_docs():
    dashboard = only(rendered("production"), "ConfigMap", "waypath-events-dashboard")
    docs = CHECKOUT / "docs" / "grafana" / "waypath.json"

    assert dashboard["data"]["waypath.json"].strip() == docs.read_text().strip()


def test_prometheus_scrapes_the_service_and_the_consumer():
    resources = rendered(
        "kafka", monitoring={"existingSecret": "x", "serviceMonitor": {"enabled": True}}
    )
    selected = only(resources, "ServiceMonitor")["spec"]["selector"]["matchLabels"].items()
    services = [item for item in resources if item["kind"] == "Service"]

    assert len(services) == 2
    assert all(selected <= service["metadata"]["labels"].items() for service in services)


def test_the_scrape_is_authorised_as_the_monitor_sends_it(address, make_key):
    (endpoint,) = only(rendered("production"), "ServiceMonitor")["spec"]["endpoints"]
    kind = endpoint["authorization"]["type"]
    headers = {"Authorization": f"{kind} {make_key(api_keys.METRICS_READ)}"}

    response = http_client.get(f"{address}{endpoint['path']}", headers=headers)

    assert response.status_code == 200
