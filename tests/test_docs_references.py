"""The references of the docs: that they have what the code has, and as it has it."""

import re

import click
import msgspec
import pytest
from msgspec import inspect
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app import paths
from app.access import redis_url
from app.cli.group import COMMANDS, cli
from app.domain.blocklist import Blocklist
from app.observability.kafka_metrics import KafkaMetrics
from app.observability.metrics import Metrics
from app.settings import Settings
from tests.support.alert_rules import RULES
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table
from tests.support.log_calls import log_events

REFERENCE = CHECKOUT / "docs" / "reference"
CONFIGURATION = (REFERENCE / "configuration.md").read_text()
CLI = (REFERENCE / "cli.md").read_text()
METRICS = (REFERENCE / "metrics.md").read_text()
LOG_EVENTS = (REFERENCE / "log-events.md").read_text()

FIELDS = {field.encode_name: field for field in msgspec.structs.fields(Settings)}
DOCUMENTED = {code(row[0])[0]: row for row in table(CONFIGURATION, "Variable")}


def test_the_page_of_the_configuration_has_every_setting_once():
    names = [code(row[0])[0] for row in table(CONFIGURATION, "Variable")]

    assert sorted(names) == sorted(FIELDS)


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_has_the_default_of_the_code(name):
    cell = DOCUMENTED[name][2]

    if name == "WAYPATH_DATA_DIR":  # which depends on where the service is
        assert code(cell)[0] == paths.data().name
    else:
        assert (code(cell) or [""]) == [defaults()[name]], cell


@pytest.mark.parametrize("name", FIELDS)
def test_a_setting_has_the_values_of_the_code(name):
    kind, cell = inspect.type_info(FIELDS[name].type), DOCUMENTED[name][1]
    kind = kind.types[0] if isinstance(kind, inspect.UnionType) else kind
    kind = kind.type if isinstance(kind, inspect.Metadata) else kind

    if isinstance(kind, inspect.LiteralType):
        assert sorted(code(cell)) == sorted(map(str, kind.values))
    elif isinstance(kind, inspect.IntType):
        bounds = [bound for bound in (kind.ge, kind.le) if bound is not None]
        assert "integer" in cell.lower()
        assert [int(bound) for bound in re.findall(r"\d+", cell)] == bounds
    else:
        assert "integer" not in cell.lower()


@pytest.mark.parametrize("name", FIELDS)
def test_the_example_of_a_setting_is_taken(name):
    (example,) = code(DOCUMENTED[name][4])

    config = msgspec.convert({name: example}, Settings, strict=False)

    assert getattr(config, FIELDS[name].name) != FIELDS[name].default
    assert Blocklist(config.blocked_keys)
    assert config.proxies
    if config.rate_limit_storage:
        redis_url.parse(config.rate_limit_storage)


def test_the_page_of_the_configuration_has_the_variables_of_compose():
    variables = dict(
        re.findall(r"\$\{(\w+):-([^}]+)\}", (CHECKOUT / "docker-compose.yml").read_text())
    )
    own = {name: default for name, default in variables.items() if default != defaults().get(name)}

    rows = table(CONFIGURATION, "Compose variable")
    documented = {code(row[0])[0]: code(row[1])[0] for row in rows}

    assert own.items() <= documented.items() <= variables.items()


def defaults():
    """The default of each setting, as the text of its variable."""
    return {name: _text(field.default) for name, field in FIELDS.items()}


def _text(default):
    return str(default).lower() if isinstance(default, bool) else str(default or "")


def commands(command, *names):
    """Every command that is no group, each with its names."""
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            yield from commands(command.get_command(context, name), *names, name)
    else:
        yield " ".join(names), command


ALL_COMMANDS = dict(commands(cli))


def section(name):
    """The text of the section of a command in the page of the CLI."""
    _, _, rest = CLI.partition(f"\n## `waypath {name}`\n")
    return rest.partition("\n## ")[0]


def test_the_page_of_the_cli_has_every_command():
    headings = re.findall(r"^## `waypath ([\w -]+)`$", CLI, re.MULTILINE)

    assert sorted(headings) == sorted(ALL_COMMANDS)
    assert {name.split()[0] for name in headings} == {*COMMANDS}


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_the_page_of_the_cli_has_every_option_with_its_default_and_its_values(name):
    rows = {code(row[0])[0].split()[0]: row for row in table(section(name), "Option")}
    options = [p for p in ALL_COMMANDS[name].params if isinstance(p, click.Option)]

    assert sorted(rows) == sorted(option.opts[0] for option in options)
    for option in options:
        meaning, default = rows[option.opts[0]][1:]
        values = option.type.choices if isinstance(option.type, click.Choice) else ()
        assert [value for value in values if f"`{value}`" not in meaning] == []
        assert (default == "required") == option.required
        assert ("repeat" in meaning.lower()) == option.multiple
        if isinstance(option.default, str):
            assert code(default) == [option.default]


@pytest.mark.parametrize("name", ALL_COMMANDS)
def test_the_page_of_the_cli_has_every_argument(name):
    usage = re.search(rf"^waypath {name}\b.*$", section(name), re.MULTILINE)
    arguments = [p for p in ALL_COMMANDS[name].params if isinstance(p, click.Argument)]

    assert usage
    for argument in arguments:
        assert argument.make_metavar(click.Context(ALL_COMMANDS[name])) in usage[0]


@pytest.mark.parametrize("name", [name for name in ALL_COMMANDS if ALL_COMMANDS[name].epilog])
def test_the_page_of_the_cli_has_every_exit_code_as_the_help_has_it(name):
    documented = [tuple(row) for row in table(section(name), "Exit code")]

    assert documented == re.findall(r"^  (\d)  (.+)$", ALL_COMMANDS[name].epilog, re.MULTILINE)
    assert len(documented) >= 2


def test_the_page_of_the_metrics_has_each_with_its_type_and_labels():
    metrics = Metrics()
    metrics.observe_request("GET", "none", 404, 0.1)

    documented = {
        (code(row[0])[0], row[1], frozenset(code(row[2]))) for row in table(METRICS, "Metric")
    }

    assert documented == {
        (
            family.name + ("_total" if family.type == "counter" else ""),
            family.type,
            frozenset(*{frozenset(sample.labels) - {"le"} for sample in family.samples}),
        )
        for family in text_string_to_metric_families(metrics.render().decode())
    }


def test_the_page_of_the_metrics_has_those_of_a_consumer_with_their_types_and_labels():
    registry = CollectorRegistry()
    metrics = KafkaMetrics(registry)
    metrics.initialise(("events",))
    metrics.set_lag("events", 0, 1)

    documented = {
        (code(row[0])[0], row[1], frozenset(code(row[2])))
        for row in table(METRICS, "Metric of a consumer")
    }

    assert documented == {
        (
            family.name + ("_total" if family.type == "counter" else ""),
            family.type,
            frozenset(*{frozenset(sample.labels) - {"le"} for sample in family.samples}),
        )
        for family in text_string_to_metric_families(generate_latest(registry).decode())
    }


@pytest.mark.parametrize("heading", ["Metric", "Metric of a consumer"])
def test_the_page_of_the_metrics_has_the_alerts_of_each(heading):
    documented = {code(row[0])[0]: sorted(code(row[4])) for row in table(METRICS, heading)}

    assert documented == {
        name: sorted(
            rule["alert"] for rule in RULES if re.search(rf"\b{name}(_bucket)?\b", rule["expr"])
        )
        for name in documented
    }


def test_the_page_of_the_metrics_has_every_alert_as_its_rule_has_it():
    documented = [(code(row[0])[0], row[1], row[3]) for row in table(METRICS, "Alert")]

    assert documented == [
        (rule["alert"], rule["labels"]["severity"], rule["for"]) for rule in RULES
    ]


def test_the_page_of_the_log_events_has_each_with_its_levels_and_fields():
    documented = {
        code(row[0])[0]: (frozenset(row[1].split(" or ")), frozenset(code(row[2])))
        for row in table(LOG_EVENTS, "Event")
    }

    assert documented == {
        event.name: (event.levels, event.fields) for event in log_events(CHECKOUT / "app")
    }


def test_a_log_event_has_a_meaning_and_an_action():
    rows = table(LOG_EVENTS, "Event")

    assert [row[0] for row in rows if len(row) != 5 or not (row[3] and row[4])] == []


def test_the_messages_that_troubleshooting_quotes_are_those_of_the_code():
    page = (CHECKOUT / "docs" / "how-to" / "operate" / "troubleshoot.md").read_text()
    symptoms = re.findall(r"^\| ([^|]+) \|", page, re.MULTILINE)
    sources = "".join(path.read_text() for path in (CHECKOUT / "app").rglob("*.py"))

    quoted = [text for cell in symptoms for text in code(cell) if " " in text]
    quoted = [text for text in quoted if not text.startswith("waypath ")]  # which are commands
    parts = [part.strip() for text in quoted for part in text.split("…") if part.strip()]

    assert len(quoted) > 5
    assert [part for part in parts if part not in sources] == []
