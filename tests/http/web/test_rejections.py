"""The page and the route of rejected events, over HTTP."""

import pytest

from app.access import api_keys
from app.activity import masking
from tests.support import http_client
from tests.support.server import wait_for

HOSTILE = ["<script>alert(1)</script>", "\u202egnp.exe", "a\0b", '"><img src=x onerror=alert(1)>']


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(api_keys.EVENTS_WRITE, api_keys.EVENTS_READ, api_keys.CONTEXT_READ)


@pytest.fixture
def api(address, key):
    with http_client.Client(base_url=address, headers={"X-API-Key": key}) as client:
        yield client


@pytest.fixture
def person(address, key):
    with http_client.Client(base_url=address) as client:
        client.post("/login", data={"key": key, "next": "/"})
        yield client


@pytest.fixture
def unique(unique):
    """A word of letters: a name with a long number is masked."""
    return unique.translate(str.maketrans("0123456789", "ghijklmnop"))


@pytest.fixture
def reject(api, unique):
    """Sends an event with an unknown field of its own, and waits for its group."""

    def send(field=None, **event):
        name = field or f"f_{unique}"
        response = api.post(
            "/v1/events", json={"event": "x", "email": "j@x.com", name: "", **event}
        )
        assert response.status_code == 400
        wait_for(lambda: groups(api, name))
        return groups(api, name)[0]

    return send


def groups(api, field):
    page = http_client.ok_json(api.get("/v1/rejections", params={"field": field}))
    return page["rejections"]


def test_a_rejected_event_is_in_the_group_of_its_key_code_and_field(reject, unique, cypher, key):
    group = reject()

    (row,) = cypher("MATCH (k:ApiKey {hash: $hash}) RETURN k.id AS id", hash=api_keys.digest(key))
    assert group["apiKey"] == row["id"]
    assert (group["code"], group["field"]) == ("invalid_payload", f"f_{unique}")
    assert group["apiKeyName"] == "test"
    assert group["message"] == "must be a known field"


def test_a_sample_shows_no_personal_value(reject, unique):
    group = reject(
        email=f"{unique}@acme.com",
        phone="+14155552671",
        externalId=f"crm-{unique}",
        properties={"name": f"Jane {unique}"},
    )

    assert unique not in str(group["sample"]).replace(f"f_{unique}", "")
    assert group["sample"]["phone"] == "+1415*******"


def test_the_groups_of_a_revoked_key_stay(address, api, make_key, unique, cypher):
    key = make_key(api_keys.EVENTS_WRITE)
    with http_client.Client(base_url=address, headers={"X-API-Key": key}) as sender:
        sender.post("/v1/events", json={"event": "x", f"f_{unique}": 1, "email": "j@x.com"})
    wait_for(lambda: groups(api, f"f_{unique}"))
    cypher("MATCH (k:ApiKey {hash: $hash}) SET k.revokedAt = datetime()", hash=api_keys.digest(key))

    assert [group["apiKeyName"] for group in groups(api, f"f_{unique}")] == ["test"]


def test_the_page_shows_a_group_and_its_sample(person, reject, unique):
    reject(phone="+14155552671")

    text = person.get("/rejections", params={"field": f"f_{unique}"}).text

    assert f"<code>f_{unique}</code>" in text
    assert "must be a known field" in text
    assert "+1415*******" in text


def test_the_page_keeps_the_filter(person):
    text = person.get("/rejections", params={"code": 'a"b<', "field": "x"}).text

    assert 'value="a&#34;b&lt;"' in text
    assert "No rejected events match." in text


def test_a_cursor_of_no_page_is_an_error_page(person):
    response = person.get("/rejections?cursor=x")

    assert response.status_code == 400
    assert "must be the nextCursor of a page" in response.text


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_values_are_neither_markup_nor_readable(api, person, reject, unique, word):
    reject(event=word, email=f"{word}@x.com", properties={word: word})

    text = person.get("/rejections", params={"field": f"f_{unique}"}).text

    assert word not in text
    assert "\u202e" not in text
    assert "\0" not in text


@pytest.mark.parametrize("word", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_field_is_masked(api, person, word):
    field = masking.name(word)
    api.post("/v1/events", json={"event": "x", "email": "j@x.com", word: 1})
    wait_for(lambda: groups(api, field))

    text = person.get("/rejections", params={"field": field}).text

    assert "must be a known field" in text
    assert word not in text


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "unknown=1"])
def test_an_invalid_query_is_rejected(api, query):
    assert api.get(f"/v1/rejections?{query}").status_code == 400
