"""The pages: the login, the search box and a Customer's timeline, as HTML."""

import html
import re
from html.parser import HTMLParser
from urllib.parse import parse_qs, urlsplit

import pytest
from markupsafe import escape

from app import errors
from app.access import api_keys
from app.access.authenticator import INVALID_KEY
from app.customers.profile import MAX_COUNTED_TOUCHPOINTS
from app.http.web.templates import error_page
from app.settings import Settings
from tests.support import http_client
from tests.support.server import serving, wait_until_ready

PAGES = [
    "/",
    "/search?q=x",
    "/customers/cus_x",
    "/customers/cus_x/timeline?cursor=x",
    "/events/evt_x",
]

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "{{ 7 * 7 }}{% raw %}",
    "</pre></details>&lt;b&gt;",
]

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


@pytest.fixture(scope="module")
def reading_key(make_key):
    return make_key(api_keys.CONTEXT_READ)


@pytest.fixture
def stranger(address):
    """A browser without a cookie."""
    with http_client.Client(base_url=address, timeout=30) as client:
        yield client


@pytest.fixture
def person(address, reading_key):
    """A browser that has logged in."""
    with http_client.Client(base_url=address, timeout=30) as client:
        log_in(client, reading_key)
        yield client


class Parsed(HTMLParser):
    """A page as a browser reads it: its elements with the names of their attributes, its text.

    The text is without that of the boxes of a graph, which is cut.
    """

    def __init__(self, page):
        super().__init__()
        self.markup, self.links, self.text, self.is_cut = [], [], "", False
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.is_cut = tag in ("text", "tspan")
        self.markup.append((tag, [name for name, _ in attrs]))
        self.links += [value for name, value in attrs if name in ("href", "src", "action")]

    def handle_data(self, data):
        if not self.is_cut:
            self.text += data


def log_in(client, key, target="/", **headers):
    return client.post("/login", data={"key": key, "next": target}, headers=headers)


def whereto(response):
    return response.status_code, response.headers["location"]


@pytest.mark.parametrize("page", PAGES)
def test_without_a_cookie_a_page_leads_to_the_login_and_back(stranger, page):
    status, location = whereto(stranger.get(page))

    assert (status, urlsplit(location).path) == (303, "/login")
    assert parse_qs(urlsplit(location).query) == {"next": [page]}


def test_the_api_key_is_stored_in_a_cookie_that_no_script_reads_and_no_site_sends(
    stranger, reading_key
):
    cookie = log_in(stranger, reading_key).headers["set-cookie"].lower().split("; ")

    assert {"httponly", "samesite=strict", "path=/", "max-age=43200"} < set(cookie)
    assert "secure" not in cookie


def test_over_https_the_cookie_is_sent_over_https_alone(stranger, reading_key):
    response = log_in(stranger, reading_key, **{"X-Forwarded-Proto": "https"})

    assert "secure" in response.headers["set-cookie"].lower().split("; ")


def test_whitespace_around_a_pasted_key_does_not_matter(stranger, reading_key):
    assert whereto(log_in(stranger, f"  {reading_key}\r\n")) == (303, "/")


@pytest.mark.parametrize(
    "key", ["", "nonsense", "<script>", pytest.param(api_keys.generate(), id="unknown")]
)
def test_a_key_that_is_not_valid_is_asked_for_again(stranger, key):
    response = log_in(stranger, key, "/customers/cus_x")

    assert (response.status_code, "set-cookie" in response.headers) == (401, False)
    assert INVALID_KEY in response.text
    assert 'value="/customers/cus_x"' in response.text


def test_an_api_key_without_the_scope_to_read_is_rejected(stranger, api_key):
    response = log_in(stranger, api_key)

    assert response.status_code == 403
    assert "lacks the required scope context:read or identity:read or events:read." in response.text


def test_a_page_that_the_scopes_do_not_allow_is_403_for_a_key_that_is_logged_in(stranger, make_key):
    log_in(stranger, make_key(api_keys.IDENTITY_READ))

    response = stranger.get("/customers/cus_x")

    assert response.status_code == 403
    assert "The API key lacks the required scope context:read." in response.text


def test_a_page_never_has_the_key_in_it(stranger, person, reading_key, api_key):
    pages = [log_in(stranger, api_key), log_in(stranger, reading_key), person.get("/")]

    for page in pages:
        assert reading_key not in page.text + page.headers.get("location", "")
        assert api_key not in page.text


@pytest.mark.parametrize("target", ["/", "/customers/cus_x?cursor=abc", "/search?q=a%40b.c"])
def test_the_login_leads_on_to_where_one_wanted_to_go(stranger, reading_key, target):
    assert whereto(log_in(stranger, reading_key, target)) == (303, target)


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example/",
        "/\t/evil.example/",
        "/\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "",
        "evil.example",
    ],
)
def test_the_login_leads_to_no_other_site(stranger, reading_key, target):
    page = stranger.get("/login", params={"next": target})

    assert 'name="next" value="/"' in page.text
    assert whereto(log_in(stranger, reading_key, target)) == (303, "/")


@pytest.mark.parametrize("path", ["/login", "/logout"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_a_form_of_another_site_is_rejected(person, reading_key, path, headers):
    response = person.post(path, data={"key": reading_key}, headers=headers)

    assert (response.status_code, "set-cookie" in response.headers) == (403, False)
    assert "The form was sent from another site." in response.text


def test_a_form_of_our_own_is_taken(stranger, address, reading_key):
    assert log_in(stranger, reading_key, Origin=address).status_code == 303
    assert log_in(stranger, reading_key, **{"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_logging_out_forgets_the_key(person):
    response = person.post("/logout")

    assert whereto(response) == (303, "/login")
    assert "max-age=0" in response.headers["set-cookie"].lower()
    assert person.get("/").status_code == 303


def test_a_revoked_key_leads_back_to_the_login(stranger, make_key, cypher):
    key = make_key(api_keys.CONTEXT_READ)
    cypher("MATCH (k:ApiKey {hash: $hash}) SET k.revokedAt = datetime()", hash=api_keys.digest(key))

    response = stranger.get("/", headers={"Cookie": f"waypath_key={key}"})

    assert urlsplit(response.headers["location"]).path == "/login"


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"key=" + b"x" * 9000, "application/x-www-form-urlencoded", 413),
        (b"key=\xff", "application/x-www-form-urlencoded", 400),
        (b"&".join(b"a=%d" % n for n in range(50)), "application/x-www-form-urlencoded", 400),
        (b'{"key": "x"}', "application/json", 415),
    ],
)
def test_an_unreadable_form_is_rejected_with_a_page(stranger, content, kind, status):
    response = stranger.post("/login", content=content, headers={"Content-Type": kind})

    assert (response.status_code, response.headers["content-type"]) == (
        status,
        "text/html; charset=utf-8",
    )


@pytest.mark.parametrize("path", ["/", "/login", "/search?q=nobody", "/customers/cus_x"])
def test_every_page_runs_our_own_scripts_alone_and_is_not_stored(person, path):
    headers = person.get(path).headers

    assert headers["content-security-policy"] == CSP
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"


def test_no_page_has_a_script_or_a_style_of_its_own(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]

    for path in ("/", "/login", f"/customers/{customer}"):
        text = person.get(path).text
        assert not re.search(r"<script(?! src=\"/static/)|<style|\sstyle=|\son\w+=", text)


def test_browsers_cache_the_assets_of_the_pages(stranger):
    text = stranger.get("/login").text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', text):
        response = stranger.get(address)

        assert response.status_code == 200
        assert "immutable" in response.headers["cache-control"]
        assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["nothing.css", "..%2fpages.py", "%2e%2e/pages.py", ""])
def test_no_other_file_is_sent(stranger, name):
    assert stranger.get(f"/static/{name}").status_code == 404


@pytest.mark.parametrize(
    "text", ["{0}@acme.com", " {0}@ACME.com ", "+1{1}{2}", "({1}) {2}", "crm-{0}", "a@{0}"]
)
def test_the_search_finds_by_any_key(person, ingest, unique, phone, text):
    keys = {"email": f"{unique}@acme.com", "phone": phone, "externalId": f"crm-{unique}"}
    customer = ingest(**keys)["customerId"]
    ingest(customer=customer, externalId=f"a@{unique}")

    response = person.get("/search", params={"q": text.format(unique, phone[2:5], phone[5:])})

    assert whereto(response) == (303, f"/customers/{customer}")


def test_the_search_finds_by_the_customers_id(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]

    assert whereto(person.get("/search", params={"q": customer}))[1] == f"/customers/{customer}"


def test_an_external_id_may_look_like_a_customers_id(person, ingest, unique):
    customer = ingest(externalId=f"cus_{unique}")["customerId"]

    response = person.get("/search", params={"q": f"cus_{unique}"})

    assert whereto(response)[1] == f"/customers/{customer}"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "nobody@x",
        "cus_nobody",
        "+1",
        "x" * 300,
        *(f"{text} of nobody" for text in HOSTILE),
    ],
)
def test_a_search_without_a_match_shows_that_no_customer_matches(person, text):
    response = person.get("/search", params={"q": text})

    assert response.status_code == 404
    assert "No customer matches" in response.text
    assert f'value="{escape(text)}"' in response.text


@pytest.mark.parametrize("customer", ["cus_nobody", "%3Cscript%3E", "a%00b", "x" * 300])
def test_an_unknown_customer_is_a_page_of_its_own(person, customer):
    response = person.get(f"/customers/{customer}")

    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in response.text


def test_an_invalid_cursor_is_rejected_with_a_page(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]

    response = person.get(f"/customers/{customer}?cursor=%3Cb%3E")

    assert (response.status_code, "must be the nextCursor of a page" in response.text) == (
        400,
        True,
    )


def test_the_page_names_the_customer_by_its_strongest_key(person, ingest, unique):
    customer = ingest(externalId=unique, email=f"{unique}@acme.com")["customerId"]

    text = person.get(f"/customers/{customer}").text

    assert f"<h1><bdi>{unique}@<wbr>acme.com</bdi></h1>" in text
    assert f"<code>{customer}</code>" in text


def test_the_page_shows_the_context(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]
    other = ingest(email=f"{unique}@acme.com")["customerId"]
    ingest(email=f"{unique}@acme.com", externalId=unique, event="met")

    text = person.get(f"/customers/{customer}").text

    assert f'<bdi class="value">{unique}</bdi>' in text
    assert f'href="/customers/{other}"' in text
    assert "externalId seen together once" in text
    assert "<bdi>page_viewed</bdi></a> <b>1</b>" in text


@pytest.fixture
def merged(address, make_key, ingest, unique):
    """Merges one Customer into another, for a reason; returns both ids, the surviving one first."""

    def run(reason):
        survivor, other = (
            ingest(externalId=f"{name}-{unique}-{len(reason)}", event=name)["customerId"]
            for name in "ab"
        )
        response = http_client.post(
            f"{address}/v1/customers/{survivor}/merge",
            headers={"X-API-Key": make_key(api_keys.IDENTITY_WRITE)},
            json={"from": other, "reason": reason},
        )
        assert response.status_code == 200, response.text
        return survivor, other

    return run


@pytest.mark.parametrize("query", ["", "?cursor=WzEsMCwieCJd"])
def test_the_id_of_a_merged_customer_redirects_to_the_surviving_one(person, merged, query):
    survivor, other = merged("one person")

    response = person.get(f"/customers/{other}{query}")

    assert whereto(response) == (303, f"/customers/{survivor}{query}")


def test_the_page_shows_the_merged_customers_and_the_reasons(person, merged):
    survivor, other = merged("one person, by phone")

    text = person.get(f"/customers/{survivor}").text

    assert "Merged into this customer" in text
    assert f'<code class="value">{other}</code>' in text
    assert "<bdi>one person, by phone</bdi>" in text
    assert re.findall(r'<p class="event"><bdi>(.*?)</bdi>', text) == ["b", "a"]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_reason_of_a_merge_is_text_and_never_markup(person, merged, text):
    plain, hostile = (
        Parsed(person.get(f"/customers/{merged(reason)[0]}").text) for reason in ("plain", text)
    )

    assert hostile.markup == plain.markup
    # In the list, and in both layouts of the graph.
    assert hostile.text.count(text) == plain.text.count("plain") == 3


def test_a_customer_without_merges_has_none_on_its_page(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]

    assert "Merged into" not in person.get(f"/customers/{customer}").text


def test_the_timeline_is_by_day_the_newest_first(person, ingest, unique):
    for moment in ("2026-04-28T23:59:59Z", "2026-04-30T01:00:00+02:00", "0000-01-01T00:00:00Z"):
        customer = ingest(externalId=unique, timestamp=moment)["customerId"]

    text = person.get(f"/customers/{customer}").text

    assert re.findall(r"<h3>.*?>(.*?)</time></h3>", text) == [
        "Wednesday, 29 April 2026",
        "Tuesday, 28 April 2026",
        "0000-01-01",
    ]


def test_the_exact_timestamp_and_the_exact_properties_are_shown(person, client, unique):
    sent = '{"n": 1.10, "big":12345678901234567890,"n":2, "s":"\\u202e\\/"}'
    body = (
        f'{{"event":"x","externalId":"{unique}","timestamp":"2026-04-29T10:14:32.10+02:00",'
        f'"properties":{sent}}}'
    )
    response = client.post("/v1/events", content=body, headers={"Content-Type": "application/json"})

    text = html.unescape(person.get(f"/customers/{response.json()['customerId']}").text)
    shown = text.replace("\n    ", "\n  ")

    assert "<code>2026-04-29T10:14:32.10+02:00</code>" in text
    assert (
        '{\n  "n": 1.10,\n  "big": 12345678901234567890,\n  "n": 2,\n  "s": "\\u202e\\/"\n  }'
        in shown
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_sent_values_are_text_and_never_markup(person, ingest, unique, text):
    def parsed(word):
        key = f"{word}{unique}"
        event = {"event": word, "externalId": key, "properties": {word: [word, {"a": word}]}}
        return Parsed(person.get(f"/customers/{ingest(**event)['customerId']}").text)

    plain, hostile = parsed("plain"), parsed(text)

    assert hostile.markup == plain.markup
    assert hostile.text.count(text) == plain.text.count("plain")
    assert not [link for link in hostile.links if not link.startswith(("/", "#"))]


def test_each_touchpoint_links_to_why_it_is_here(person, ingest, unique):
    events = [{"event": "x", "externalId": unique} for _ in range(3)]
    results = ingest(events)["results"]

    links = Parsed(person.get(f"/customers/{results[0]['customerId']}").text).links

    assert {f"/events/{result['eventId']}" for result in results} <= set(links)


def test_the_explanation_of_an_event_is_in_words(person, ingest, unique):
    other = ingest(externalId=unique)["customerId"]
    customer = ingest(email=f"{unique}@acme.com")["customerId"]
    event = ingest(email=f"{unique}@Acme.com", externalId=unique, event="met")

    page = Parsed(person.get(f"/events/{event['eventId']}").text)

    assert f"matched {customer}, so the event was attached to that Customer" in page.text
    assert f"The externalId {unique} matched {other} and has lower priority" in page.text
    assert f"sent as {unique}@Acme.com" in page.text
    assert {f"/customers/{customer}", f"/customers/{other}"} <= set(page.links)


@pytest.mark.parametrize("text", HOSTILE)
def test_sent_values_are_text_in_an_explanation(person, ingest, unique, text):
    def parsed(word):
        event = ingest(event=word, externalId=f"{word}{unique}")
        return Parsed(person.get(f"/events/{event['eventId']}").text)

    plain, hostile = parsed("plain"), parsed(text)

    assert hostile.markup == plain.markup
    assert hostile.text.count(text) == plain.text.count("plain")


@pytest.mark.parametrize("event", ["evt_nothing", "%3Cscript%3E", "a%00b", "x" * 300])
def test_an_unknown_event_is_a_page_of_its_own(person, event):
    response = person.get(f"/events/{event}")

    assert response.status_code in (400, 404)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script>" not in response.text


def test_properties_of_64_kib_are_shown_whole(person, ingest, unique):
    customer = ingest(externalId=unique, properties={"long": "<&" * 30_000})["customerId"]

    assert "<&" * 30_000 in html.unescape(person.get(f"/customers/{customer}").text)


def test_a_customer_with_many_keys_has_a_page(person, ingest, unique):
    customer = ingest(externalId=unique)["customerId"]
    ingest(
        [
            {"event": f"e{n}", "customer": customer, "externalId": f"{unique}-{n}"}
            for n in range(300)
        ]
    )

    text = person.get(f"/customers/{customer}").text

    assert "<summary>296 more</summary>" in text


def test_a_page_of_many_touchpoints_has_their_total_and_how_many_are_counted(
    person, cypher, unique
):
    customer = f"cus_{unique}"
    cypher(
        """
        CREATE (customer:Customer {id: $customer, createdAt: datetime()})
        WITH customer
        UNWIND range(1, $count) AS n
        CREATE (customer)-[:HAS_TOUCHPOINT]->(:Touchpoint {
          id: $customer + n, customerId: $customer, event: 'other',
          timestamp: '2026-01-01T00:00:00Z',
          occurredAt: datetime(), receivedAt: datetime(),
          resolvedBy: 'email', identifiers: [], properties: '{}'
        })
        """,
        customer=customer,
        count=MAX_COUNTED_TOUCHPOINTS + 5,
    )

    text = person.get(f"/customers/{customer}").text

    assert f"<dd>{MAX_COUNTED_TOUCHPOINTS + 5:,}</dd>" in text
    assert f"Of the latest {MAX_COUNTED_TOUCHPOINTS:,} Touchpoints." in text


def send_many(ingest, unique, number):
    events = [
        {
            "event": f"e{n}",
            "externalId": unique,
            "timestamp": f"2026-04-{1 + n // 30:02}T00:00:{n % 30:02}Z",
        }
        for n in range(number)
    ]
    return ingest(events)["results"][0]["customerId"]


@pytest.mark.parametrize("attribute", ["href", "data-part"])
def test_without_and_with_a_script_every_touchpoint_is_reached_once(
    person, ingest, unique, attribute
):
    page = f"/customers/{send_many(ingest, unique, 120)}"
    seen = []
    while page:
        text = person.get(page).text
        seen += re.findall(r'<p class="event"><bdi>(.*?)</bdi>', text)
        link = re.search(rf'{attribute}="(/customers/[^"]*cursor=[^"]*)"', text)
        page = link and html.unescape(link[1])

    assert seen == [f"e{n}" for n in reversed(range(120))]


def test_the_part_to_put_at_the_end_is_not_a_whole_page(person, ingest, unique):
    page = f"/customers/{send_many(ingest, unique, 60)}"
    text = person.get(page).text
    part = re.search(r'data-part="([^"]*)"', text)
    assert part

    assert person.get(part[1]).text.lstrip().startswith('<section class="day"')


def test_the_link_to_neo4j_browser_is_there_where_it_is_known(
    database, ingest, unique, reading_key
):
    customer = ingest(externalId=unique)["customerId"]
    with serving(database, Settings(neo4j_browser="http://x/browser/")) as address:
        wait_until_ready(address)
        with http_client.Client(base_url=address) as client:
            log_in(client, reading_key)
            text = client.get(f"/customers/{customer}").text

    assert 'href="http://x/browser/?cmd=edit&amp;arg=' in text


def test_too_many_pages_are_429_with_a_page(database, reading_key):
    with serving(database, Settings(rate_limit=2)) as address:
        wait_until_ready(address)
        with http_client.Client(base_url=address) as client:
            log_in(client, reading_key)
            responses = [client.get("/") for _ in range(3)]

    assert [response.status_code for response in responses] == [200, 200, 429]
    assert int(responses[-1].headers["retry-after"]) > 0
    assert "Rate limit exceeded: 2 events/min for this API key. Retry after " in responses[-1].text


def test_an_error_is_a_page_with_the_message_and_the_headers_of_its_json():
    response = error_page(errors.Unavailable())

    assert (response.status_code, response.headers["retry-after"]) == (503, "1")
    assert "Neo4j is unavailable. Retry after 1 s." in bytes(response.body).decode()


def test_an_internal_error_is_a_page_with_the_request_id():
    response = error_page(errors.ServiceError(), "req_42")

    assert response.status_code == 500
    assert "<code>req_42</code>" in bytes(response.body).decode()


def test_an_error_of_the_api_is_still_json(person):
    for method, path in (("GET", "/nowhere"), ("PUT", "/login"), ("POST", "/v1/context")):
        assert "error" in person.request(method, path).json()


def test_the_cookie_opens_no_route_of_the_api(person):
    assert person.post("/v1/context", json={"email": "jane@acme.com"}).status_code == 401


def test_the_login_names_the_methods_that_it_takes(stranger):
    allowed = stranger.put("/login").headers["allow"]

    assert {method.strip() for method in allowed.split(",")} == {"GET", "HEAD", "POST"}
