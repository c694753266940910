"""The command that erases Customers."""

from collections.abc import Iterable
from typing import Any

import click
import uvloop
from msgspec import Struct

from app.cli import erasure_text, resources
from app.cli.database import ensure_database
from app.cli.environment import load_settings
from app.cli.exit_codes import UNFINISHED, exit_codes, exit_unfinished_on_errors
from app.cli.resources import ErasureResources
from app.customers.context import Context
from app.customers.context_query import ContextQuery
from app.errors import CustomerNotFound, InvalidPayload
from app.identity.erasure import COMMAND_LINE, Erasure
from app.identity.erasure_query import ErasureQuery
from app.identity.reason import MAX_REASON_LENGTH
from app.observability import progress
from app.settings import Settings

EXIT_CODES = {
    0: "Every named Customer is erased.",
    1: "No Customer was erased: unknown Customer, declined prompt or invalid setting.",
    2: "No Customer was erased: invalid option or argument.",
    UNFINISHED: "The erasure is incomplete. Run the command again to resume it.",
}


class _Options(Struct, frozen=True):
    customers: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    external_ids: tuple[str, ...]
    anonymous_ids: tuple[str, ...]
    reason: str | None
    suppress: bool
    yes: bool


class _Target(Struct, frozen=True):
    """A Customer to erase: its context, or the erasure that has already begun."""

    customer: str
    context: Context | None = None
    erasure: Erasure | None = None


@click.command(name="erase", epilog=exit_codes(EXIT_CODES))
@click.argument("customers", metavar="[CUSTOMER]...", nargs=-1)
@click.option(
    "--email", "emails", metavar="EMAIL", multiple=True, help="Email of a Customer. Repeatable."
)
@click.option(
    "--phone", "phones", metavar="PHONE", multiple=True, help="Phone of a Customer. Repeatable."
)
@click.option(
    "--external-id",
    "external_ids",
    metavar="ID",
    multiple=True,
    help="External ID of a Customer. Repeatable.",
)
@click.option(
    "--anonymous-id",
    "anonymous_ids",
    metavar="ID",
    multiple=True,
    help="Anonymous ID of a Customer. Repeatable.",
)
@click.option(
    "--reason",
    help=f"Reason for the audit log, at most {MAX_REASON_LENGTH:,} characters. The audit log is "
    "not erased: include no personal data.",
)
@click.option(
    "--suppress",
    is_flag=True,
    help="First add the identifiers of each Customer to the suppression list, without those that "
    "are marked as shared.",
)
@click.option("--yes", is_flag=True, help="Skip the confirmation prompt.")
def erase_command(**options: Any) -> None:
    """Erase Customers permanently, with their Identifiers and Touchpoints.

    Name each Customer by its ID or by one of its identifiers. The command also erases the
    Customers that are merged into it. It first lists the data to erase and asks for confirmation.
    If it is interrupted, run it again to resume.
    """
    parsed = _Options(**options)
    queries = _queries(parsed)
    config = load_settings()
    with exit_unfinished_on_errors(), ensure_database(config):
        matches = uvloop.run(_find(config, queries))
        targets = list({target.customer: target for target in matches}.values())
        for target in targets:
            click.echo(erasure_text.describe(target.customer, target.context))
        new = sum(target.erasure is None for target in targets)
        if new and not parsed.yes:
            customers = "Customer" if new == 1 else "Customers"
            click.confirm(f"Erase {new} {customers} permanently?", abort=True, err=True)
        for erasure in uvloop.run(_erase(config, targets, parsed)):
            click.echo(erasure_text.report(erasure))


def _queries(options: _Options) -> list[ContextQuery]:
    """One query per Customer. Raises UsageError if none is named or the reason is too long."""
    if options.reason and len(options.reason) > MAX_REASON_LENGTH:
        raise click.UsageError(f"--reason must have at most {MAX_REASON_LENGTH:,} characters")
    queries = [
        *(ContextQuery(customer=customer, limit=0) for customer in options.customers),
        *(ContextQuery(email=email, limit=0) for email in options.emails),
        *(ContextQuery(phone=phone, limit=0) for phone in options.phones),
        *(ContextQuery(external_id=external_id, limit=0) for external_id in options.external_ids),
        *(ContextQuery(anonymous_id=visitor, limit=0) for visitor in options.anonymous_ids),
    ]
    if not queries:
        raise click.UsageError(
            "name at least one Customer: CUSTOMER, --email, --phone, --external-id or "
            "--anonymous-id"
        )
    return queries


async def _find(config: Settings, queries: Iterable[ContextQuery]) -> list[_Target]:
    async with resources.open_erasure(config) as use_cases:
        return [await _target(use_cases, query) for query in queries]


async def _target(use_cases: ErasureResources, query: ContextQuery) -> _Target:
    try:
        context = await use_cases.contexts.read(query)
        return _Target(context.customer_id, context)
    except CustomerNotFound:
        erasure = await use_cases.erasures.find(query.customer) if query.customer else None
        if erasure:
            return _Target(erasure.customers[0], erasure=erasure)
        raise click.ClickException(
            f"no Customer matches {_selector(query)}; no Customer was erased"
        ) from None
    except InvalidPayload as error:
        messages = "; ".join(detail.message for detail in error.details)
        raise click.UsageError(f"{_selector(query)}: {messages}") from None


async def _erase(config: Settings, targets: list[_Target], options: _Options) -> list[Erasure]:
    erasures: list[Erasure] = []
    async with resources.open_erasure(config) as use_cases:
        for target in targets:
            erasure = target.erasure or await use_cases.erasures.begin(
                ErasureQuery(target.customer, options.reason, options.suppress), COMMAND_LINE
            )
            total = erasure_text.touchpoints(target.context) if target.context else None
            with progress.track(target.customer, total) as show:
                erased = 0

                def report(count: int, show: progress.Report = show) -> None:
                    nonlocal erased
                    erased += count
                    show(f"{erased:,} touchpoints erased", erased)

                erasures.append(await use_cases.erasures.finish(erasure.customers[0], report))
    return erasures


def _selector(query: ContextQuery) -> str:
    selectors = (
        query.customer,
        query.email,
        query.phone,
        query.external_id,
        query.anonymous_id,
    )
    return next(selector for selector in selectors if selector is not None)
