"""The pages of the suppression list: its changes, its form, and the undo of a suppression."""

import pytest

from app.access import api_keys
from tests.support.pages import Parsed, text_of

pytest_plugins = ["tests.support.stewarding"]


@pytest.fixture(scope="module")
def eraser(browser, make_key):
    """The browser of a data steward who may erase."""
    return browser(
        make_key(api_keys.CONTEXT_READ, api_keys.IDENTITY_READ, api_keys.CUSTOMERS_DELETE)
    )


@pytest.fixture
def change(eraser):
    """Sends the form of the list."""

    def send(identifiers, reason="request 1044", action="add", client=eraser):
        data = {"identifiers": identifiers, "reason": reason, "action": action}
        return client.post("/suppressions", data=data)

    return send


@pytest.fixture
def is_rejected(client):
    """Whether the service rejects an event."""
    return lambda **event: (
        client.post("/v1/events", json={"event": "x", **event}).status_code == 422
    )


def undo_link(page):
    return next(link for link in Parsed(page.text).links if link.startswith("/suppressions/"))


def test_the_form_suppresses_each_line(change, is_rejected, unique, phone):
    response = change(f"email:{unique}@acme.com\r\n\r\n  phone:{phone}  \r\n")

    assert (response.status_code, response.headers["location"]) == (303, "/suppressions")
    assert is_rejected(email=f"{unique}@acme.com")
    assert is_rejected(phone=phone)


def test_the_form_ends_a_suppression(change, is_rejected, unique):
    change(f"externalId:{unique}")

    assert change(f"externalId:{unique}", action="remove").status_code == 303
    assert not is_rejected(externalId=unique)


def test_the_page_has_the_change_without_its_identifier(change, steward, unique):
    change(f"externalId:{unique}", reason=f"for {unique[::-1]}")

    page = steward.get("/suppressions")

    assert f"1 identifier added for {unique[::-1]}" in " ".join(text_of(page).split())
    assert unique not in page.text


def test_an_error_names_the_invalid_line_and_the_form_has_the_same_text(
    change, is_rejected, unique
):
    response = change(f"\nexternalId:{unique}\n<b>:x\n", reason="why <i>")

    assert response.status_code == 400
    assert "line 2 must be kind:value" in text_of(response)
    assert f"externalId:{unique}\n&lt;b&gt;:x" in response.text
    assert "why &lt;i&gt;" in response.text
    assert not is_rejected(externalId=unique)


@pytest.mark.parametrize(("identifiers", "reason"), [("", "x"), ("email:a@b.example", " ")])
def test_a_field_that_is_missing_is_an_error(change, identifiers, reason):
    assert change(identifiers, reason).status_code == 400


def test_an_undo_asks_why_and_removes_the_identifiers(change, eraser, is_rejected, unique):
    change(f"externalId:{unique}")
    link = undo_link(eraser.get("/suppressions"))

    assert "removes 1 identifier from the list" in text_of(eraser.get(link))
    assert eraser.post(link, data={"reason": "wrong person"}).status_code == 303
    assert not is_rejected(externalId=unique)
    assert "The suppression is undone." in text_of(eraser.get(link))


def test_the_audit_log_leads_to_the_undo(change, eraser, unique):
    change(f"externalId:{unique}")
    link = undo_link(eraser.get("/suppressions"))

    assert link in Parsed(eraser.get("/audit").text).links


def test_a_steward_without_the_scope_of_erasures_gets_no_form(steward, eraser, change, unique):
    change(f"externalId:{unique}")

    page = steward.get("/suppressions")

    assert "<textarea" not in page.text
    assert not any(link.endswith("/undo") for link in Parsed(page.text).links)
    assert change(f"externalId:{unique}", client=steward).status_code == 403
    assert steward.get(undo_link(eraser.get("/suppressions"))).status_code == 403


def test_an_unknown_suppression_is_a_page_of_an_error(eraser):
    assert eraser.get("/suppressions/sup_nobody/undo").status_code == 404


def test_the_older_changes_are_on_another_page(change, eraser, cypher, unique):
    change(f"externalId:{unique}")
    cypher(
        """
        UNWIND range(1, 51) AS n
        CREATE (:SuppressionChange {
          id: $id + n, version: -n - toInteger(timestamp()), kind: 'suppression', by: 'cli',
          at: datetime('9999-01-01T00:00:00Z'), reason: 'x', identifiers: 0
        })
        """,
        id=f"sup_{unique}_",
    )
    try:
        first = eraser.get("/suppressions")
        (older,) = [link for link in Parsed(first.text).links if "cursor=" in link]
        second = eraser.get(older)
    finally:
        cypher(
            "MATCH (c:SuppressionChange) WHERE c.id STARTS WITH $id DELETE c",
            id=f"sup_{unique}_",
        )
    pages = [page.text.count(f"<code>sup_{unique}_") for page in (first, second)]
    assert pages == [50, 1]
