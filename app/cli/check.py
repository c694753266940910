"""The command that checks the settings, the database and the services that they name."""

import asyncio
import os
from collections.abc import Mapping

import click

from app import settings
from app.access import redis_window
from app.access.redis_window import RateLimitStorageUnavailable, RedisWindow
from app.access.token_policy import TokenPolicy
from app.cli.exit_codes import exit_codes
from app.errors import Unavailable
from app.graph.diagnostics import Check, Finding, wrong
from app.graph.graph import Graph
from app.graph.migrations import definitions
from app.graph.migrations.runner import Migrator
from app.identity import suppression_check
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.retention import index
from app.settings import SettingsError
from app.webhooks import delivery_state

UNUSABLE = ("login", "database")  # the last finding if the database cannot be used


@click.command(
    name="check",
    epilog=exit_codes({0: "Every finding is ok.", 1: "At least one finding is wrong."}),
)
def check_command() -> None:
    """Check the settings, the rate limit storage, the OAuth issuer and the database.

    Changes nothing.

    Prints one line per finding: `ok` or `wrong`, the subject, and a text. If a finding is wrong,
    the text has the reason and the action.
    """
    findings = asyncio.run(_findings(os.environ))
    for finding in findings:
        click.echo(finding)
    if not all(finding.is_ok for finding in findings):
        raise click.exceptions.Exit(1)


async def _findings(environ: Mapping[str, str]) -> list[Finding]:
    try:
        config = settings.load(environ)
    except SettingsError as error:
        return [Finding("settings", message, is_ok=False) for message in error.errors]
    redis = redis_window.connect(config.rate_limit_storage, config.rate_limit)
    findings = [
        Finding("settings", "valid"),
        *await storage_findings(redis),
        *await issuer_findings(config.token_policy),
    ]
    try:
        database = settings.database(config)
    except LookupError as error:
        message = f"{error}: start the service or set NEO4J_URI"
        return [*findings, Finding("database", message, is_ok=False)]
    graph = Graph(database)
    migrations = definitions.load()
    try:
        check = Check(graph, Migrator(graph, migrations), migrations, index.STATEMENTS)
        of_database = await check.findings()
        findings += of_database
        if config.webhook_url and all(finding.is_ok for finding in of_database):
            findings.append(await webhook_finding(graph))
        if findings[-1].subject not in UNUSABLE:
            findings.append(await suppression_finding(graph, config.suppression_secrets))
        return findings
    finally:
        await graph.close()


async def webhook_finding(graph: Graph, name: str = delivery_state.ENDPOINT) -> Finding:
    """The finding on the deliveries of webhooks. Raises Unavailable."""
    status = await delivery_state.read_status(graph, name)
    if status is None:
        return Finding("webhooks", "no process has begun to deliver")
    if status.error is None:
        last = f"the last delivery was at {status.delivered_at}" if status.delivered_at else "ready"
        return Finding("webhooks", last)
    advice = "correct the receiver"
    if status.gone:
        advice = "stopped: set another WAYPATH_WEBHOOK_URL, or run waypath webhooks resume"
    since = f"{status.failures} failed attempts since {status.failing_since}"
    return wrong("webhooks", f"{since}, the last one: {status.error} ({advice})")


async def suppression_finding(graph: Graph, secret_file: SuppressionSecretFile) -> Finding:
    """The finding on the secrets of the suppression list."""
    subject = "suppression list"
    try:
        needed = await suppression_check.needed_secrets(graph)
    except Unavailable as error:
        return wrong(subject, f"cannot be read: {error}")
    if not needed:
        return Finding(subject, "has no entries")
    missing = suppression_check.missing_secrets(needed, secret_file)
    if missing:
        text = (
            f"secrets that this process lacks: {', '.join(missing)}. The service rejects every "
            "event (restore them in WAYPATH_SUPPRESSION_SECRET_FILE)"
        )
        return wrong(subject, text)
    return Finding(subject, "every secret is known")


async def storage_findings(redis: RedisWindow | None) -> list[Finding]:
    """The finding on the storage of the rate limit, or none without one. Closes the storage."""
    if redis is None:
        return []
    try:
        await redis.probe()
    except RateLimitStorageUnavailable as error:
        return [wrong("rate limit storage", f"{error} (see WAYPATH_RATE_LIMIT_STORAGE)")]
    finally:
        await redis.close()
    return [Finding("rate limit storage", "responds")]


async def issuer_findings(policy: TokenPolicy | None) -> list[Finding]:
    """The finding on the metadata and the signing keys of the OAuth issuer, or none without one."""
    if policy is None:
        return []
    from app.access import issuer_documents, issuer_keys  # noqa: PLC0415 - load cryptography

    subject, hint = "OAuth issuer", "see WAYPATH_OAUTH_ISSUER"
    try:
        keys = await issuer_keys.read_keys(policy.issuer)
    except issuer_documents.IssuerError as error:
        return [wrong(subject, f"{error} ({hint})")]
    if not keys:
        reason = "no signing key is usable: it needs an RSA, EC or EdDSA one for signatures"
        return [wrong(subject, f"{reason} ({hint})")]
    return [Finding(subject, "has metadata and usable signing keys")]
