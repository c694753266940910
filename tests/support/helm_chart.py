"""The resources of the Helm chart, rendered for tests."""

import copy
from collections.abc import Mapping
from typing import Any

import yaml

from supply import chart

EXAMPLES = {path.stem: yaml.safe_load(path.read_text()) for path in chart.EXAMPLES}
Resource = dict[str, Any]


def merged(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """The values of both; those of the second are stronger."""
    result = copy.deepcopy(dict(first))
    for name, value in second.items():
        is_mapping = isinstance(value, Mapping) and isinstance(result.get(name), Mapping)
        result[name] = merged(result[name], value) if is_mapping else value
    return result


def rendered(example: str = "minimal", **values: Any) -> list[Resource]:
    """The resources of an example, with further values."""
    return list(chart.resources(chart.render(merged(EXAMPLES[example], values))))


def notes(example: str = "minimal", **values: Any) -> str:
    """The notes that Helm prints after an installation."""
    return chart.render(merged(EXAMPLES[example], values))["NOTES.txt"]


def only(resources: list[Resource], kind: str, name: str = chart.RELEASE) -> Resource:
    """The resource of a kind and a name."""
    (found,) = [
        resource
        for resource in resources
        if (resource["kind"], resource["metadata"]["name"]) == (kind, name)
    ]
    return found


def pod(resource: Resource) -> Resource:
    """The spec of the pods of a Deployment, or of a Pod."""
    return (
        resource["spec"]["template"]["spec"] if "template" in resource["spec"] else resource["spec"]
    )


def container(resource: Resource) -> Resource:
    """The only container of a Deployment or of a Pod."""
    (found,) = pod(resource)["containers"]
    return found


def settings(resources: list[Resource]) -> dict[str, str]:
    """The environment variables in the ConfigMap of the service."""
    return only(resources, "ConfigMap")["data"]
