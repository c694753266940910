"""The command that shows events as they arrive."""

import os
import sys
from pathlib import Path
from typing import Any

import click
import msgspec
from msgspec import Struct

from app.access import development_key
from app.activity.record import Record
from app.cli.database import load_settings
from app.cli.exit_codes import exit_codes
from app.cli.live_client import LiveClient, LiveClientError, LiveEvent
from app.domain.event_warnings import BLOCKED_IDENTIFIER, INVALID_IDENTIFIER
from app.settings import Settings

EXIT_CODES = {
    0: "You stopped the command, or the reader of its output ended.",
    1: "The service cannot be reached, or rejects the API key. See the message.",
    2: "An option is invalid.",
}
IGNORED = (BLOCKED_IDENTIFIER, INVALID_IDENTIFIER)  # codes of warnings of identifiers
COVERAGES = {"all": "all instances", "instance": "this instance", "process": "one process"}


class _Options(Struct, frozen=True):
    url: str | None
    json: bool
    rejected: bool
    event: str | None
    customer: str | None
    recent: int


@click.command(name="tail", epilog=exit_codes(EXIT_CODES))
@click.option(
    "--url",
    metavar="URL",
    envvar="WAYPATH_URL",
    help="Address of the service.  [default: WAYPATH_URL, or else that of WAYPATH_HOST and "
    "WAYPATH_PORT]",
)
@click.option("--json", is_flag=True, help="Print each record as JSON.")
@click.option("--rejected", is_flag=True, help="Show only events that were not stored.")
@click.option("--event", metavar="NAME", help="Show only events with this name.")
@click.option(
    "--customer",
    metavar="TEXT",
    help="Show only events with this Customer ID, email, phone, external ID or anonymous ID.",
)
@click.option(
    "--recent",
    metavar="NUMBER",
    type=click.IntRange(0, 1000),
    default=0,
    show_default=True,
    help="Begin with up to this number of last events.",
)
def tail_command(**options: Any) -> None:
    """Show events as they are stored or rejected, a line each, until Ctrl-C.

    The command connects to a running service. Set WAYPATH_API_KEY to an API key with the scope
    events:read. If it is not set, the command uses the development API key of the data directory.
    """
    parsed = _Options(**options)
    config = load_settings()
    client = LiveClient(_url(parsed, config), _key(config), _parameters(parsed))
    try:
        for event in client.events():
            _show(event, is_json=parsed.json)
    except KeyboardInterrupt:
        return
    except BrokenPipeError:
        # Python flushes standard output at its exit, which would fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except LiveClientError as error:
        raise click.ClickException(str(error)) from error


def _url(options: _Options, config: Settings) -> str:
    if options.url is None:
        host = f"[{config.host}]" if ":" in config.host else config.host
        return f"http://{host}:{config.port}"
    if not options.url.startswith(("http://", "https://")):
        raise click.UsageError("--url must begin with http:// or https://")
    return options.url


def _key(config: Settings) -> str:
    if key := os.environ.get("WAYPATH_API_KEY"):
        return key.strip()
    try:
        return development_key.file(Path(config.data_dir)).read_text().strip()
    except OSError as error:
        raise click.ClickException(
            "WAYPATH_API_KEY is not set: set it to an API key with the scope events:read"
        ) from error


def _parameters(options: _Options) -> dict[str, str]:
    values = {
        "event": options.event,
        "customer": options.customer,
        "rejected": "true" if options.rejected else None,
        "recent": str(options.recent) if options.recent else None,
    }
    return {name: value for name, value in values.items() if value}


def _show(event: LiveEvent, *, is_json: bool) -> None:
    if event.kind == "record":
        line = event.data
        if not is_json:
            line = describe(msgspec.json.decode(event.data, type=Record))
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
        return
    note = _note(event)
    if note:
        click.echo(note, err=True)


def _note(event: LiveEvent) -> str | None:
    if event.kind == "lost":
        return f"Connection lost: {printable(event.data)}. Connecting again."
    content = msgspec.json.decode(event.data)
    if event.kind == "skipped":
        return f"{content['skipped']:,} records skipped"
    if event.kind == "coverage":
        return f"Shows the events of {COVERAGES[content['coverage']]}."
    if event.kind == "end" and content["code"] != "stopping":
        raise LiveClientError(content["message"])
    return None


def describe(record: Record) -> str:
    """Returns a record as a line without control characters."""
    identifier = record.identifiers[0] if record.identifiers else record.customer
    parts = [record.time[11:23], f"{record.outcome:9}", record.event or "-", identifier or "-"]
    if record.error:
        details = (f"{detail.path} {detail.message}".strip() for detail in record.error.details)
        parts += [record.error.code, "; ".join(details) or record.error.message]
    else:
        parts += [record.customer_id or "-", record.resolved or "-"]
    parts += [
        f"ignored {warning.path}" if warning.code in IGNORED else f"{warning.path} {warning.code}"
        for warning in record.warnings
    ]
    parts.append(f"[{record.api_key or record.way}]")
    return "  ".join(map(printable, parts))


def printable(text: str) -> str:
    """Returns a text in which a terminal finds no control character, nor another direction."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode() for each in text
    )
