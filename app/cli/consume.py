"""The command that consumes Kafka topics."""

import sys
from importlib import util
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from app.cli import garbage_collection
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes
from app.errors import ServiceError
from app.graph.embedded.errors import EmbeddedError

REJECTED = 4

EXIT_CODES = {
    0: "The consumer stopped on SIGINT or SIGTERM. It finished and committed its batch.",
    1: "The consumer cannot start or continue: the message gives the reason.",
    2: "An option is invalid.",
    REJECTED: "A record was rejected, and there is no dead letter of it.",
}
MAX_BATCH_SIZE = 100_000


class _Options(Struct, frozen=True):
    bootstrap_servers: str
    topic: tuple[str, ...]
    group: str
    format: str
    dead_letter_topic: str | None
    config: tuple[str, ...]
    config_file: Path | None
    secret: tuple[str, ...]
    batch_size: int
    batch_wait: int
    port: int | None


@click.command(name="consume", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--bootstrap-servers",
    metavar="HOST:PORT,...",
    required=True,
    help="Brokers to connect to first.",
)
@click.option(
    "--topic", metavar="NAME", multiple=True, required=True, help="Topic to consume. Repeatable."
)
@click.option(
    "--group",
    metavar="NAME",
    default="waypath",
    show_default=True,
    help="Consumer group. Its members share the partitions.",
)
@click.option(
    "--format",
    type=click.Choice(["event", "segment"]),
    default="event",
    show_default=True,
    help="Format of the records: an EventIngest object, or a Segment call.",
)
@click.option(
    "--dead-letter-topic",
    metavar="NAME",
    help="Topic for rejected records, with the error in their headers. Without this option, the "
    "consumer stops at the first rejected record.",
)
@click.option(
    "--config",
    metavar="PROPERTY=VALUE",
    multiple=True,
    help="Property of the Kafka client (librdkafka), such as security.protocol=SASL_SSL. "
    "Repeatable.",
)
@click.option(
    "--config-file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Properties file of the Kafka client. --config and --secret override it.",
)
@click.option(
    "--secret",
    metavar="PROPERTY=FILE",
    multiple=True,
    help="Property of the Kafka client with its value in a file, such as "
    "sasl.password=/run/secrets/kafka. Repeatable.",
)
@click.option(
    "--batch-size",
    metavar="RECORDS",
    type=click.IntRange(1, MAX_BATCH_SIZE),
    default=10_000,
    show_default=True,
    help="Most records that are stored before their offsets are committed.",
)
@click.option(
    "--batch-wait",
    metavar="MILLISECONDS",
    type=click.IntRange(0, 10_000),
    default=50,
    show_default=True,
    help="Time to wait for more records after the first one.",
)
@click.option(
    "--port",
    metavar="PORT",
    type=click.IntRange(1, 65535),
    help="Port on WAYPATH_HOST for /healthz, /readyz and /metrics.  [default: none is opened]",
)
def consume_command(**options: Any) -> None:
    """Store the records of Kafka topics as events, each one once.

    The consumer commits offsets after Neo4j has committed the events. While Neo4j or the brokers
    are unavailable, it waits. It runs until SIGINT (Ctrl-C) or SIGTERM.
    """
    parsed = _Options(**options)
    if not util.find_spec("confluent_kafka"):
        raise click.ClickException(
            "consume requires the extra kafka: run pip install '.[kafka]' in the checkout"
        )
    _check_topics(parsed)
    _consume(parsed)


def _check_topics(options: _Options) -> None:
    for name in (*options.topic, options.dead_letter_topic):
        if name is not None and (not name.strip() or name.startswith("^")):
            raise click.UsageError(f"{name or 'a topic'}: must be the name of a topic")
    if options.dead_letter_topic in options.topic:
        raise click.UsageError("--dead-letter-topic must not be a consumed topic")


def _consume(options: _Options) -> None:
    # The package comes with an extra.
    from app import consumer  # noqa: PLC0415
    from app.kafka import configuration  # noqa: PLC0415
    from app.kafka.consumer import ConsumerOptions  # noqa: PLC0415
    from app.kafka.member import FatalKafkaError  # noqa: PLC0415
    from app.kafka.offsets import RecordRejected  # noqa: PLC0415

    try:
        secrets = dict(_secret(text) for text in options.secret)
        properties = configuration.load(options.config_file, options.config, secrets)
        process = consumer.ConsumerProcess(
            configuration.ClientConfiguration(options.bootstrap_servers, options.group, properties),
            ConsumerOptions(
                options.topic,
                options.format,  # type: ignore[arg-type] # click checks the choice
                options.dead_letter_topic,
                options.batch_size,
                options.batch_wait / 1000,
            ),
            options.port,
        )
        config = load_settings()
        with ensure_database(config):
            garbage_collection.relax()
            consumer.run(config, process)
    except configuration.ConfigurationError as error:
        raise click.UsageError(str(error)) from error
    except RecordRejected as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(REJECTED)
    except (EmbeddedError, FatalKafkaError, OSError, ServiceError) as error:
        raise click.ClickException(str(error)) from error


def _secret(text: str) -> tuple[str, Path]:
    name, separator, path = text.partition("=")
    if not separator or not name or not path:
        raise click.UsageError(f"--secret {name}: must be PROPERTY=FILE")
    return name, Path(path)
