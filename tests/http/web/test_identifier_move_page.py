"""The page that moves or detaches one identifier of a Customer."""

import pytest

from app.domain.identity_fields import IDENTIFIER_FORM
from app.http.web.identifier_move import CHANGED
from app.http.web.templates import move_path
from tests.support.pages import Parsed, hidden, text_of

pytest_plugins = ["tests.support.stewarding"]


@pytest.fixture
def bob(ingest, unique):
    """Another Customer than that of the office."""
    return ingest(email=f"robert.{unique}@acme.com")["customerId"]


@pytest.fixture
def move(steward, office):
    """Sends the form, with the preview of a page or another one."""

    def send(action="move", to="", reason="given away", preview=None, client=steward, **fields):
        path = f"/customers/{office[0]}/move"
        data = {"identifier": office[1], "to": to, "reason": reason} | fields
        if preview is None and action == "move":
            preview = hidden(client.post(path, data=data | {"action": "preview"}), "preview")
        return client.post(path, data=data | {"action": action, "preview": preview or ""})

    return send


@pytest.fixture
def owner(cypher, office):
    """The Customer of the identifier."""

    def read():
        kind, _, value = office[1].partition(":")
        (row,) = cypher(
            "MATCH (:Identifier {kind: $kind, value: $value})-[:IDENTIFIES]->(c) RETURN c.id AS id",
            kind=kind,
            value=value,
        )
        return row["id"]

    return read


def test_the_page_of_a_customer_offers_the_move_of_each_identifier(steward, office):
    links = Parsed(steward.get(f"/customers/{office[0]}").text).links

    assert move_path(*office) in links


def test_a_key_that_may_not_decide_is_offered_no_move_and_makes_none(reader, move, office, owner):
    links = Parsed(reader.get(f"/customers/{office[0]}").text).links

    assert [link for link in links if "/move" in link] == []
    assert reader.get(move_path(*office)).status_code == 403
    assert move(preview="x", client=reader).status_code == 403
    assert owner() == office[0]


def test_the_preview_shows_both_customers_and_the_touchpoints_that_stay(
    move, office, bob, owner, unique
):
    page = text_of(move("preview", to=bob))

    names = [f"{name}.{unique}@acme.com" for name in ("ann", "robert")]
    assert f"{office[1]} moves from {' to '.join(names)}." in " ".join(page.split())
    assert "2 touchpoints with the identifier stay." in page
    assert owner() == office[0]


def test_a_move_leads_to_the_audit_log_with_its_undo(steward, move, office, bob, owner):
    response = move(to=bob)

    assert (response.status_code, owner()) == (303, bob)
    page = steward.get(response.headers["location"])
    assert "was moved from" in text_of(page)
    (undo,) = [link for link in Parsed(page.text).links if "/undo?" in link]
    shown = text_of(steward.get(undo))
    assert "The undo gives the identifier back to the first customer." in shown
    assert steward.post(undo.partition("?")[0], data={"reason": ""}).status_code == 303
    assert owner() == office[0]
    assert "was given back to" in text_of(steward.get(response.headers["location"]))


def test_without_a_customer_the_identifier_is_detached(steward, move, office, owner):
    response = move()

    assert response.status_code == 303
    assert owner() != office[0]
    assert "was detached from" in text_of(steward.get(response.headers["location"]))


def test_a_move_with_another_preview_is_previewed_again(move, office, bob, owner):
    response = move(to=bob, preview="another")

    assert response.status_code == 409
    assert CHANGED in response.text
    assert ">given away</textarea>" in response.text
    assert f'value="{bob}"' in response.text
    assert owner() == office[0]


def test_an_event_after_the_preview_does_not_change_it(steward, move, ingest, office, bob, owner):
    path = f"/customers/{office[0]}/move"
    data = {"action": "preview", "identifier": office[1], "to": bob}
    preview = hidden(steward.post(path, data=data), "preview")
    ingest(phone=office[1].partition(":")[2])

    assert move(to=bob, preview=preview).status_code == 303
    assert owner() == bob


@pytest.mark.parametrize(
    ("fields", "status", "text"),
    [
        ({"reason": ""}, 400, "reason"),
        ({"to": "cus_nobody"}, 404, "No Customer has the ID cus_nobody."),
        ({"identifier": "email:nobody@acme.com"}, 400, "must be an Identifier of the Customer"),
        ({"identifier": "somebody"}, 400, IDENTIFIER_FORM),
        ({"identifier": "to:cus_nobody"}, 400, IDENTIFIER_FORM),
        ({"identifier": "email:<script>alert(1)</script>"}, 400, "must be"),
    ],
)
def test_a_move_that_cannot_be_made_shows_why(move, office, owner, fields, status, text):
    response = move(**{"preview": "x"} | fields)

    assert response.status_code == status
    assert text in response.text
    assert 'role="alert"' in response.text
    assert "<script>alert" not in response.text
    assert owner() == office[0]


def test_the_move_from_an_unknown_customer_is_404(steward):
    assert steward.get(move_path("cus_nobody", "email:jane@acme.com")).status_code == 404


def test_the_last_identifier_is_warned_of(steward, bob, unique):
    page = steward.get(move_path(bob, f"email:robert.{unique}@acme.com"))

    assert "The Customer keeps no Identifier." in page.text
