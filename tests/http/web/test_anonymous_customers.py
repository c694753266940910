"""The pages of Customers with an anonymousId: of visitors, and of people who logged in."""

import pytest

from tests.support.identity_conflicts import conflict_id

pytest_plugins = ["tests.support.stewarding"]


@pytest.fixture
def visitor(track, unique):
    """A Customer with an anonymousId alone."""
    return track([{"event": "page_viewed", "anonymousId": unique}])[0]["customerId"]


@pytest.fixture
def login(track, visitor, unique):
    """The event that merges the visitor into the Customer of an email."""
    assert visitor
    email = f"{unique}@acme.com"
    track([{"event": "signed_up", "email": email}])
    return track([{"event": "logged_in", "email": email, "anonymousId": unique}])[0]


def text(response):
    assert response.status_code == 200, response.text
    return response.text


def test_the_page_of_a_visitor_has_the_anonymous_id(steward, visitor, unique):
    assert unique in text(steward.get(f"/customers/{visitor}"))


def test_the_page_of_a_customer_has_the_anonymous_id_of_a_merged_visitor(steward, login, unique):
    page = text(steward.get(f"/customers/{login['customerId']}"))

    assert f'<bdi class="value">{unique}</bdi>' in page
    assert "anonymousId" in page


def test_the_page_of_an_event_has_the_merge_by_rule(steward, login):
    page = text(steward.get(f"/events/{login['eventId']}"))

    assert "matched an anonymous Customer, merged by this event" in page


def test_a_visitor_is_found_by_the_anonymous_id(steward, visitor, unique):
    response = steward.get("/search", params={"q": unique})

    assert response.status_code == 303
    assert response.headers["location"].startswith(f"/customers/{visitor}")


def test_an_anonymous_id_of_two_people_is_an_identity_conflict_on_its_page(
    steward, track, login, unique
):
    other = track([{"event": "logged_in", "email": f"b{unique}@acme.com", "anonymousId": unique}])
    path = f"/conflicts/{conflict_id(login['customerId'], other[0]['customerId'])}"

    assert f"<bdi>{unique}</bdi>" in text(steward.get(path))


def test_the_split_of_a_customer_offers_its_anonymous_id(steward, track, unique):
    events = [{"event": "x", "anonymousId": unique, "email": f"{unique}@acme.com"}]
    customer = track(events)[0]["customerId"]

    assert f'value="anonymousId:{unique}"' in text(steward.get(f"/customers/{customer}/split"))
