"""The navigation: the pages that the bar leads to, for API keys with their scopes."""

from msgspec import Struct

from app.access.api_keys import CONTEXT_READ, EVENTS_READ, IDENTITY_READ


class Place(Struct, frozen=True):
    """A page in the navigation. `scope` is that of the page."""

    name: str
    path: str
    scope: str


PLACES = (
    Place("Overview", "/", CONTEXT_READ),
    Place("Live", "/live", EVENTS_READ),
    Place("Rejected", "/rejections", EVENTS_READ),
    Place("Conflicts", "/conflicts", IDENTITY_READ),
    Place("Suppressed", "/suppressions", IDENTITY_READ),
    Place("Audit log", "/audit", IDENTITY_READ),
)
