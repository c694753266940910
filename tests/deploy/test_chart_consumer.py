"""The consumer of the Helm chart: its command, its properties, its secrets, its replacement."""

from pathlib import Path

import pytest

from app.cli.consume import consume_command
from app.kafka import configuration, storage
from tests.support.helm_chart import EXAMPLES, container, only, pod, rendered

NAME = "waypath-events-consumer"


def consumer(**values):
    return only(rendered("kafka", **values), "Deployment", NAME)


@pytest.fixture
def files(tmp_path):
    """Writes the files of the pod below `tmp_path`, and returns its arguments with their paths."""

    def write(example="kafka", **values):
        resources = rendered(example, **values)
        properties = only(resources, "ConfigMap", NAME)["data"]["kafka.properties"]
        (tmp_path / "etc/waypath/kafka").mkdir(parents=True)
        (tmp_path / "etc/waypath/kafka/kafka.properties").write_text(properties)
        (tmp_path / "run/secrets/kafka").mkdir(parents=True)
        (tmp_path / "run/secrets/kafka/password").write_text("correct-horse\n")
        arguments = container(only(resources, "Deployment", NAME))["args"]
        return [
            text.replace("=/etc/", f"={tmp_path}/etc/").replace("=/run/", f"={tmp_path}/run/")
            for text in arguments
        ]

    return write


def parsed(arguments):
    """The options of the command, as it reads its arguments."""
    assert arguments[:2] == ["waypath", "consume"]
    return consume_command.make_context("consume", arguments[2:]).params


def test_the_command_takes_its_arguments(files):
    options = parsed(files())

    assert options["topic"] == ("clicks", "orders")
    assert (
        options["bootstrap_servers"].split(",") == EXAMPLES["kafka"]["consumer"]["bootstrapServers"]
    )
    assert (options["group"], options["format"], options["port"]) == ("waypath", "event", 8000)
    assert options["dead_letter_topic"] == "waypath-rejected"


def test_the_defaults_are_those_of_the_command(files):
    options = parsed(files())
    defaults = {parameter.name: parameter.default for parameter in consume_command.params}

    for name in ("group", "format", "batch_size", "batch_wait"):
        assert options[name] == defaults[name]


def test_segment_calls_can_be_consumed(files):
    assert parsed(files(consumer={"format": "segment"}))["format"] == "segment"


def test_the_client_has_the_properties_and_the_secrets(files):
    options = parsed(files(consumer={"properties": {"fetch.max.bytes": 50000000}}))
    secrets = dict(text.split("=", 1) for text in options["secret"])

    properties = configuration.load(
        options["config_file"], options["config"], {k: Path(v) for k, v in secrets.items()}
    )

    assert properties == {
        "security.protocol": "SASL_SSL",
        "sasl.mechanism": "SCRAM-SHA-512",
        "sasl.username": "waypath",
        "sasl.password": "correct-horse",
        "ssl.ca.location": "/run/secrets/kafka/ca.crt",
        "fetch.max.bytes": "50000000",
    }


def test_properties_are_optional(files):
    enabled = {"enabled": True, "bootstrapServers": ["kafka:9092"], "topics": ["clicks"]}

    options = parsed(files("minimal", consumer=enabled))

    assert (options["secret"], options["dead_letter_topic"]) == ((), None)
    assert configuration.load(options["config_file"], (), {}) == {}


def test_no_secret_is_in_an_argument_or_in_a_config_map():
    resources = [item for item in rendered("kafka") if item["kind"] in ("ConfigMap", "Deployment")]

    assert "sasl.password=/run/secrets/kafka/password" in str(resources)
    assert str(resources).count("password=") == 1


def test_the_secret_is_a_directory_of_files():
    deployment = consumer()
    (volume,) = [v for v in pod(deployment)["volumes"] if v["name"] == "kafka"]

    assert volume["secret"] == {"secretName": "waypath-kafka", "defaultMode": 0o440}
    assert {"name": "kafka", "mountPath": "/run/secrets/kafka", "readOnly": True} in (
        container(deployment)["volumeMounts"]
    )


def test_a_change_of_a_property_replaces_the_pods_of_the_consumer_alone():
    changed = {"consumer": {"properties": {"client.rack": "a"}}}

    assert consumer(**changed)["spec"]["template"] != consumer()["spec"]["template"]
    assert only(rendered("kafka", **changed), "Deployment") == only(rendered("kafka"), "Deployment")


def test_a_pod_may_store_the_records_in_flight_before_it_stops():
    assert pod(consumer())["terminationGracePeriodSeconds"] > storage.DRAIN_TIMEOUT_SECONDS


def test_an_update_replaces_one_member_at_a_time():
    assert consumer()["spec"]["strategy"]["rollingUpdate"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_without_the_consumer_there_is_no_resource_of_it():
    names = {item["metadata"]["name"] for item in rendered("kafka", consumer={"enabled": False})}

    assert [name for name in names if name.startswith(NAME)] == []
