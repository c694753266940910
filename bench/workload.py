"""The workload: events as a CRM sends them, of many people with several identifiers each."""

import random
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, cycle
from typing import Any

from bench import people, properties
from bench.people import EMAIL, EXTERNAL_ID, KINDS, PHONE, Popularity

PEOPLE = 200_000
NEW = 0.1  # of the events
SEVERAL = 0.6  # of the events have two or three identifiers
BATCH = 500
# Few enough for the caches of the service, which hold 16,384 emails.
HOT_PEOPLE = 5_000
ALL_KINDS = (EMAIL, PHONE, EXTERNAL_ID)
TAG = "####"  # for four digits that distinguish new people of repeated events

_NAMES = ("page_viewed", "page_viewed", "page_viewed", "email_opened", "link_clicked", "form_sent")
_LATEST = datetime(2026, 4, 29, tzinfo=UTC)
_DAYS = timedelta(days=30)
_CHUNK = 1_000
# How people write what the service normalises: the shares of their events.
_CAPITALS = 0.05  # Mary.Smith@gmail.com
_TEN_DIGITS, _PUNCTUATED = 0.3, 0.4  # cumulative; others are E.164

Event = dict[str, Any]


def mixed(known: int = PEOPLE, *, tag: str = TAG, seed: int = 0) -> Iterator[Event]:
    """Events of `known` people by Zipf's law, and of new ones."""
    source = random.Random(seed)  # noqa: S311 - no secret
    popularity = Popularity(known)
    complete = _share_with_all_identifiers(popularity)
    serials = count()
    while True:
        for number in popularity.draw(source, _CHUNK):
            if source.random() < NEW:
                identifiers = people.new(next(serials), tag)
            else:
                identifiers = people.known(number)
                if source.random() >= complete:
                    kind = source.choice(list(identifiers))
                    identifiers = {kind: identifiers[kind]}
            yield _event(source, identifiers)


def calls(known: int = PEOPLE, *, tag: str = TAG, seed: int = 1) -> Iterator[dict[str, Any]]:
    """Events of the mix as track calls of a tracking SDK, each with an ID of its own.

    A person without an external ID has an anonymous one.
    """
    for serial, event in enumerate(mixed(known, tag=tag, seed=seed)):
        traits = {kind: event[kind] for kind in (EMAIL, PHONE) if kind in event}
        user = event.get(EXTERNAL_ID)
        visitor = None if user else f"visitor of {next(iter(traits.values()))}"
        yield {
            "type": "track",
            "event": event["event"],
            "userId": user,
            "anonymousId": visitor,
            "messageId": f"{serial}-{tag}",
            "timestamp": event["timestamp"],
            "properties": event["properties"],
            "context": {
                "library": {"name": "analytics-python", "version": "2.4.0"},
                **({"traits": traits} if traits else {}),
            },
            "integrations": {},
        }


def known_in_turn(numbers: Iterable[int], kinds: Iterable[str], seed: int = 0) -> Iterator[Event]:
    """Events of these people in turn, each with these kinds of identifiers."""
    source = random.Random(seed)  # noqa: S311 - no secret
    chosen = tuple(kinds)
    for number in cycle(numbers):
        identifiers = people.known(number)
        yield _event(source, {kind: identifiers[kind] for kind in chosen})


def with_all_kinds(known: int = PEOPLE) -> list[int]:
    """The people who have an identifier of each kind."""
    return [number for number in range(known) if len(KINDS[number % 10]) == len(ALL_KINDS)]


def hot_people() -> list[int]:
    """Few people, who all have an email."""
    return [number for number in range(HOT_PEOPLE) if EMAIL in KINDS[number % 10]]


def contexts(known: int = PEOPLE, seed: int = 0) -> Iterator[dict[str, str]]:
    """Requests of contexts of known people by Zipf's law, each by the first identifier."""
    source = random.Random(seed)  # noqa: S311 - no secret
    popularity = Popularity(known)
    while True:
        for number in popularity.draw(source, _CHUNK):
            yield dict([next(iter(people.known(number).items()))])


def _share_with_all_identifiers(popularity: Popularity) -> float:
    """How many events of known people with several identifiers have all, so that SEVERAL holds."""
    of_new = sum(len(kinds) > 1 for kinds in KINDS) / len(KINDS)
    numbers = [number for number in range(popularity.people) if len(KINDS[number % 10]) > 1]
    return (SEVERAL - NEW * of_new) / (1 - NEW) / popularity.share(numbers)


def _event(source: random.Random, identifiers: dict[str, str]) -> Event:
    at = _LATEST - source.random() * _DAYS
    return {
        "event": _NAMES[int(source.random() * len(_NAMES))],
        **{
            kind: _AS_SENT.get(kind, _unchanged)(source, value)
            for kind, value in identifiers.items()
        },
        "properties": properties.draw(source),
        "timestamp": f"{at.isoformat(timespec='milliseconds')[:-6]}Z",
    }


def _unchanged(_: random.Random, value: str) -> str:
    return value


def _email_as_sent(source: random.Random, email: str) -> str:
    return email.title() if source.random() < _CAPITALS else email


def _phone_as_sent(source: random.Random, phone: str) -> str:
    form = source.random()
    if form >= _PUNCTUATED:
        return phone
    if not phone.startswith("+1"):
        return f"{phone[:3]} {phone[3:6]} {phone[6:]}"
    if form < _TEN_DIGITS:
        return phone[2:]
    return f"({phone[2:5]}) {phone[5:8]}-{phone[8:]}"


_AS_SENT: dict[str, Callable[[random.Random, str], str]] = {
    EMAIL: _email_as_sent,
    PHONE: _phone_as_sent,
}
