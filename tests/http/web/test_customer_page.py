"""The page of a Customer: the filter of its timeline, its identity graph, and its events."""

import html
import re
from html.parser import HTMLParser

import pytest

from app.access import api_keys
from app.customers import profile
from app.customers.timeline import MAX_SCANNED_TOUCHPOINTS
from app.domain.resolution import ResolutionLimits
from app.http.web import identity_graph
from tests.support import http_client
from tests.support.checkout import CHECKOUT

pytest_plugins = ["tests.support.rare", "tests.support.stewarding"]


@pytest.fixture(scope="module")
def person(browser, make_key):
    """The browser of a user who may read Customers."""
    return browser(make_key(api_keys.CONTEXT_READ))


@pytest.fixture
def week(ingest, unique):
    """A Customer with two events a day of the first week of April 2026: `met` and `called`."""
    events = [
        {"event": name, "externalId": unique, "timestamp": f"2026-04-0{day}T{hour}:00:00Z"}
        for day in range(1, 8)
        for name, hour in (("met", "00"), ("called", "23"))
    ]
    return ingest(events)["results"][0]["customerId"]


def shown(person, path):
    """The events on a page: their names with their times."""
    text = person.get(path).text
    times = re.findall(r'class="time"[^>]*datetime="([^"]*)"', text)
    names = re.findall(r'<p class="event"><bdi>(.*?)</bdi>', text)
    return [f"{name} {time[8:13]}" for name, time in zip(names, times, strict=True)]


def test_the_timeline_is_filtered_by_event_name(person, week):
    events = shown(person, f"/customers/{week}?event=met")

    assert events == [f"met 0{day}T00" for day in range(7, 0, -1)]


def test_the_last_day_of_the_filter_counts_to_its_end(person, week):
    events = shown(person, f"/customers/{week}?from=2026-04-02&to=2026-04-03")

    assert events == ["called 03T23", "met 03T00", "called 02T23", "met 02T00"]


def test_a_timestamp_as_the_end_of_the_filter_is_exclusive(person, week):
    path = f"/customers/{week}?from=2026-04-01T22:00:00Z&to=2026-04-02T23:00:00Z"

    assert shown(person, path) == ["met 02T00", "called 01T23"]


def test_the_form_has_the_filter_of_the_url(person, week):
    text = person.get(f"/customers/{week}?event=met&from=2026-04-02T22:00:00Z&to=2026-04-05").text

    assert '<input name="event" value="met"' in text
    assert 'name="from" value="2026-04-02" data-at="2026-04-02T22:00:00Z"' in text
    assert 'name="to" value="2026-04-05" data-at="2026-04-06T00:00:00Z"' in text


def test_the_form_suggests_the_event_names_of_the_customer(person, week):
    text = person.get(f"/customers/{week}").text

    assert re.findall(r'<option value="(.*?)">', text) == ["called", "met"]


def test_each_event_name_links_to_its_events(person, week):
    text = person.get(f"/customers/{week}?to=2026-04-03").text

    assert f'href="/customers/{week}?event=met&amp;to=2026-04-03#timeline"' in text


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("from=yesterday", "from", "must be a day, YYYY-MM-DD, or an ISO 8601 timestamp"),
        ("to=2026-02-30", "to", "must be a day, YYYY-MM-DD, or an ISO 8601 timestamp"),
        ("from=2026-W10-1", "from", "must be a day, YYYY-MM-DD, or an ISO 8601 timestamp"),
        ("from=2026-04-03&to=2026-04-01", "to", "must not be before the first day"),
    ],
)
def test_an_invalid_filter_is_400_with_the_page_of_the_customer(
    person, week, query, field, message
):
    response = person.get(f"/customers/{week}?event=met&{query}")

    assert response.status_code == 400
    assert f"<code>{field}</code> {message}" in response.text
    assert '<input name="event" value="met"' in response.text
    assert week in response.text


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_the_filter_takes_the_last_and_the_first_day(person, week, day):
    assert person.get(f"/customers/{week}?from={day}").status_code == 200
    assert person.get(f"/customers/{week}?to={day}").status_code == 200


def test_a_filter_without_a_match_shows_that_nothing_matches(person, week):
    assert "No touchpoints match." in person.get(f"/customers/{week}?event=left").text


def test_older_touchpoints_keep_the_filter(person, ingest, unique):
    events = [{"event": f"e{n % 2}", "externalId": unique} for n in range(120)]
    page = f"/customers/{ingest(events)['results'][0]['customerId']}?event=e1"
    seen = []
    while page:
        text = person.get(page).text
        seen += re.findall(r'<p class="event"><bdi>(.*?)</bdi>', text)
        link = re.search(r'class="older"><a href="([^"]*)"', text)
        page = link and html.unescape(link[1])

    assert seen == ["e1"] * 60


def test_a_filter_keeps_a_name_of_markup_and_spaces(person, ingest, unique):
    name = ' <script>"&+ '
    customer = ingest(externalId=unique, event=name)["customerId"]
    link = re.search(r'href="([^"]*)#timeline"><bdi>', person.get(f"/customers/{customer}").text)
    assert link

    text = person.get(html.unescape(link[1])).text

    assert "<script>&#34;" not in text
    assert re.findall(r'<p class="event"><bdi>(.*?)</bdi>', text) == [" &lt;script&gt;&#34;&amp;+ "]


def rows(text):
    """The rows of the first table of properties: paths and values as text."""
    table = re.search(r'<table class="properties">(.*?)</table>', text, re.DOTALL)
    assert table
    found = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td>', table[1], re.DOTALL)
    return [tuple(html.unescape(re.sub(r"<.*?>", "", cell)) for cell in row) for row in found]


def test_properties_are_a_table_with_a_row_for_each_path(person, client, unique):
    properties = (
        '{"url": "/pricing", "amount": 12345678901234567890.10, "utm": {"source": "mail"},'
        ' "tags": ["a", true, null], "items": [{"sku": "x"}], "none": [], "url": ""}'
    )
    body = f'{{"event": "x", "externalId": "{unique}", "properties": {properties}}}'
    response = client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    assert rows(person.get(f"/customers/{response.json()['customerId']}").text) == [
        ("url", "/pricing"),
        ("amount", "12345678901234567890.10"),
        ("utm.source", "mail"),
        ("tags", "a, true, null"),
        ("items[0].sku", "x"),
        ("none", "[]"),
        ("url", "empty text"),
    ]


def test_a_long_value_is_cut_in_the_table_and_whole_in_the_json(person, ingest, unique):
    customer = ingest(externalId=unique, properties={"long": "w" * 5000})["customerId"]

    text = person.get(f"/customers/{customer}").text

    assert rows(text) == [("long", "w" * 500 + "…")]
    assert "w" * 5000 in text


def test_an_event_of_many_properties_has_as_many_rows(person, ingest, unique):
    properties = {f"key_{number}": number for number in range(250)}
    customer = ingest(externalId=unique, properties=properties)["customerId"]

    found = rows(person.get(f"/customers/{customer}").text)

    assert found == [(name, str(value)) for name, value in properties.items()]


def test_a_control_character_in_a_property_is_visible(person, ingest, unique):
    customer = ingest(externalId=unique, properties={"text": "a\u0001b"})["customerId"]

    assert rows(person.get(f"/customers/{customer}").text) == [("text", "a␁b")]


def test_the_explanation_of_an_event_has_its_properties_and_its_json(person, ingest, unique):
    event = ingest(externalId=unique, properties={"url": "/pricing"})["eventId"]

    text = person.get(f"/events/{event}").text

    assert rows(text) == [("url", "/pricing")]
    assert f'"eventId": "{event}"' in html.unescape(text)


def test_a_bounded_search_shows_how_far_it_went_and_continues(person, rare):
    text = person.get(f"/customers/{rare}?event=rare").text

    assert 'Searched back to <time datetime="2026-01-01T00:01:00Z">' in text
    link = re.search(r'<a href="([^"]*)"[^>]*>Search older touchpoints', text)
    assert link
    assert shown(person, html.unescape(link[1])) == ["rare 01T00"]


class Graph(HTMLParser):
    """The first graph of a page: its boxes as lists of texts, its links, and its kinds of lines."""

    def __init__(self, page):
        super().__init__()
        self.boxes, self.links, self.edges, self.is_open, self.is_text = [], [], [], False, False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        kind = (found.get("class") or "").split()
        if tag == "svg" and "graph" in kind:
            self.is_open = "across" in kind
        if not self.is_open:
            return
        if tag == "g":
            self.boxes.append([kind[1]])
        if tag == "path":
            self.edges.append(kind[1])
        if tag == "a":
            self.links.append(found["href"])
        self.is_text = tag in ("text", "tspan")

    def handle_data(self, data):
        if self.is_open and self.is_text and data.strip():
            self.boxes[-1].append(data.strip())

    def of(self, kind):
        """The texts of the boxes of a kind."""
        return [box[1:] for box in self.boxes if box[0] == kind]


@pytest.fixture(scope="module")
def graph(person):
    """The identity graph of a Customer, as a user of `context:read` has it, or another browser."""

    def drawn(customer, client=person):
        return Graph(client.get(f"/customers/{customer}").text)

    return drawn


def test_the_graph_of_a_customer_with_one_identifier_has_two_boxes(graph, ingest, unique):
    drawn = graph(ingest(externalId=unique)["customerId"])

    assert [box[0] for box in drawn.boxes] == ["customer", "identifier"]
    assert drawn.edges == ["identifier"]


def test_an_identifier_has_the_days_since_it_was_attached_and_last_seen(
    graph, ingest, unique, cypher
):
    customer = ingest(externalId=unique, timestamp="2026-04-29T10:14:32Z")["customerId"]
    cypher(
        """
        MATCH (:Identifier {value: $value})-[identifies]->()
        SET identifies.since = datetime('2026-04-01T00:00:00Z')
        """,
        value=unique,
    )

    assert graph(customer).of("identifier") == [
        ["externalId", unique, "since", "2026-04-01", "last seen", "2026-04-29"]
    ]


def test_a_shared_identifier_is_marked(graph, ingest, unique, cypher, person):
    customer = ingest(externalId=unique)["customerId"]
    cypher("MATCH (i:Identifier {value: $value}) SET i.shared = datetime()", value=unique)

    assert graph(customer).of("identifier")[0][0] == "externalId, shared"
    assert '<span class="badge">shared</span>' in person.get(f"/customers/{customer}").text


def test_the_limit_of_a_kind_is_shown_once_it_is_reached(person, ingest, unique):
    customer = ingest(email=f"{unique}@acme.com")["customerId"]
    before = person.get(f"/customers/{customer}").text
    ingest(
        [
            {"event": "x", "customer": customer, "email": f"{unique}-{n}@acme.com"}
            for n in range(ResolutionLimits().email - 1)
        ]
    )
    after = person.get(f"/customers/{customer}").text

    notice = "The limit of 100 identifiers of the kind email is reached"
    assert (notice in before, notice in after) == (False, True)


def test_of_many_identifiers_the_graph_has_some_and_the_number_of_the_others(graph, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]
    ingest(
        [{"event": "x", "customer": customer, "externalId": f"{unique}-{n}"} for n in range(300)]
    )

    drawn = graph(customer)

    assert len(drawn.of("identifier")) == 5
    assert drawn.of("more") == [["296 more identifiers"]]
    assert drawn.links == ["#identifiers"]


@pytest.fixture
def merge(address, steward_key):
    """Merges a Customer into another; returns the ID of the merge."""

    def run(survivor, other):
        response = http_client.post(
            f"{address}/v1/customers/{survivor}/merge",
            headers={"X-API-Key": steward_key},
            json={"from": other, "reason": "one person"},
        )
        return http_client.ok_json(response)["mergeId"]

    return run


def test_a_merged_customer_is_drawn_with_its_identifiers_and_the_undo_of_its_merge(
    graph, ingest, unique, merge, steward
):
    survivor = ingest(externalId=f"a-{unique}")["customerId"]
    other = ingest(externalId=f"b-{unique}")["customerId"]
    id_ = merge(survivor, other)

    drawn = graph(survivor, steward)

    ((label, day, shown, undo),) = drawn.of("merge")
    assert (label, shown, undo) == ("merged", f"{other[:20]}…", "Undo the merge")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)
    assert drawn.of("identifier")[-1] == ["externalId", f"b-{unique}"]
    assert drawn.links == [f"/audit/{id_}/undo?next=%2Fcustomers%2F{survivor}"]


def test_the_list_of_merges_names_each_merge(person, ingest, unique, merge):
    survivor = ingest(externalId=f"a-{unique}")["customerId"]
    id_ = merge(survivor, ingest(externalId=f"b-{unique}")["customerId"])

    assert f"merge <code>{id_}</code>" in person.get(f"/customers/{survivor}").text


def test_without_the_scope_no_merge_is_undone_from_the_graph(graph, ingest, unique, merge):
    survivor = ingest(externalId=f"a-{unique}")["customerId"]
    merge(survivor, ingest(externalId=f"b-{unique}")["customerId"])

    assert graph(survivor).links == []


def test_a_merge_into_a_merged_customer_shows_which(graph, ingest, unique, merge):
    a, b, c = (ingest(externalId=f"{name}-{unique}")["customerId"] for name in "abc")
    merge(b, c)
    merge(a, b)

    merges = {box[2]: box[3:] for box in graph(a).of("merge")}

    assert merges == {f"{b[:20]}…": [], f"{c[:20]}…": [f"into {b[:20]}…"]}


def test_an_open_conflict_is_drawn_with_its_evidence(graph, two, phone, steward):
    one, other = two

    drawn = graph(one, steward)

    ((label, name, evidence, last, _, link),) = drawn.of("conflict")
    assert (label, name, evidence) == ("maybe the same person", phone, "phone: 3 events")
    assert (last, link) == ("last", "Compare")
    assert drawn.links == [f"/conflicts/{one}~{other}"]


def test_without_the_scope_a_conflict_leads_to_the_other_customer(graph, two):
    one, other = two

    assert graph(one).links == [f"/customers/{other}"]


def test_a_dismissed_conflict_is_not_drawn(graph, two, path, steward):
    one, _ = two
    response = steward.post(path, data={"action": "dismiss", "reason": "two people"})
    assert response.status_code == 303

    assert graph(one, steward).of("conflict") == []


def test_a_conflict_with_a_merged_customer_is_one_with_the_surviving_one(
    graph, two, ingest, unique, merge
):
    one, other = two
    survivor = ingest(externalId=unique)["customerId"]
    merge(survivor, other)

    assert graph(one).links == [f"/customers/{survivor}"]


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", '"><img src=x>', "' onload='x"])
def test_a_name_is_text_in_the_graph(person, ingest, unique, name):
    customer = ingest(externalId=f"{name}{unique}")["customerId"]

    text = person.get(f"/customers/{customer}").text

    assert name not in text
    assert "<img src=x" not in text


def test_the_how_to_has_the_limits_of_the_code():
    text = " ".join((CHECKOUT / "docs/how-to/identity/read-a-customer.md").read_text().split())

    assert (
        f"the {identity_graph.MAX_IDENTIFIERS} strongest identifiers, the "
        f"{identity_graph.MAX_MERGES} latest merges and the "
        f"{identity_graph.MAX_CONFLICTS} strongest conflicts" in text
    )
    assert (
        f"at most {profile.MAX_IDENTIFIERS} identifiers, {profile.MAX_MERGES} merges and "
        f"{profile.MAX_CONFLICTS} conflicts" in text
    )
    assert f"the last {profile.MAX_COUNTED_TOUCHPOINTS} Touchpoints" in text
    assert f"searches {MAX_SCANNED_TOUCHPOINTS:,} Touchpoints" in text
