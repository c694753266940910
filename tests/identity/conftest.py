"""What tests of identity share: Customers of an email address each, and conflicts of them."""

import uuid

import pytest


@pytest.fixture
def people(ingest):
    """New Customers, each with an email address of its own: their ids and addresses."""

    def make(count):
        emails = [f"{uuid.uuid4().hex}@acme.com" for _ in range(count)]
        answer = ingest([{"event": "x", "email": email} for email in emails])
        return [
            (each["customerId"], email)
            for each, email in zip(answer["results"], emails, strict=True)
        ]

    return make


@pytest.fixture
def send_conflict(ingest):
    """Has a key of one come with the email of another, so many times; returns the last event."""

    def of(email, times=1, **key):
        events = [{"event": "x", "email": email, **key} for _ in range(times)]
        return ingest(events)["results"][-1]["eventId"]

    return of
