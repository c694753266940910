"""The mix of events that the benchmark sends."""

from collections import Counter
from itertools import islice

import msgspec
import phonenumbers
import pytest
from msgspec import Raw

from app.domain import identifiers
from app.domain.blocklist import Blocklist
from app.errors import InvalidPayload
from app.segment.mapping import map_call
from bench import people, plain, properties, workload
from bench.people import KINDS, Popularity

EVENTS = 20_000
PEOPLE = 20_000
NORMALISE = {
    "email": identifiers.email,
    "phone": identifiers.phone,
    "externalId": identifiers.external_id,
}


@pytest.fixture(scope="module")
def events():
    return list(islice(workload.mixed(PEOPLE), EVENTS))


def of(event):
    return {kind: event[kind] for kind in NORMALISE if kind in event}


def test_sixty_percent_of_the_events_have_two_or_three_identifiers(events):
    several = sum(len(of(event)) > 1 for event in events)

    assert several / EVENTS == pytest.approx(0.6, abs=0.02)


def test_a_fifth_of_the_events_and_more_have_all_three_identifiers(events):
    assert sum(len(of(event)) == 3 for event in events) / EVENTS > 0.2


def test_a_tenth_of_the_events_are_of_new_people(events):
    new = sum(any(workload.TAG in value for value in of(event).values()) for event in events)

    assert new / EVENTS == pytest.approx(0.1, abs=0.01)


def test_the_most_popular_person_has_the_share_of_zipfs_law(events):
    email = people.known(0)["email"]
    external_id = people.known(0)["externalId"]
    popular = sum(
        event.get("email", "").lower() == email or event.get("externalId") == external_id
        for event in events
    )

    expected = 0.9 * Popularity(PEOPLE).share([0])
    assert popular / EVENTS == pytest.approx(expected, rel=0.1)


def test_the_popularity_falls_with_the_rank():
    popularity = Popularity(PEOPLE)

    assert popularity.share([0]) / popularity.share([9]) == pytest.approx(10)
    assert popularity.share(range(PEOPLE)) == pytest.approx(1)


def test_a_person_has_two_identifiers_on_average():
    assert sum(map(len, KINDS)) / len(KINDS) == 2


def test_properties_have_3_to_12_entries_of_all_types(events):
    counts = Counter(len(event["properties"]) for event in events)
    types = {type(value) for event in events for value in event["properties"].values()}

    assert sorted(counts) == list(range(properties.MIN_ENTRIES, properties.MAX_ENTRIES + 1))
    assert (min(counts), max(counts)) == (3, 12)
    assert types == {str, int, float, bool, list, dict}


@pytest.mark.parametrize("kind", NORMALISE)
def test_an_identifier_as_sent_is_normalised_to_that_of_the_person(kind):
    numbers = [number for number in range(1000) if kind in KINDS[number % 10]]
    sent = list(islice(workload.known_in_turn(numbers, [kind]), len(numbers)))

    assert [NORMALISE[kind](event[kind]).value for event in sent] == [
        people.known(number)[kind] for number in numbers
    ]


def test_some_emails_and_phones_are_sent_in_another_form(events):
    emails = [event["email"] for event in events if "email" in event]
    phones = [event["phone"] for event in events if "phone" in event]

    assert 0.03 < sum(email != email.lower() for email in emails) / len(emails) < 0.07
    assert 0.3 < sum(not phone.startswith("+") for phone in phones) / len(phones) < 0.4


def test_known_and_new_people_have_no_identifier_in_common():
    identifiers = [
        *(people.known(number) for number in range(20_000)),
        *(people.new(serial, tag) for serial in range(0, 40_000, 7) for tag in ("0100", "9999")),
    ]
    values = [(kind, value) for one in identifiers for kind, value in one.items()]

    assert len(set(values)) == len(values)


def test_phones_are_valid():
    known = [people.known(number) for number in range(0, 2_500_000, 997)]
    new = [people.new(serial, "0123") for serial in range(0, 40_000, 13)]
    phones = [one["phone"] for one in [*known, *new] if "phone" in one]

    assert all(phonenumbers.is_valid_number(phonenumbers.parse(phone)) for phone in phones)


def test_people_unmet_by_the_caches_are_more_than_these_hold():
    unmet = len(workload.with_all_kinds()) // 2  # for each of two rows

    for cache in (identifiers.library_email, identifiers.library_phone):
        assert cache.cache_parameters()["maxsize"] < unmet
        assert cache.cache_parameters()["maxsize"] > len(workload.hot_people())


def test_a_nested_property_has_its_path_as_its_name():
    flat = plain.flatten({"plan": "free", "utm": {"source": "bing", "more": {"x": 1}}})

    assert flat == {"plan": "free", "utm.source": "bing", "utm.more.x": 1}


def test_the_calls_of_an_sdk_are_events_of_the_mix():
    blocklist = Blocklist()
    texts = map(msgspec.json.encode, islice(workload.calls(PEOPLE, tag="0001"), EVENTS // 10))
    checked = [map_call(Raw(text)).check(blocklist) for text in texts]

    events = [event for event in checked if not isinstance(event, InvalidPayload)]
    assert len(events) == len(checked)
    assert len({event.idempotency_key for event in events}) == len(events)
    several = sum(len(event.identifiers) > 1 for event in events)
    assert several / len(events) > 0.6
