"""The Helm chart, rendered by Helm's own engine."""

from collections.abc import Iterator, Mapping
from typing import Any

import helm_python
import yaml

from supply.locked import HERE

CHART = HERE / "deploy" / "helm" / "waypath-events"
EXAMPLES = sorted((HERE / "deploy" / "helm" / "examples").glob("*.yaml"))
RELEASE = "waypath-events"
NAMESPACE = "events"

Manifests = dict[str, str]  # the text of each template that renders, by its name in the chart


class ChartError(Exception):
    """The values are invalid, or a template cannot be rendered."""


def render(values: Mapping[str, Any], release: str = RELEASE) -> Manifests:
    """The manifests and the notes of a release. Raises ChartError."""
    prefix = f"{CHART.name}/templates/"
    try:
        with helm_python.Chart.load(CHART) as chart:
            rendered = chart.render(dict(values), name=release, namespace=NAMESPACE)
    except helm_python.HelmError as error:
        raise ChartError(str(error)) from error
    return {name.removeprefix(prefix): text for name, text in rendered.items() if text.strip()}


def resources(manifests: Manifests) -> Iterator[dict[str, Any]]:
    """The resources in the manifests."""
    for name, text in manifests.items():
        if name.endswith(".yaml"):
            yield from (resource for resource in yaml.safe_load_all(text) if resource)
