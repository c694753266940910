"""Fixtures of the tests of reads."""

import pytest


@pytest.fixture
def event_names(page):
    """The names of all events of a timeline, as its pages give them."""

    def of(customer, /, **query):
        response = page(customer, **query)
        names = [touchpoint["event"] for touchpoint in response["touchpoints"]]
        while cursor := response.get("nextCursor"):
            response = page(customer, **query, cursor=cursor)
            names += [touchpoint["event"] for touchpoint in response["touchpoints"]]
        return names

    return of
