"""Metrics as Prometheus reads them."""

from collections import defaultdict

from prometheus_client.parser import text_string_to_metric_families

from tests.support import http_client


def parse(text):
    """The value of each series, by its name and its labels; 0 of one that is not there."""
    series = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            series[sample.name, frozenset(sample.labels.items())] = sample.value
    return series


def scrape(address, key):
    """The metrics of a service, over a connection of its own."""
    response = http_client.get(f"{address}/metrics", headers={"X-API-Key": key}, timeout=30)
    assert response.status_code == 200, response.text
    return parse(response.text)


def value(series, name, **labels):
    """One of the metrics."""
    return series[f"waypath_{name}", frozenset(labels.items())]
