"""The configuration of the Kafka clients: properties of librdkafka, checked and completed."""

import logging
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct

Properties = dict[str, str]

# A member that was killed loses its partitions after this time: the least that brokers allow.
SESSION_TIMEOUT_MS = 6_000
HEARTBEAT_INTERVAL_MS = 2_000
SOCKET_TIMEOUT_MS = 10_000
# A consumer that is killed in a transaction blocks its offsets for no longer than this.
TRANSACTION_TIMEOUT_MS = 10_000
METADATA_INTERVAL_MS = 10_000  # finds new partitions
MAX_QUEUED_KIB = 32 * 1024

# Into the log of the service, without what the log has from the callbacks and exceptions.
LOGGING: dict[str, Any] = {"logger": logging.getLogger("kafka"), "log_level": 2}

# Those that the guarantees rest on, or that an option has.
_RESERVED = {
    "bootstrap.servers": "use --bootstrap-servers",
    "metadata.broker.list": "use --bootstrap-servers",
    "group.id": "use --group",
    "enable.auto.commit": "offsets are committed after the events are stored",
    "enable.auto.offset.store": "offsets are committed after the events are stored",
    "enable.partition.eof": "the consumer sets it",
    "enable.idempotence": "dead letters are written in transactions",
    "transactional.id": "the consumer sets one for each partition",
}
# librdkafka warns if a producer has these.
_CONSUMER_ONLY = {
    "allow.auto.create.topics",
    "auto.offset.reset",
    "check.crcs",
    "client.rack",
    "coordinator.query.interval.ms",
    "isolation.level",
    "max.partition.fetch.bytes",
    "max.poll.interval.ms",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
}
_CONSUMER_ONLY_PREFIXES = ("fetch.", "group.", "queued.")


class ConfigurationError(Exception):
    """The configuration of the Kafka client is invalid. The message names the property."""


class ClientConfiguration(Struct, frozen=True):
    """The properties of a user for the Kafka clients, with the brokers and the group."""

    bootstrap_servers: str
    group: str
    properties: Properties

    def consumer(self) -> dict[str, Any]:
        """The properties of the consumer."""
        defaults: dict[str, Any] = {
            "client.id": "waypath",
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "socket.timeout.ms": SOCKET_TIMEOUT_MS,
            "topic.metadata.refresh.interval.ms": METADATA_INTERVAL_MS,
            "queued.max.messages.kbytes": MAX_QUEUED_KIB,
        }
        if self.properties.get("group.protocol", "classic").lower() == "classic":
            # With the other protocol, the broker has these.
            defaults |= {
                "session.timeout.ms": SESSION_TIMEOUT_MS,
                "heartbeat.interval.ms": HEARTBEAT_INTERVAL_MS,
                "partition.assignment.strategy": "cooperative-sticky",
            }
        return {
            **defaults,
            **self.properties,
            "bootstrap.servers": self.bootstrap_servers,
            "group.id": self.group,
            "enable.auto.commit": False,
            "enable.auto.offset.store": False,
            "enable.partition.eof": True,
        }

    def producer(self, transactional_id: str) -> dict[str, Any]:
        """The properties of a producer with a transactional ID."""
        shared = {
            name: value
            for name, value in self.properties.items()
            if name not in _CONSUMER_ONLY and not name.startswith(_CONSUMER_ONLY_PREFIXES)
        }
        return {
            "client.id": "waypath",
            "socket.timeout.ms": SOCKET_TIMEOUT_MS,
            "transaction.timeout.ms": TRANSACTION_TIMEOUT_MS,
            "message.max.bytes": 1_000_000_000,  # the limit is that of the topic
            "linger.ms": 0,
            **shared,
            "bootstrap.servers": self.bootstrap_servers,
            "enable.idempotence": True,
            "transactional.id": transactional_id,
        }


def load(
    file: Path | None, assignments: Iterable[str], secret_files: Mapping[str, Path]
) -> Properties:
    """The properties of a file, then of `key=value` texts, then of secrets in files.

    Raises ConfigurationError.
    """
    properties = _read(file) if file else {}
    for text in assignments:
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise ConfigurationError(f"{text.partition('=')[0]}: must be PROPERTY=VALUE")
        properties[name.strip()] = value.strip()
    for name, path in secret_files.items():
        properties[name] = read_secret(name, path)
    for name in properties:
        if reason := _RESERVED.get(name):
            raise ConfigurationError(f"{name}: must not be set: {reason}")
    return properties


def read_secret(name: str, path: Path) -> str:
    """The value of a property in a file, without the line break at its end.

    Raises ConfigurationError.
    """
    try:
        value = path.read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{name}: cannot read {path}: {_reason(error)}") from error
    if not value:
        raise ConfigurationError(f"{name}: {path} is empty")
    return value


def _read(file: Path) -> Properties:
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"cannot read {file}: {_reason(error)}") from error
    properties: Properties = {}
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if not text or text.startswith(("#", "!")):
            continue
        name, separator, value = text.partition("=")
        if not separator or not name.strip():
            raise ConfigurationError(f"{file}: line {number} must be PROPERTY=VALUE")
        properties[name.strip()] = value.strip()
    return properties


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or "it is not UTF-8"
