"""Device clocks that are off: noted on the Touchpoint and in the live stream."""

from datetime import UTC, datetime, timedelta

import pytest

from app.settings import Settings
from tests.http.segment.conftest import basic
from tests.support import http_client
from tests.support.event_stream import LiveReader
from tests.support.server import serving, wait_until_ready

HOUR = timedelta(hours=1)


def text(time):
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ahead(delta):
    return text(datetime.now(UTC) + delta)


def is_about(seconds, expected):
    return abs(seconds - expected.total_seconds()) < 60


@pytest.mark.parametrize("skew", [2 * HOUR, -2 * HOUR])
@pytest.mark.parametrize("place", ["batch", "call"])
def test_a_clock_that_is_off_is_noted_and_its_time_is_as_sent(send, call, stored, skew, place):
    timestamp = "2026-04-29T10:14:32.123+02:00"
    sent_at = {"sentAt": ahead(skew)}
    own, of_batch = (sent_at, {}) if place == "call" else ({}, sent_at)

    send(call(timestamp=timestamp, **own), **of_batch)

    (touchpoint,) = stored()
    assert is_about(touchpoint["clockSkew"], skew)
    assert touchpoint["timestamp"] == timestamp
    assert touchpoint["occurredAt"].iso_format() == "2026-04-29T08:14:32.123000000+00:00"


def test_the_explanation_of_the_event_has_it(send, call, stored, address, make_key):
    send(call(), sentAt=ahead(2 * HOUR))

    path = f"{address}/v1/events/{stored()[0]['id']}"
    response = http_client.get(path, headers={"X-API-Key": make_key("context:read")})
    assert is_about(response.json()["clockSkew"], 2 * HOUR)


def test_the_time_of_a_call_comes_before_that_of_its_batch(send, call, stored):
    send(call(sentAt=ahead(2 * HOUR)), sentAt=ahead(0 * HOUR))

    assert "clockSkew" in stored()[0]


def test_a_clock_within_the_limit_is_not_noted(send, call, stored):
    send(call(), sentAt=ahead(-0.9 * HOUR))

    assert "clockSkew" not in stored()[0]


@pytest.mark.parametrize("sent_at", ["yesterday", "", None, 7, {}])
def test_an_unknown_clock_is_not_noted(send, call, stored, sent_at):
    send(call(), sentAt=sent_at)

    assert "clockSkew" not in stored()[0]


def test_a_property_of_that_name_is_not_the_note(send, call, stored):
    send(call(properties={"clockSkew": 7}))

    assert "clockSkew" not in stored()[0]


def test_the_live_stream_has_a_warning(send, call, address, make_key, unique):
    with LiveReader(address, make_key("events:read"), parameters={"customer": unique}) as reader:
        send(call(), sentAt=ahead(-3 * HOUR))
        record = reader.record()

    (warning,) = record["warnings"]
    assert (warning["path"], warning["code"]) == ("sentAt", "clock_skew")
    assert "s behind" in warning["message"]


def test_a_clock_that_is_off_is_noted_with_a_blocked_identifier(send, call, stored):
    send(call(anonymousId="null"), sentAt=ahead(2 * HOUR))

    (touchpoint,) = stored()
    assert touchpoint["ignored"] == ["anonymousId:null"]
    assert "clockSkew" in touchpoint


@pytest.fixture(scope="module")
def correcting(database):
    """A service that corrects times, from ten seconds on."""
    settings = Settings(clock_skew_limit=10, clock_skew_correction=True)
    with serving(database, settings) as address:
        wait_until_ready(address)
        yield address


def test_the_setting_corrects_the_time(correcting, api_key, call, stored):
    skew = timedelta(days=1)
    sent_at = datetime.now(UTC) + skew
    body = call(timestamp=text(sent_at - HOUR), sentAt=text(sent_at))

    http_client.post(f"{correcting}/v1/track", json=body, headers=basic(api_key))

    (touchpoint,) = stored()
    assert touchpoint["timestamp"] == body["timestamp"]
    occurred = touchpoint["occurredAt"].to_native()
    assert abs(datetime.now(UTC) - HOUR - occurred) < timedelta(seconds=60)


def test_a_time_that_would_leave_the_calendar_is_as_sent(correcting, api_key, call, stored):
    body = call(timestamp="9999-12-31T23:59:59Z", sentAt="1970-01-01T00:00:00Z")

    http_client.post(f"{correcting}/v1/track", json=body, headers=basic(api_key))

    assert stored()[0]["occurredAt"].year == 9999


def test_a_retry_after_a_correction_is_a_replay(correcting, api_key, call, stored, unique):
    for delta in (24 * HOUR, 25 * HOUR):
        body = call(messageId=unique, timestamp="2026-04-29T10:14:32Z", sentAt=ahead(delta))
        response = http_client.post(f"{correcting}/v1/track", json=body, headers=basic(api_key))
        assert response.status_code == 200

    assert len(stored()) == 1
