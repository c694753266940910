"""The command that erases people."""

from collections.abc import Iterable
from typing import Any

import click
import uvloop
from msgspec import Struct

from app.cli import resources
from app.cli.exit_codes import a_database, load_settings, unfinished_on_errors
from app.cli.resources import Erasing
from app.customers.context import Context, ContextQuery
from app.errors import CustomerNotFound, InvalidPayload
from app.identity.erasure import COMMAND_LINE, Erasure, ErasureQuery
from app.identity.reason import REASON_LENGTH
from app.observability import progress
from app.settings import Settings

SHOWN = 20  # of the Identifiers of somebody


class _Options(Struct, frozen=True):
    customers: tuple[str, ...]
    emails: tuple[str, ...]
    phones: tuple[str, ...]
    external_ids: tuple[str, ...]
    reason: str | None
    yes: bool


class _Person(Struct, frozen=True):
    """Somebody to erase: what is known of them, or the erasure that was begun before."""

    customer: str
    known: Context | None = None
    erasure: Erasure | None = None


@click.command(name="erase")
@click.argument("customers", metavar="[CUSTOMER]...", nargs=-1)
@click.option("--email", "emails", multiple=True, help="Somebody by an email; repeat it for more.")
@click.option("--phone", "phones", multiple=True, help="Somebody by a phone.")
@click.option("--external-id", "external_ids", multiple=True, help="Somebody by an external id.")
@click.option("--reason", help="Why, for the audit trail, which stays: no personal data.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase_command(**options: Any) -> None:
    """Erase people for good, with their Identifiers and Touchpoints.

    Each is named by the id of a Customer or by a key; who is merged with it goes, too. It shows
    what there is, and asks. Interrupted, it goes on when it is run again. It exits with 0 when
    everybody is erased, 1 when nobody was, as somebody is not known or the answer was no, 3 when it
    could not go on to the end.
    """
    given = _Options(**options)
    named = _named(given)
    config = load_settings()
    with unfinished_on_errors(), a_database(config):
        found = uvloop.run(_find(config, named))
        people = list({each.customer: each for each in found}.values())
        for person in people:
            click.echo(_shown(person))
        new = sum(person.erasure is None for person in people)
        if new and not given.yes:
            click.confirm(f"Erase {new} for good?", abort=True, err=True)
        for erasure in uvloop.run(_erase(config, people, given.reason)):
            click.echo(_told(erasure))


def _named(given: _Options) -> list[ContextQuery]:
    """Who is named. Raises UsageError where nobody is, or the reason is too long."""
    if given.reason and len(given.reason) > REASON_LENGTH:
        raise click.UsageError(f"--reason has more than {REASON_LENGTH} characters")
    named = [
        *(ContextQuery(customer=each, limit=0) for each in given.customers),
        *(ContextQuery(email=each, limit=0) for each in given.emails),
        *(ContextQuery(phone=each, limit=0) for each in given.phones),
        *(ContextQuery(external_id=each, limit=0) for each in given.external_ids),
    ]
    if not named:
        raise click.UsageError("name somebody: a CUSTOMER, --email, --phone or --external-id")
    return named


async def _find(config: Settings, named: Iterable[ContextQuery]) -> list[_Person]:
    async with resources.erasing(config) as erasing:
        return [await _person(erasing, query) for query in named]


async def _person(erasing: Erasing, query: ContextQuery) -> _Person:
    try:
        known = await erasing.contexts.read(query)
        return _Person(known.customer_id, known)
    except CustomerNotFound:
        erasure = await erasing.erasures.find(query.customer) if query.customer else None
        if erasure:
            return _Person(erasure.customers[0], erasure=erasure)
        raise click.ClickException(f"nobody is known by {_name(query)}") from None
    except InvalidPayload as error:
        said = "; ".join(detail.message for detail in error.details)
        raise click.UsageError(f"{_name(query)}: {said}") from None


async def _erase(config: Settings, people: list[_Person], reason: str | None) -> list[Erasure]:
    done: list[Erasure] = []
    async with resources.erasing(config) as erasing:
        for person in people:
            erasure = person.erasure or await erasing.erasures.begin(
                ErasureQuery(person.customer, reason), COMMAND_LINE
            )
            total = _touchpoints(person.known) if person.known else None
            with progress.shown(person.customer, total) as show:
                erased = 0

                def report(more: int, show: progress.Report = show) -> None:
                    nonlocal erased
                    erased += more
                    show(f"{erased:,} touchpoints erased", erased)

                done.append(await erasing.erasures.finish(erasure.customers[0], report))
    return done


def _shown(person: _Person) -> str:
    known = person.known
    if known is None:
        return f"{person.customer} was erased before"
    others = [each.customer_id for each in known.merged]
    keys = [f"{each.kind} {each.value}" for each in known.identifiers]
    more = f" and {len(keys) - SHOWN:,} more" if len(keys) > SHOWN else ""
    lines = [
        person.customer + (f", with {', '.join(others)} merged into it" if others else ""),
        f"  {len(keys):,} identifiers: {', '.join(keys[:SHOWN])}{more}",
        f"  {_touchpoints(known):,} touchpoints",
    ]
    if known.first_seen:
        lines[-1] += f" from {known.first_seen} to {known.last_seen}"
    return "\n".join(lines)


def _told(erasure: Erasure) -> str:
    return (
        f"{erasure.erasure_id}: {', '.join(erasure.customers)} erased at {erasure.at}: "
        f"{erasure.identifiers:,} identifiers, {erasure.touchpoints:,} touchpoints; "
        f"keys taken from {erasure.redacted:,} events of others"
    )


def _touchpoints(known: Context) -> int:
    return sum(each.count for each in known.events)


def _name(query: ContextQuery) -> str:
    given = (query.customer, query.email, query.phone, query.external_id)
    return next(each for each in given if each is not None)
