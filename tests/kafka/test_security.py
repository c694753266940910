"""SASL and TLS between a consumer and its brokers."""

import pytest

from tests.support.kafka_topics import Topics

pytest_plugins = ["tests.support.kafka_broker", "tests.support.kafka_consumers"]


@pytest.fixture
def properties(secure_broker, tmp_path):
    """A properties file without the password."""
    file = tmp_path / "kafka.properties"
    file.write_text(
        "# TLS, and a user\nsecurity.protocol=SASL_SSL\nsasl.mechanism = PLAIN\n"
        f"sasl.username=waypath\nssl.ca.location={secure_broker.ca_file}\n"
    )
    return file


def test_a_consumer_uses_sasl_and_tls_with_a_secret_in_a_file(
    secure_broker, properties, consume, events, stored, unique, until, tmp_path
):
    lines = [line.split("=") for line in properties.read_text().splitlines()[1:]]
    own = {name.strip(): value.strip() for name, value in lines}
    topics = Topics(secure_broker.bootstrap, **own, **{"sasl.password": "s3cret"})
    topic, rejected = topics.create(f"a-{unique}"), topics.create(f"b-{unique}")
    topics.produce(topic, [b"{}", *events(3)])
    secret = tmp_path / "password"
    secret.write_text("s3cret\n")
    options = ("--config-file", str(properties), "--secret", f"sasl.password={secret}")
    arguments = (unique, topic, "--dead-letter-topic", rejected, *options)
    consumer = consume(*arguments, bootstrap=secure_broker.bootstrap)
    until(lambda: len(stored(unique)) == 3, consumer)
    until(lambda: len(topics.read(rejected)) == 1, consumer)
    assert "s3cret" not in consumer.log
