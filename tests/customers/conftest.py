"""Fixtures of the tests of reads."""

import pytest


@pytest.fixture
def event_names(page):
    """The names of all events of a timeline, as its pages give them."""

    def of(customer, /, **query):
        answer = page(customer, **query)
        names = [touchpoint["event"] for touchpoint in answer["touchpoints"]]
        while cursor := answer.get("nextCursor"):
            answer = page(customer, **query, cursor=cursor)
            names += [touchpoint["event"] for touchpoint in answer["touchpoints"]]
        return names

    return of
