"""The values of the Helm chart: documented, checked by the schema, and complete."""

import json
import re
import tomllib

import jsonschema_rs
import msgspec
import pytest
import yaml

from app.settings import Settings
from app.webhooks import messages
from supply import chart, helm_values
from supply.chart import ChartError
from supply.helm_values import MARK, PAGE, VALUES
from tests.support.checkout import CHECKOUT
from tests.support.docs_reader import blocks
from tests.support.docs_tables import code, table
from tests.support.helm_chart import EXAMPLES, merged, rendered, settings

HOW_TO = CHECKOUT / "docs" / "how-to" / "operate" / "kubernetes.md"
SCHEMA = json.loads((chart.CHART / "values.schema.json").read_text())
# The chart sets these itself, or the image has no use for them.
OF_OTHER_VALUES = {
    "NEO4J_URI",
    "NEO4J_USERNAME",
    "NEO4J_PASSWORD",
    "NEO4J_PASSWORD_FILE",
    "NEO4J_TOKEN_FILE",
    "NEO4J_CA_FILE",
    "NEO4J_DATABASE",
    "WAYPATH_PORT",
    "WAYPATH_WORKERS",
    "WAYPATH_DATA_DIR",
    "WAYPATH_NEO4J_AOT_CACHE",
    "WAYPATH_RATE_LIMIT_STORAGE",
    "WAYPATH_MCP_HOSTS",
    "WAYPATH_TRUSTED_PROXIES",
    "WAYPATH_WEBHOOK_URL",
    "WAYPATH_WEBHOOK_SECRET_FILE",
    "WAYPATH_WEBHOOK_TYPES",
    "WAYPATH_SUPPRESSION_SECRET_FILE",
}


def paths(schema, prefix=""):
    """The paths of the values that a schema allows, without those inside free mappings."""
    for name, child in schema["properties"].items():
        path = f"{prefix}{name}"
        if child.get("properties") and path != "config":
            yield from paths(child, f"{path}.")
        else:
            yield path


def test_the_page_of_the_values_has_the_comments_of_the_file():
    _, _, table = PAGE.read_text().partition(MARK)

    assert table == f"\n{helm_values.table()}", "make helm-values"


def test_every_value_has_a_description():
    assert [value.path for value in helm_values.values() if not value.description] == []


def test_the_schema_has_every_value_and_no_other():
    assert sorted(paths(SCHEMA)) == sorted(
        ["global", *(value.path for value in helm_values.values())]
    )


def test_the_defaults_are_valid_by_the_schema():
    defaults = yaml.safe_load(VALUES.read_text())

    jsonschema_rs.Draft202012Validator(SCHEMA).validate(defaults)


def test_the_types_of_webhooks_are_those_of_the_code():
    types = SCHEMA["properties"]["webhooks"]["properties"]["types"]["items"]["enum"]

    assert types == sorted(messages.TYPES)


def test_the_config_takes_every_setting_that_the_chart_does_not_set():
    names = {field.encode_name for field in msgspec.structs.fields(Settings)}

    assert set(SCHEMA["properties"]["config"]["properties"]) == names - OF_OTHER_VALUES


def test_every_setting_of_another_value_is_a_setting():
    names = {field.encode_name for field in msgspec.structs.fields(Settings)}

    assert names >= OF_OTHER_VALUES


def test_the_chart_has_the_version_of_the_service():
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    metadata = yaml.safe_load((chart.CHART / "Chart.yaml").read_text())

    assert metadata["appVersion"] == project["version"]


@pytest.mark.parametrize(
    "values",
    [
        {"replicas": 3},
        {"replicaCount": 0},
        {"replicaCount": "two"},
        {"workers": 65},
        {"image": {"digest": "latest"}},
        {"image": {"pullPolicy": "Sometimes"}},
        {"neo4j": {"uri": "http://graph:7474"}},
        {"neo4j": {"uri": "graph:7687"}},
        {"neo4j": {"password": "secret"}},
        {"neo4j": {"authentication": "kerberos"}},
        {"redis": {"url": "redis://user:secret@cache:6379"}},
        {"webhooks": {"url": "https://user:secret@hooks.example"}},
        {"webhooks": {"url": "hooks.example"}},
        {"config": {"WAYPATH_RATE_LIMT": 5}},
        {"config": {"WAYPATH_RATE_LIMIT": 0}},
        {"config": {"NEO4J_URI": "bolt://other"}},
        {"config": {"WAYPATH_OAUTH_SCOPE_CLAIM": "realm_access.roles"}},
        {"config": {"WAYPATH_OAUTH_SCOPE_PREFIX": "a b"}},
        {"config": {"NEO4J_PASSWORD": "secret"}},
        {"ingress": {"hosts": ["https://a.example"]}},
        {"trustedProxies": ["*"]},
        {"podLabels": {"app.kubernetes.io/name": "other"}},
        {"consumer": {"format": "csv"}},
        {"consumer": {"topics": ["^clicks.*"]}},
        {"consumer": {"bootstrapServers": ["kafka"]}},
        {"networkPolicy": {"neo4j": {"ports": ["bolt"]}}},
    ],
    ids=json.dumps,
)
def test_an_invalid_value_is_an_error(values):
    with pytest.raises(ChartError, match="specifications of the schema"):
        rendered("minimal", **values)


@pytest.mark.parametrize(
    ("example", "values", "message"),
    [
        ("minimal", {"image": {"repository": ""}}, "image.repository: set"),
        ("minimal", {"neo4j": {"uri": ""}}, "neo4j.uri: set"),
        ("minimal", {"neo4j": {"existingSecret": ""}}, "neo4j.existingSecret: set"),
        ("in-cluster", {"neo4j": {"ca": {"configMap": "ca"}}}, "neo4j.ca.configMap: requires"),
        ("production", {"webhooks": {"existingSecret": ""}}, "webhooks.existingSecret: set"),
        ("production", {"autoscaling": {"minReplicas": 9}}, "autoscaling.minReplicas: must not"),
        ("production", {"ingress": {"hosts": []}}, "ingress.hosts: set"),
        ("production", {"monitoring": {"existingSecret": ""}}, "monitoring.existingSecret: set"),
        ("kafka", {"consumer": {"bootstrapServers": []}}, "consumer.bootstrapServers: set"),
        ("kafka", {"consumer": {"topics": []}}, "consumer.topics: set"),
        ("kafka", {"consumer": {"deadLetterTopic": "clicks"}}, "deadLetterTopic: must not be"),
        ("kafka", {"consumer": {"existingSecret": ""}}, "consumer.existingSecret: set"),
    ],
)
def test_a_missing_or_contradictory_value_is_an_error(example, values, message):
    with pytest.raises(ChartError, match=message):
        rendered(example, **values)


def test_the_error_names_every_missing_value():
    with pytest.raises(ChartError) as raised:
        chart.render({})

    for name in ("image.repository", "neo4j.uri", "neo4j.existingSecret"):
        assert f"{name}: set" in str(raised.value)


def test_as_a_part_of_another_chart_it_takes_global_values():
    values = merged(EXAMPLES["minimal"], {"global": {"region": "eu"}})

    assert chart.render(values) == chart.render(EXAMPLES["minimal"])


def test_variables_of_opentelemetry_are_settings():
    resources = rendered("minimal", config={"OTEL_SERVICE_NAME": "events"})

    assert settings(resources)["OTEL_SERVICE_NAME"] == "events"


@pytest.mark.parametrize(
    "block", [block for block in blocks(HOW_TO) if block.language == "yaml"], ids=str
)
def test_the_values_on_the_page_are_valid(block):
    assert rendered("minimal", **yaml.safe_load(block.text))


def test_the_page_lists_every_example():
    rows = table(HOW_TO.read_text().replace("\n   |", "\n|"), "File")

    assert {code(row[0])[0] for row in rows} == {path.name for path in chart.EXAMPLES}


@pytest.mark.parametrize("page", [HOW_TO, PAGE], ids=lambda page: page.name)
def test_a_page_names_only_values_that_there_are(page):
    known = {value.path for value in helm_values.values()}
    groups = {path.rsplit(".", count)[0] for path in known for count in (1, 2)}
    first = "|".join({path.partition(".")[0] for path in known} - {"config"})
    named = set(re.findall(rf"`((?:{first})\.[\w.]+)`", page.read_text()))

    assert named
    assert named <= known | groups
