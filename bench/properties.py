"""The properties of an event: 3 to 12 entries of the types that callers send."""

import random
from collections.abc import Callable
from typing import Any

MIN_ENTRIES, MAX_ENTRIES = 3, 12

_PATHS = ("/pricing", "/features", "/docs/quickstart", "/blog/2026/04/attribution", "/checkout")
_REFERRERS = ("https://google.com", "https://www.linkedin.com/feed", "https://news.example.org", "")
_CAMPAIGNS = ("spring_launch", "webinar_42", "retargeting", "newsletter_2026_04")
_TAGS = ("enterprise", "trial", "newsletter", "partner", "beta", "churn-risk")

Entry = tuple[str, Callable[[random.Random], Any]]


def _choice(*values: Any) -> Callable[[random.Random], Any]:
    count = len(values)
    return lambda source: values[int(source.random() * count)]


def _integer(below: int) -> Callable[[random.Random], int]:
    return lambda source: int(source.random() * below)


_utm_source, _utm_medium = _choice("google", "linkedin", "bing"), _choice("cpc", "email", "social")
_campaign, _tag = _choice(*_CAMPAIGNS), _choice(*_TAGS)

_ENTRIES: tuple[Entry, ...] = (
    ("url", lambda source: f"{_choice(*_PATHS)(source)}?page={int(source.random() * 1000)}"),
    ("referrer", _choice(*_REFERRERS)),
    ("title", _choice("Pricing and plans", "Book a demo", "Release notes", "Größe und Gewicht")),
    ("session_id", lambda source: f"{source.getrandbits(64):016x}"),
    ("duration_ms", _integer(120_000)),
    ("is_logged_in", _choice(True, False)),
    ("utm", lambda source: {
        "source": _utm_source(source),
        "medium": _utm_medium(source),
        "campaign": _campaign(source),
    }),
    ("device", _choice("desktop", "mobile", "tablet")),
    ("scroll_depth", lambda source: round(source.random(), 2)),
    ("tags", lambda source: [_tag(source) for _ in range(1 + int(source.random() * 3))]),
    ("plan", _choice("free", "team", "enterprise")),
    ("value", lambda source: round(source.random() * 900, 2)),
    ("currency", _choice("USD", "EUR", "GBP")),
    ("quantity", _integer(20)),
    ("is_returning", _choice(True, False)),
    ("campaign_id", lambda source: f"camp_{int(source.random() * 500)}"),
    ("browser", _choice("Chrome 141", "Safari 19", "Firefox 144")),
    ("screen_width", _choice(390, 768, 1440, 1920)),
)  # fmt: skip
_TWICE = _ENTRIES * 2


def draw(source: random.Random) -> dict[str, Any]:
    """The properties of one event."""
    first = int(source.random() * len(_ENTRIES))
    count = MIN_ENTRIES + int(source.random() * (MAX_ENTRIES - MIN_ENTRIES + 1))
    return {name: value(source) for name, value in _TWICE[first : first + count]}
