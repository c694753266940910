"""The page of rejected events."""

import json
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct
from starlette.responses import Response

from app.access.api_keys import EVENTS_READ
from app.activity.rejections import RejectionGroup, RejectionQuery, RejectionReader
from app.http.endpoints import Call
from app.http.web.page import Page, render

PATH = "/rejections"
_FILTERS = {"apiKey": "api_key", "code": "code", "field": "field"}
_PAGE_GROUPS = 50


class Rejections(Struct, frozen=True):
    """A group to show, with the lines of its sample, and the links to the groups that are alike."""

    group: RejectionGroup
    sample: str
    of_key: str
    of_code: str
    of_field: str


class RejectionPages:
    """The page that shows the groups of rejected events."""

    def __init__(self, rejections: RejectionReader) -> None:
        self._rejections = rejections

    @Page(method="GET", path=PATH, scope=EVENTS_READ)
    async def rejections(self, call: Call[None]) -> Response:
        """The groups with the `apiKey`, the `code` and the `field`, from a `cursor` on."""
        parameters = call.request.query_params
        filters = {name: text for name in _FILTERS if (text := parameters.get(name, "").strip())}
        query = RejectionQuery(
            limit=_PAGE_GROUPS,
            cursor=parameters.get("cursor"),
            **{_FILTERS[name]: text for name, text in filters.items()},
        )
        page = await self._rejections.read(query)
        older = _link(**filters, cursor=page.next_cursor) if page.next_cursor else None
        return render(
            call,
            "rejections",
            here=PATH,
            groups=[_shown(group) for group in page.rejections],
            filters=filters,
            is_first="cursor" not in parameters,
            older=older,
        )


def _shown(group: RejectionGroup) -> Rejections:
    return Rejections(
        group,
        json.dumps(group.sample, indent=2) if group.sample else "",
        _link(apiKey=group.api_key),
        _link(code=group.code),
        _link(field=group.field),
    )


def _link(**parameters: Any) -> str:
    query = urlencode({name: value for name, value in parameters.items() if value})
    return f"{PATH}?{query}" if query else PATH
