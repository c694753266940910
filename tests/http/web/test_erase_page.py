"""The page that erases a Customer, and suppresses the person."""

import pytest

from app.access import api_keys
from tests.support.pages import Parsed, text_of

pytest_plugins = ["tests.support.stewarding"]


@pytest.fixture(scope="module")
def eraser(browser, make_key):
    """The browser of a data steward who may erase."""
    return browser(make_key(api_keys.CONTEXT_READ, api_keys.CUSTOMERS_DELETE))


@pytest.fixture
def jane(ingest, unique):
    """A Customer with an email."""
    return ingest(email=f"{unique}@acme.com")["customerId"]


@pytest.fixture
def erase(eraser, jane):
    """Sends the form of the page."""
    return lambda client=eraser, **data: client.post(f"/customers/{jane}/erase", data=data)


def test_the_page_of_the_customer_leads_to_it(eraser, steward, jane):
    link = f"/customers/{jane}/erase"

    assert link in Parsed(eraser.get(f"/customers/{jane}").text).links
    assert link not in Parsed(steward.get(f"/customers/{jane}").text).links
    assert steward.get(link).status_code == 403


def test_the_page_shows_what_is_deleted(eraser, jane, unique):
    text = " ".join(text_of(eraser.get(f"/customers/{jane}/erase")).split())

    assert "Identifiers 1 Touchpoints 1 Merged customers 0" in text
    assert f"Erase {unique}@acme.com" in text


def test_without_the_scope_of_reads_it_does_not_show_the_name(browser, make_key, jane, unique):
    key = make_key(api_keys.IDENTITY_READ, api_keys.CUSTOMERS_DELETE)
    page = browser(key).get(f"/customers/{jane}/erase")

    assert (page.status_code, unique in page.text) == (200, False)


def test_the_form_erases(erase, eraser, jane, ingest, unique):
    response = erase(confirmed="yes", reason="request 1045")

    assert (response.status_code, response.headers["location"]) == (303, f"/customers/{jane}/erase")
    page = text_of(eraser.get(response.headers["location"]))
    assert "Customer erased" in page
    assert "request 1045" in page
    assert eraser.get(f"/customers/{jane}").status_code == 404
    assert ingest(email=f"{unique}@acme.com")["resolved"] == "new"


def test_the_form_keeps_the_person_out(erase, eraser, jane, client, unique):
    erase(confirmed="yes", suppress="yes")

    event = {"event": "x", "email": f"{unique}@acme.com"}
    assert client.post("/v1/events", json=event).json()["error"]["code"] == "suppressed"
    assert "finishes the erasure in the background" in text_of(
        eraser.get(f"/customers/{jane}/erase")
    )


def test_an_erasure_that_is_not_confirmed_erases_nothing(erase, eraser, jane):
    response = erase(suppress="yes", reason="<b>why")

    assert response.status_code == 400
    assert "Confirm that the erasure is permanent" in text_of(response)
    assert "&lt;b&gt;why</textarea>" in response.text
    assert 'name="suppress" value="yes" checked' in response.text
    assert eraser.get(f"/customers/{jane}").status_code == 200


def test_a_reason_that_is_too_long_is_an_error(erase, jane, eraser):
    assert erase(confirmed="yes", reason="x" * 1001).status_code == 400
    assert eraser.get(f"/customers/{jane}").status_code == 200


@pytest.mark.parametrize("customer", ["cus_nobody", "%3Cscript%3E"])
def test_an_unknown_customer_is_a_page_of_an_error(eraser, customer):
    response = eraser.get(f"/customers/{customer}/erase")

    assert response.status_code == 404
    assert "<script>" not in response.text
