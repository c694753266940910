"""Shared by the tests of moves of identifiers: two people, moves, detachments, and their undos."""

import pytest

from tests.support import http_client


@pytest.fixture
def two_people(ingest, email, phone):
    """The ids of Ann, who has a phone and two events, and of Bob."""
    ann = ingest(email=email("ann"), phone=phone)["customerId"]
    ingest(phone=phone)
    return ann, ingest(email=email("bob"))["customerId"]


@pytest.fixture
def move(reviewer):
    """Moves an identifier of the first Customer to the second one, and gives the move."""

    def run(customer, to, **identifier):
        body = {"to": to, "reason": "the number of Bob now"} | identifier
        path = f"/v1/customers/{customer}/identifiers/move"
        return http_client.ok_json(reviewer.post(path, json=body))

    return run


@pytest.fixture
def detach(reviewer):
    """Detaches an identifier of a Customer, and gives the move to the new one."""

    def run(customer, **identifier):
        body = {"reason": "the number was given away"} | identifier
        path = f"/v1/customers/{customer}/identifiers/detach"
        return http_client.ok_json(reviewer.post(path, json=body))

    return run


@pytest.fixture
def undo_move(reviewer):
    """Asks to undo a move, and gives the response."""

    def run(move, reason="a mistake"):
        body = {"reason": reason}
        return reviewer.post(f"/v1/identifier-moves/{move['moveId']}/undo", json=body)

    return run
