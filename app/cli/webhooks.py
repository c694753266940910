"""The commands that test the delivery of webhooks, and resume it."""

import asyncio
from pathlib import Path

import click

from app.cli.database import run_on_graph
from app.cli.environment import load_settings
from app.cli.exit_codes import exit_codes
from app.domain import timestamps
from app.webhooks import delivery_state, messages
from app.webhooks.receiver import WebhookReceiver
from app.webhooks.secret_file import WebhookSecretFile

TEST_EXIT_CODES = {
    0: "The receiver accepted the message.",
    1: "The receiver did not accept it, or invalid setting. See the message.",
    2: "Invalid option.",
}
RESUME_EXIT_CODES = {
    0: "Success.",
    1: "No process has begun to deliver, invalid setting or unavailable database.",
    2: "Invalid option. Nothing changed.",
}


@click.group(name="webhooks")
def webhook_commands() -> None:
    """Test the delivery of webhooks, or resume it."""


@webhook_commands.command(epilog=exit_codes(TEST_EXIT_CODES))
def test() -> None:
    """Send one test message to WAYPATH_WEBHOOK_URL.

    It has the type webhook.test, and the signatures of all secrets. It is not retried.
    """
    config = load_settings()
    if not config.webhook_url or not config.webhook_secret_file:
        raise click.ClickException("set WAYPATH_WEBHOOK_URL and WAYPATH_WEBHOOK_SECRET_FILE")
    error = asyncio.run(_send_test(config.webhook_url, Path(config.webhook_secret_file)))
    if error:
        raise click.ClickException(f"the receiver did not accept the message: {error}")
    click.echo("the receiver accepted the message")


async def _send_test(url: str, secret_file: Path) -> str | None:
    receiver = WebhookReceiver(url, WebhookSecretFile(secret_file))
    try:
        return (await receiver.send(messages.test_message())).error
    finally:
        await receiver.close()


@webhook_commands.command(epilog=exit_codes(RESUME_EXIT_CODES))
@click.option(
    "--from",
    "start",
    metavar="TIMESTAMP",
    help="Deliver the entries since this time again.  [default: after the last delivered one]",
)
def resume(start: str | None) -> None:
    """Deliver at once, instead of at the time of the next attempt.

    Resumes also after the receiver has responded 410 Gone. A process of the service delivers.
    """
    try:
        instant = timestamps.parse(start) if start else None
    except ValueError as error:
        raise click.UsageError(f"--from {error}") from error
    at = run_on_graph(lambda graph: delivery_state.resume(graph, instant))
    if at is None:
        raise click.ClickException(
            "no process has begun to deliver: start the service with WAYPATH_WEBHOOK_URL"
        )
    click.echo(f"the service delivers the entries after {at}")
