"""Rejections: the groups of rejected events in the graph, for those who send events."""

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.activity.rejection_groups import OTHER
from app.domain import identifiers, pagination
from app.domain.validation import FieldErrors
from app.graph.graph import Graph, Row

MAX_PAGE_GROUPS = 200
MAX_SCANNED_GROUPS = 2000  # for a page of all API keys

_ApiKeyFilter = Annotated[
    str | None,
    Meta(
        description="Only events of the API key with this ID.",
        extra_json_schema={"maxLength": identifiers.MAX_ID_LENGTH},
    ),
]


class RejectionQuery(Struct, frozen=True, rename="camel", forbid_unknown_fields=True):
    """Which page of the groups of rejected events to return."""

    api_key: _ApiKeyFilter = None
    code: Annotated[str | None, Meta(description="Only groups with this error code.")] = None
    field: Annotated[
        str | None,
        Meta(description="Only groups of this field, without its position: `email`."),
    ] = None
    limit: Annotated[int, Meta(ge=1, le=MAX_PAGE_GROUPS, description="Page size.")] = 50
    cursor: Annotated[str | None, Meta(description="The `nextCursor` of the page before.")] = None


class RejectionGroup(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Rejected events of one API key, with one error code and one field."""

    id: str
    code: Annotated[
        str,
        Meta(
            description=f"The error code. `{OTHER}` counts the groups of an API key beyond the 200 "
            "that were last seen."
        ),
    ]
    field: Annotated[
        str,
        Meta(description="The field, without its position. Empty for an error of a whole event."),
    ]
    message: Annotated[str, Meta(description="The rule, without values.")]
    count: Annotated[int, Meta(description="Number of rejected events.")]
    first_seen: str
    last_seen: str
    api_key: Annotated[
        str | None,
        Meta(description="ID of the API key. Absent without a valid one, and for imports."),
    ] = None
    api_key_name: str | None = None
    sample: Annotated[
        dict[str, Any] | None,
        Meta(
            description="The latest event, with its values masked. A body that is not JSON is "
            "under `…`. Absent if the body was not read, or if samples are turned off."
        ),
    ] = None


class RejectionPage(Struct, frozen=True, rename="camel", omit_defaults=True):
    """A page of the groups of rejected events, the last seen first.

    If there is a `nextCursor`, there may be more.
    """

    rejections: list[RejectionGroup]
    next_cursor: str | None = None


class RejectionReader:
    """Reads the groups of rejected events from the graph."""

    def __init__(self, graph: Graph, *, has_samples: bool = True) -> None:
        self._graph = graph
        self._has_samples = has_samples

    async def read(self, query: RejectionQuery) -> RejectionPage:
        """The page that a query asks for. Raises InvalidPayload or Unavailable."""
        errors = FieldErrors()
        api_key = errors.parse(query.api_key, "apiKey", identifiers.opaque_id)
        before = errors.parse(query.cursor, "cursor", pagination.decode_time)
        errors.raise_any()
        parameters = {
            "before": before,
            "code": query.code,
            "field": query.field,
            "limit": query.limit,
        }
        if api_key:
            (row,) = await self._graph.read("rejections_of_key", apiKey=api_key, **parameters)
        else:
            (row,) = await self._graph.read("rejections", scan=MAX_SCANNED_GROUPS, **parameters)
        page, last = pagination.page(row["groups"], query.limit, row["end"])
        after = pagination.encode_time(last["seen"], last["id"]) if last else None
        return RejectionPage([self._group(group) for group in page], after)

    def _group(self, row: Row) -> RejectionGroup:
        sample = row["sample"] if self._has_samples else None
        return msgspec.convert(
            row
            | {
                "apiKey": row["apiKey"] or None,
                "message": row["message"] or "",
                "sample": msgspec.json.decode(sample) if sample else None,
            },
            RejectionGroup,
        )
