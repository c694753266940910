"""The home page, as HTML."""

from pathlib import Path

import pytest

from app.access import api_keys
from app.activity.overview import Period
from app.http.web import charts
from app.http.web.home import HomePages, Status
from app.http.web.templates import page
from tests.support import http_client
from tests.support.server import wait_for

HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>']
GOOD = Status(True, 0, 0.0, None)


@pytest.fixture(scope="module")
def key(make_key):
    return make_key(*api_keys.SCOPES)


@pytest.fixture
def person(address, key):
    with http_client.Client(base_url=address) as client:
        client.post("/login", data={"key": key, "next": "/"})
        yield client


def shown(**values):
    """The home page with values of a test's own."""
    defaults = {
        "here": "/",
        "service": GOOD,
        "is_first": False,
        "curl": "",
        "position": "",
        "records": [],
        "conflicts": None,
        "charts": [],
        "today": Period(0),
        "month": Period(0),
    }
    scopes = values.pop("scopes", api_keys.SCOPES)
    return page("home", 200, scopes, **defaults | values).body.decode()  # pyright: ignore[reportAttributeAccessIssue]


# The services of other test processes share the stream, and their events may be later.
@pytest.mark.alone
def test_a_stored_event_is_in_the_numbers_and_the_latest_events(person, ingest, unique):
    def is_shown():
        # Again each time: the services of other tests fill the latest events.
        ingest(event=f"e_{unique}", email=f"{unique}@acme.com")
        text = person.get("/").text
        return "Events per minute, last hour" in text and f"<bdi>e_{unique}</bdi>" in text

    wait_for(is_shown)


def test_the_search_box_stays(person):
    assert 'action="/search"' in person.get("/").text


def test_an_api_key_sees_what_its_scopes_allow(address, make_key):
    with http_client.Client(base_url=address) as client:
        client.post("/login", data={"key": make_key(api_keys.CONTEXT_READ), "next": "/"})
        text = client.get("/").text

    assert "Latest events" not in text
    assert "Open identity conflicts" not in text
    assert "/rejections" not in text


@pytest.mark.parametrize(
    ("service", "text"),
    [
        (Status(False, 0, 0.0, None), "unavailable: events are rejected with 503"),
        (Status(True, 5000, 2.4, None), "5,000 events wait, for about 2 s"),
        (Status(True, 0, 0.0, False), "storage unavailable: each worker counts alone"),
        (Status(True, 0, 0.0, True), "counted for all workers"),
    ],
)
def test_the_page_shows_the_state_of_the_service(service, text):
    assert text in shown(service=service)


def test_without_neo4j_the_page_reports_it():
    assert "No statistics: Neo4j is unavailable." in shown(today=None)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_is_no_markup(name):
    periods = [Period(0, 1, events={name: 1})]
    chart = ("minutes", "Events", charts.stacked(periods), [("00:00", periods[0])])

    assert name not in shown(charts=[chart])


def test_a_bar_stacks_the_names_and_the_rest():
    names = {f"n{number}": 10 - number for number in range(7)}
    chart = charts.stacked([Period(0, 60, events=names), Period(60, 30, events={"n0": 30})])

    assert [(s.name, s.total) for s in chart.series] == [
        ("n0", 40),
        ("n1", 9),
        ("n2", 8),
        ("n3", 7),
        ("n4", 6),
        ("other", 20),
    ]
    assert round(sum(s.height for s in chart.segments if s.x < charts.BAR)) == 100
    assert round(sum(s.height for s in chart.segments if s.x > charts.BAR)) == 50


def test_no_events_draw_no_bars():
    assert charts.stacked([Period(0)] * 60).segments == []


class _Request:
    """A request of a browser."""

    class url:  # noqa: N801 - as Starlette names it
        scheme = "http"

    def __init__(self, host, key):
        self.headers = {"host": host}
        self.cookies = {"waypath_key": key}


def curl(key_file, host="waypath.test:8000", key="wp_live_x"):
    pages = HomePages(None, None, None, key_file)  # pyright: ignore[reportArgumentType]
    return pages._curl(_Request(host, key))  # pyright: ignore[reportArgumentType]


def test_the_command_reads_the_development_key_from_its_file(tmp_path: Path):
    file = tmp_path / "a b" / "development-key"
    file.parent.mkdir()
    file.write_text("wp_live_x\n")

    assert f"$(cat '{file}')" in curl(file)
    assert "wp_live_x" not in curl(file)


def test_another_api_key_learns_no_file(tmp_path: Path):
    file = tmp_path / "development-key"
    file.write_text("wp_live_other\n")

    assert "$WAYPATH_API_KEY" in curl(file)
    assert str(tmp_path) not in curl(file)


@pytest.mark.parametrize("host", ["x; rm -rf /", "$(id)", "`id`", "", "a b"])
def test_a_hostile_host_is_not_in_the_command(host):
    assert curl(None, host).startswith("curl http://127.0.0.1:8000/v1/events")


def test_the_page_of_a_first_run_has_the_command():
    text = shown(is_first=True, curl=curl(None))

    assert "curl http://waypath.test:8000/v1/events" in text
    assert "Waiting for the first event." in text
    assert "data-first" in text
