"""The pages of data stewards: conflicts, comparison, merge, split, undo, and the audit log."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest
from neo4j import Query

from app.access import api_keys
from app.domain import pagination
from app.graph import statements
from app.http.web.merge import CHANGED, UNCONFIRMED
from app.http.web.split import CHANGED as PREVIEW_CHANGED
from app.http.web.split import MAX_TOUCHPOINTS
from app.identity.merges import ALREADY_UNDONE
from tests.support import http_client
from tests.support.identity_conflicts import Position, conflict_id
from tests.support.pages import Parsed, hidden, text_of
from tests.support.plans import database_hits

pytest_plugins = ["tests.support.stewarding"]

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{ 7 * 7 }}{% raw %}",
    "</textarea></form>&lt;b&gt;",
    "\u202egnp.exe",
    "w" * 900,
]


@pytest.fixture
def dismiss(steward, path):
    def send(reason="two people", client=steward, **headers):
        data = {"action": "dismiss", "reason": reason}
        return client.post(path, data=data, headers=headers)

    return send


@pytest.fixture
def mark(steward, path, phone):
    """Sends the form that marks the phone, with the token of a page or another one."""

    def send(review=None, action="mark", reason="an office", identifier=None, client=steward):
        review = review or hidden(client.get(path), "review")
        fields = {"action": action, "identifier": identifier or f"phone:{phone}"}
        return client.post(path, data=fields | {"reason": reason, "review": review})

    return send


@pytest.fixture
def merge(steward, path, two):
    def send(survivor=two[0], other=two[1], reason="one person", **fields):
        data = {"survivor": survivor, "from": other, "reason": reason} | fields
        return steward.post(f"{path}/merge", data=data)

    return send


@pytest.fixture
def split(steward, office):
    """Sends the form of a split, as its preview has it."""
    customer, phone = office

    def send(action="split", shared=(phone,), reason="an office", preview=None):
        if preview is None:
            page = steward.post(
                f"/customers/{customer}/split", data={"shared": list(shared), "action": "preview"}
            )
            preview = hidden(page, "preview")
        data = {"shared": list(shared), "reason": reason, "action": action, "preview": preview}
        return steward.post(f"/customers/{customer}/split", data=data)

    return send


def undo_link(page):
    return next(link for link in Parsed(page.text).links if "/undo?" in link)


def test_the_list_has_both_customers_by_name_and_their_evidence(steward, two, path, unique, phone):
    # Other tests have conflicts, too: the page that begins here.
    cursor = pagination.encode(Position(2.7, f"{conflict_id(*two)}~phone~"))
    page = steward.get("/conflicts", params={"cursor": cursor})
    (seen,) = (card for card in page.text.split("<li class") if path in card)

    text = " ".join(Parsed(f"<li class{seen}").text.split())
    assert f"{unique}@acme.com" in text
    assert phone in text
    assert "Evidence phone Events 3 Strength 2.7 First seen" in text
    assert "4 touchpoints, 1 identifier" in text


def test_a_customer_is_named_by_its_strongest_identifier(steward, ingest, two, path, unique):
    ingest(customer=two[1], email=f"other.{unique}@acme.com")

    assert f"other.{unique}@acme.com" in text_of(steward.get(path)).partition("Open identity")[0]


def test_the_comparison_has_identifiers_evidence_events_and_touchpoints(
    steward, path, unique, phone
):
    text = text_of(steward.get(path))

    assert "Open identity conflict" in text
    assert f"phone {phone} belongs to {phone}, came 3 times with {unique}@acme.com" in text
    assert text.count("form_sent with") == 3
    assert "Latest touchpoints" in text
    assert "call_placed" in text


def test_the_two_are_compared_in_either_order(steward, two, path):
    for pair in (f"{two[0]}~{two[1]}", f"{two[1]}~{two[0]}"):
        assert "Open identity conflict" in steward.get(f"/conflicts/{pair}").text


@pytest.mark.parametrize("pair", ["x", "cus_a~cus_b", "~", "a~a", "%3Cscript%3E~b", "x~" * 300])
def test_a_pair_that_does_not_exist_is_a_page_of_an_error(steward, pair):
    response = steward.get(f"/conflicts/{pair}")

    assert response.status_code in (400, 404)
    assert "<script>" not in response.text


def test_customers_without_evidence_can_be_compared(steward, ingest, unique):
    one, other = (ingest(externalId=f"{unique}-{n}")["customerId"] for n in range(2))

    text = text_of(steward.get(f"/conflicts/{one}~{other}"))

    assert "No event carried identifiers of both customers." in text
    assert "Dismiss" not in text


@pytest.mark.parametrize("path_of", ["/conflicts?cursor=%3Cb%3E", "/audit?cursor=%3Cb%3E"])
def test_an_invalid_cursor_is_a_page_of_an_error(steward, path_of):
    response = steward.get(path_of)

    assert response.status_code == 400
    assert "must be the nextCursor of a page" in response.text


def test_without_context_read_no_personal_data_of_the_customers_is_shown(
    browser, make_key, path, unique
):
    page = browser(make_key(api_keys.IDENTITY_READ)).get(path)

    assert page.status_code == 200
    assert f"{unique}@acme.com" not in page.text
    assert "Latest touchpoints" not in page.text
    assert not [link for link in Parsed(page.text).links if link.startswith(("/customers", "/ev"))]


def test_a_key_that_may_not_decide_is_offered_no_decision(reader, path, office, dismiss):
    dismiss()
    for page in ("/conflicts", path, "/audit", f"/customers/{office[0]}"):
        parsed = Parsed(reader.get(page).text)
        forms = [link for link in parsed.links if link.endswith(("/merge", "/split", path))]
        assert (forms, [link for link in parsed.links if "/undo" in link]) == ([], [])
        assert "textarea" not in [tag for tag, _ in parsed.markup]


def test_a_key_without_the_scope_has_no_navigation_to_the_pages(browser, make_key):
    links = Parsed(browser(make_key(api_keys.CONTEXT_READ)).get("/").text).links

    assert not {"/conflicts", "/audit"} & set(links)


@pytest.mark.parametrize("page", ["/conflicts", "/audit", "/conflicts/a~b"])
def test_pages_without_identity_read_are_403(browser, make_key, page):
    assert browser(make_key(api_keys.CONTEXT_READ)).get(page).status_code == 403


def test_forms_of_a_key_that_may_not_decide_are_403_and_change_nothing(
    reader, steward, two, path, office, dismiss, decisions
):
    dismiss()
    undo = undo_link(steward.get(path)).partition("?")[0]
    before = decisions(two[0])
    for target in (path, f"{path}/merge", f"/customers/{office[0]}/split", undo):
        response = reader.post(target, data={"action": "dismiss", "reason": "x"})
        assert response.status_code == 403
        assert "lacks the required scope identity:write" in response.text
    for target in (f"{path}/merge", f"/customers/{office[0]}/split", undo):
        assert reader.get(target).status_code == 403

    assert decisions(two[0]) == before
    assert decisions(office[0]) == []


def test_without_a_login_a_form_leads_to_it_and_changes_nothing(address, path, two, decisions):
    response = http_client.post(
        f"{address}{path}", data={"action": "dismiss", "reason": "x"}, follow_redirects=False
    )

    assert response.status_code == 303
    assert response.headers["location"] == f"/login?next={quote(path, safe='')}"
    assert decisions(two[0]) == []


def test_a_dismissal_is_shown_with_its_reason_and_its_undo(steward, path, dismiss, two, decisions):
    response = dismiss("a couple")

    assert (response.status_code, response.headers["location"]) == (303, path)
    text = text_of(steward.get(path))
    assert "Dismissed: two people" in text
    assert "a couple" in text
    assert decisions(two[0]) == ["NOT_SAME_AS"]


def test_a_repeated_dismissal_shows_the_first(steward, path, dismiss, two, decisions):
    dismiss("the first")
    dismiss("the second")

    text = text_of(steward.get(path))
    assert ("the first" in text, "the second" in text) == (True, False)
    assert decisions(two[0]) == ["NOT_SAME_AS"]


@pytest.mark.parametrize("reason", ["", " \r\n ", "x" * 1001])
def test_a_dismissal_without_a_good_reason_is_asked_for_again(dismiss, two, decisions, reason):
    response = dismiss(reason)

    assert response.status_code == 400
    assert reason.strip() in response.text
    assert 'role="alert"' in response.text
    assert decisions(two[0]) == []


def test_a_reason_of_the_full_length_is_taken_with_the_line_breaks_of_a_browser(dismiss):
    assert dismiss("👩" * 998 + "\r\nx").status_code == 303


def test_a_dismissal_of_customers_merged_meanwhile_shows_the_merge(dismiss, merge):
    merge(reason="by another steward")

    response = dismiss()

    assert response.status_code == 404
    assert "by another steward" in response.text
    assert "Undo the merge" in response.text


def test_a_shared_mark_is_made_once_however_often_the_form_is_sent(
    steward, path, mark, two, decisions
):
    review = hidden(steward.get(path), "review")
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: mark(review), range(4)))

    assert {response.status_code for response in responses} == {303}
    assert decisions(two[1]) == ["REVIEWED"]
    assert "Remove the mark" in steward.get(path).text


def test_a_mark_is_removed_on_the_same_page(steward, path, mark):
    mark()
    mark(action="unmark", reason="one person")

    assert "Mark as shared" in steward.get(path).text


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"reason": ""}, 400),
        ({"review": "rev_x"}, 400),
        ({"identifier": "phone:+14155550000"}, 404),
        ({"identifier": "colour:red"}, 400),
        ({"identifier": "shared:true"}, 400),
        ({"action": "erase"}, 400),
    ],
)
def test_a_mark_that_cannot_be_made_shows_why_and_keeps_the_reason(
    mark, two, decisions, fields, status
):
    response = mark(**{"reason": "my reason"} | fields)

    assert response.status_code == status
    assert 'role="alert"' in response.text
    assert decisions(two[1]) == []


def test_a_failed_mark_keeps_the_reason_in_its_form(mark):
    page = mark(review="rev_x", reason="my reason").text

    assert ">my reason</textarea>" in page
    assert "<details open>" in page


def test_the_preview_of_a_merge_shows_what_survives_and_what_moves(steward, path, two, unique):
    text = text_of(steward.get(f"{path}/merge?survivor={two[1]}"))

    assert "Survives" in text
    assert f"1 identifier and 4 touchpoints of {unique}@acme.com move to" in text


def test_a_merge_leads_to_the_comparison_with_its_undo(steward, path, merge, two, decisions):
    response = merge(reason="the same <person>")

    assert (response.status_code, response.headers["location"]) == (303, path)
    page = steward.get(path)
    assert '<bdi class="value">the same &lt;person&gt;</bdi>' in page.text
    assert f"merged {two[1]} into {two[0]}" in text_of(page)
    assert decisions(two[1]) == ["MERGED_INTO"]


def test_the_other_customer_may_survive(steward, path, merge, two):
    merge(two[1], two[0])

    assert f"merged {two[0]} into {two[1]}" in text_of(steward.get(path))


def test_a_repeated_merge_shows_the_first(merge, two, decisions):
    merge(reason="the first")

    response = merge(reason="the second")

    assert response.status_code == 409
    assert "The Customers are already merged." in response.text
    assert ("the first" in response.text, "the second" in response.text) == (True, False)
    assert decisions(two[1]) == ["MERGED_INTO"]


def test_merges_at_once_are_one_and_the_others_show_it(merge, two, decisions):
    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(lambda _: merge(), range(6)))

    assert sorted(response.status_code for response in responses) == [303, *[409] * 5]
    assert all("Undo the merge" in page.text for page in responses if page.status_code == 409)
    assert decisions(two[1]) == ["MERGED_INTO"]


def test_warnings_must_be_confirmed_and_the_reason_stays(merge, dismiss, two, decisions):
    dismiss()

    response = merge(reason="my reason")

    assert response.status_code == 400
    assert UNCONFIRMED in response.text
    assert ">my reason</textarea>" in response.text
    assert decisions(two[1]) == ["NOT_SAME_AS"]
    assert merge(confirmed="dismissed").status_code == 303


def test_a_merge_without_a_reason_keeps_the_confirmed_warnings(merge, dismiss):
    dismiss()

    response = merge(reason="", confirmed="dismissed")

    assert response.status_code == 400
    assert 'value="dismissed" required checked' in response.text


def test_a_customer_that_changed_meanwhile_is_previewed_again(
    steward, merge, ingest, two, unique, path
):
    third = ingest(externalId=unique)["customerId"]
    steward.post(
        f"/conflicts/{two[1]}~{third}/merge",
        data={"survivor": third, "from": two[1], "reason": "x", "confirmed": "no_evidence"},
    )

    response = merge()

    assert response.status_code == 409
    assert CHANGED in response.text
    assert f'name="from" value="{third}"' in response.text


def test_the_preview_of_merged_customers_leads_to_their_comparison(steward, merge, path):
    merge()

    response = steward.get(f"{path}/merge")

    assert (response.status_code, response.headers["location"]) == (303, path)


@pytest.mark.parametrize("kind", ["merge", "dismissal", "split"])
def test_a_decision_is_undone_once_and_leads_back(steward, path, merge, dismiss, split, kind):
    decided = {"merge": merge, "dismissal": dismiss, "split": split}[kind]()
    link = undo_link(steward.get(decided.headers["location"] if kind == "split" else path))
    undo, target = link.partition("?")[0], hidden(steward.get(link), "next")

    first = steward.post(undo, data={"next": target, "reason": "a mistake"})
    again = steward.post(undo, data={"next": target})

    assert (first.status_code, first.headers["location"]) == (303, target)
    # The use case returns the first undo of a dismissal again.
    assert again.status_code == (303 if kind == "dismissal" else 409)
    page = steward.get(undo)
    assert f"The {kind} is undone." in page.text
    assert "textarea" not in page.text


def test_a_repeated_undo_of_a_merge_shows_it(steward, path, merge):
    merge()
    undo = undo_link(steward.get(path)).partition("?")[0]
    steward.post(undo, data={"reason": ""})

    assert ALREADY_UNDONE in steward.post(undo, data={"reason": ""}).text


@pytest.mark.parametrize("target", ["https://x.y/", "//x.y/", "/\\x.y", "javascript:alert(1)", ""])
def test_an_undo_leads_to_no_other_site(steward, path, dismiss, target):
    dismiss()
    undo = undo_link(steward.get(path)).partition("?")[0]

    assert hidden(steward.get(undo, params={"next": target}), "next") in ("/", "/audit")
    assert steward.post(undo, data={"next": target}).headers["location"] in ("/", "/audit")


def test_the_reason_of_an_undo_that_is_too_long_stays(steward, path, dismiss):
    dismiss()
    undo = undo_link(steward.get(path)).partition("?")[0]

    response = steward.post(undo, data={"reason": "x" * 1001})

    assert (response.status_code, "x" * 1001 in response.text) == (400, True)


@pytest.mark.parametrize("id_", ["mrg_x", "spl_x", "dsm_x", "x", "%3Cscript%3E", "x" * 300])
def test_the_undo_of_no_decision_is_a_page_of_an_error(steward, id_):
    for response in (steward.get(f"/audit/{id_}/undo"), steward.post(f"/audit/{id_}/undo")):
        assert response.status_code in (400, 404, 415)
        assert "<script>" not in response.text


def test_a_split_is_previewed_and_then_made_as_previewed(steward, split, office, unique, decisions):
    before = text_of(steward.get(f"/customers/{office[0]}/split"))
    preview = text_of(split("preview"))
    response = split()

    assert "The events connect all identifiers." in before
    assert f"New customer 1 email bob.{unique}@acme.com 1 touchpoint" in preview
    assert response.headers["location"] == f"/audit?customer={office[0]}"
    assert decisions(office[0]) == ["SPLIT_FROM"]


@pytest.fixture
def busy(cypher, unique):
    """Two people of one Customer, with many Touchpoints of the first and an older one of both."""

    def make(older, count=MAX_TOUCHPOINTS):
        cypher(
            """
            CREATE (c:Customer {id: $id, createdAt: datetime.fromepoch(0, 0)})
            FOREACH (name IN ['ann', 'bob'] |
              CREATE (:Identifier {kind: 'email', value: name + $id, weight: 1.0})
                -[:IDENTIFIES {since: datetime.fromepoch(size(name), 0)}]->(c))
            WITH c UNWIND range(0, $count) AS n
            CREATE (c)-[:HAS_TOUCHPOINT]->(:Touchpoint {
              id: $id + '/' + n, customerId: $id, timestamp: '', event: 'x', resolvedBy: 'email',
              occurredAt: datetime.fromepoch(n, 0), receivedAt: datetime.fromepoch(n, 0),
              identifiers: CASE n WHEN 0 THEN $older ELSE ['email:ann' + $id] END, properties: '{}'
            })
            """,
            id=f"cus_{unique}",
            count=count,
            older=[f"email:{name}cus_{unique}" for name in older],
        )
        return f"/customers/cus_{unique}/split"

    return make


def test_the_first_preview_of_many_touchpoints_has_the_latest_and_offers_all(steward, busy):
    page = steward.get(busy(["bob"]))

    text = text_of(page)
    assert f"From the latest {MAX_TOUCHPOINTS:,} of {MAX_TOUCHPOINTS + 1:,} touchpoints." in text
    assert "0 touchpoints of the latest" in text
    assert 'value="split"' not in page.text


def test_the_preview_of_all_touchpoints_counts_them_and_splits(steward, busy):
    path = busy(["bob"])

    page = steward.post(path, data={"action": "preview"})

    assert f"{MAX_TOUCHPOINTS:,} touchpoints" in text_of(page)
    assert "of the latest" not in page.text
    data = {"action": "split", "reason": "two", "preview": hidden(page, "preview")}
    assert steward.post(path, data=data).status_code == 303


def test_an_older_touchpoint_connects_in_the_preview_of_all(steward, busy):
    path = busy(["ann", "bob"])

    page = steward.post(path, data={"action": "preview"})

    assert "The events connect all identifiers." in page.text


def test_a_preview_of_the_latest_splits_nothing(steward, busy, decisions, unique):
    path = busy(["ann", "bob"])
    preview = hidden(steward.get(path), "preview")

    data = {"action": "split", "reason": "two", "preview": preview}

    assert steward.post(path, data=data).status_code == 409
    assert decisions(f"cus_{unique}") == []


def test_the_evidence_of_the_latest_costs_the_same_for_many_touchpoints(
    busy, driver, database, unique, cypher
):
    def cost():
        statement = statements.load("read")["split_evidence"]
        query = Query(f"CYPHER replan=force PROFILE {statement.text}")  # pyright: ignore[reportArgumentType]
        with driver.session(database=database.name) as session:
            result = session.run(query, {"customer": f"cus_{unique}", "scan": 10})
            return database_hits(result.consume().profile)

    busy(["bob"], 5000)
    many = cost()
    cypher(
        "MATCH (t:Touchpoint {customerId: $id}) WHERE t.occurredAt < datetime.fromepoch(4900, 0) "
        "DETACH DELETE t",
        id=f"cus_{unique}",
    )

    assert cost() == many


def test_a_split_with_another_preview_is_previewed_again(split, office, decisions):
    response = split(preview="another")

    assert response.status_code == 409
    assert PREVIEW_CHANGED in response.text
    assert ">an office</textarea>" in response.text
    assert decisions(office[0]) == []


def test_splits_at_once_make_one_and_the_others_show_why(steward, split, office, decisions):
    preview = hidden(split("preview"), "preview")
    with ThreadPoolExecutor(4) as pool:
        responses = list(pool.map(lambda _: split(preview=preview), range(4)))

    assert sorted(response.status_code for response in responses) == [303, 409, 409, 409]
    assert decisions(office[0]) == ["SPLIT_FROM"]


@pytest.mark.parametrize(
    "fields",
    [{"reason": ""}, {"shared": ["phone:+1"]}, {"shared": [f"phone:{n}" for n in range(101)]}],
)
def test_a_split_that_cannot_be_made_shows_why(split, office, decisions, fields):
    response = split(**{"preview": "x"} | fields)

    assert response.status_code == 400
    assert 'role="alert"' in response.text
    assert decisions(office[0]) == []


def test_the_split_of_an_unknown_customer_is_404(steward):
    assert steward.get("/customers/cus_nobody/split").status_code == 404


def test_the_audit_log_of_a_customer_has_its_decisions_latest_first(
    steward, path, merge, dismiss, two, phone
):
    dismiss("two people?")
    steward.post(undo_link(steward.get(path)).partition("?")[0], data={"reason": "no, one"})
    merge(reason="one person")

    text = text_of(steward.get(f"/audit?customer={two[1]}"))

    order = ["one person", "the dismissal was undone", "no, one", "are two people", "two people?"]
    assert sorted(order, key=text.index) == order
    assert f"{phone} was merged into" in text
    assert "Dismissal undone" in text


def test_only_decisions_that_are_not_undone_offer_an_undo(steward, path, merge, dismiss, two):
    dismiss()
    steward.post(undo_link(steward.get(path)).partition("?")[0], data={"reason": ""})
    merge()

    links = Parsed(steward.get(f"/audit?customer={two[0]}").text).links

    assert [link[:11] for link in links if "/undo" in link] == ["/audit/mrg_"]


def test_the_audit_log_turns_its_pages(steward, ingest, unique, cypher):
    customer = ingest(email=f"{unique}@acme.com")["customerId"]
    cypher(
        "MATCH (i:Identifier {value: $value})-[:IDENTIFIES]->(c) UNWIND range(1, 60) AS n "
        "CREATE (i)-[:REVIEWED {id: $id + n, at: datetime.fromepoch(n, 0), by: 'key', shared: true,"
        " reason: 'number ' + n}]->(c)",
        value=f"{unique}@acme.com",
        id=f"rev_{unique}",
    )
    first = steward.get(f"/audit?customer={customer}")
    (older,) = {link for link in Parsed(first.text).links if "cursor=" in link}

    second = text_of(steward.get(older))

    assert ("number 60 " in text_of(first), "number 11 " in text_of(first)) == (True, True)
    assert ("number 10 " in second, "number 1 " in second) == (True, True)


@pytest.mark.parametrize("customer", ["cus_nobody", "<script>", "x" * 200, "a\x00b"])
def test_the_audit_log_of_no_customer_shows_it(steward, customer):
    response = steward.get("/audit", params={"customer": customer})

    assert response.status_code in (400, 404)
    assert "<script>" not in response.text


@pytest.mark.parametrize("text", HOSTILE)
def test_reasons_and_identifiers_are_text_and_never_markup(steward, ingest, unique, text):
    def pages(word):
        key, mail = f"{word[:200]}{unique}", f"{len(word)}{unique}@acme.com"
        one = ingest(email=mail)["customerId"]
        other = ingest(externalId=key, event=word[:100])["customerId"]
        ingest(email=mail, externalId=key, event=word[:100])
        path = f"/conflicts/{one}~{other}"
        seen = [steward.get(path), steward.get(f"{path}/merge")]
        seen.append(steward.post(path, data={"action": "dismiss", "reason": "x" * 1001 + word}))
        steward.post(path, data={"action": "dismiss", "reason": word})
        seen.append(steward.get(path))
        seen.append(steward.get(undo_link(seen[-1])))
        seen.append(steward.get(f"/audit?customer={other}"))
        seen.append(steward.get(f"/customers/{other}/split"))
        return [Parsed(page.text).markup for page in seen]

    plain = pages("plain")

    # The service rejects an identifier with an invisible character.
    assert pages(text.replace("\u202e", "\u05d0")) == plain
