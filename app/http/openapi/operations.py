"""Operations: what each route takes, answers and refuses, as its document says it."""

from typing import Any

from msgspec import Struct

from app import errors
from app.access.api_keys import (
    CONTEXT_READ,
    CUSTOMERS_DELETE,
    EVENTS_WRITE,
    IDENTITY_READ,
    IDENTITY_WRITE,
    METRICS_READ,
)
from app.customers.context import Context, ContextQuery
from app.customers.explanation.reader import Explanation, ExplanationQuery
from app.customers.timeline import Timeline, TimelineQuery
from app.errors import ServiceError
from app.http.openapi import examples, schemas
from app.identity.audit import AuditEntry, AuditPage, AuditQuery
from app.identity.conflicts import IdentityConflictPage, IdentityConflictQuery
from app.identity.erasure import Erasure, ErasureQuery
from app.identity.merge_preview import MergePreview, PreviewQuery
from app.identity.merges import Merge, MergeRequest
from app.identity.reason import UndoRequest
from app.identity.reviews import Dismissal, SharedMark
from app.identity.split_preview import SplitPreview, SplitQuery
from app.identity.splits import Split, SplitRequest
from app.ingest.events import EventIngest
from app.ingest.results import EventResult

Errors = tuple[type[ServiceError], ...]

# What may befall any request, one with a body, and one with an API key.
_ANY: Errors = (
    errors.InvalidRequest,
    errors.MethodNotAllowed,
    errors.HeadersTooLarge,
    ServiceError,
)
_BODY: Errors = (
    errors.InvalidPayload,
    errors.RequestTimeout,
    errors.PayloadTooLarge,
    errors.UnsupportedMediaType,
)
_KEY: Errors = (
    errors.Unauthenticated,
    errors.ForbiddenScope,
    errors.RateLimited,
    errors.Unavailable,
)
_CHANGE: Errors = (
    *(*_ANY, *_BODY, *_KEY),
    errors.NotFound,
    errors.CustomerNotFound,
    errors.MergeConflict,
)


class Operation(Struct, frozen=True):
    """A route and its method: who may call it, with what, and what comes back.

    `takes` and `gives` are types, of which one is meant; `asks` is the type of the `query`; `text`
    says what comes back where that is plain text; `later`, where it may be 202, what goes on then;
    `examples` are bodies by the name of an
    example, as sent and as answered.
    """

    method: str
    path: str
    id: str
    tag: str
    summary: str
    description: str
    gives: tuple[type, ...]
    errors: Errors
    text: str | None = None
    later: str | None = None
    scope: str | None = None
    takes: tuple[type, ...] = ()
    parameters: tuple[str, ...] = ()
    asks: type | None = None
    query: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    examples: dict[str, tuple[Any, Any]] = {}


OPERATIONS = (
    Operation(
        "post",
        "/v1/events",
        "ingestEvents",
        "Events",
        "Keep one event or a batch",
        "Resolves each event to a Customer by email, then phone, then externalId, and keeps it as "
        "a Touchpoint. A request is stored whole or not at all, and is stored when it is answered. "
        "A key that is blocked, such as `null` or `noreply@…`, is ignored and named in `warnings`. "
        "A retry with the same idempotency key stores nothing and returns the first response. If "
        "the Customer was split since, `customerId` is the Customer that has the Touchpoint now.",
        gives=(EventResult, schemas.BatchReceipt),
        errors=(*_ANY, *_BODY, *_KEY, errors.IdempotencyConflict),
        scope=EVENTS_WRITE,
        takes=(EventIngest, schemas.EventBatch),
        parameters=("Idempotency-Key", "Prefer", "Content-Encoding"),
        headers=("Idempotency-Replayed", "Preference-Applied"),
        examples={
            "single": (examples.SINGLE, examples.FIRST),
            "batch": (examples.BATCH, examples.RECEIPT),
            "blocked key": (examples.UNNAMED, examples.WARNED),
        },
    ),
    Operation(
        "get",
        "/v1/events/{id}",
        "explainEvent",
        "Events",
        "Explain why an event is with its Customer",
        "The event as it is kept, and what became of each key that it carried: which one decided, "
        "which ones identified somebody else and were overruled, which were attached or not used. "
        "It is told from what the graph holds, and writes nothing.",
        gives=(Explanation,),
        errors=(*_ANY, *_KEY, errors.InvalidPayload, errors.NotFound, errors.EventNotFound),
        scope=CONTEXT_READ,
        asks=ExplanationQuery,
        query=("asOf",),
        examples={"overruled": (None, examples.EXPLANATION)},
    ),
    Operation(
        "post",
        "/v1/context",
        "readContext",
        "Customers",
        "Read what is known of a Customer",
        "Finds the Customer who has one of the keys; one that is blocked is ignored. It writes "
        "nothing.",
        gives=(Context,),
        errors=(*_ANY, *_BODY, *_KEY, errors.CustomerNotFound),
        scope=CONTEXT_READ,
        takes=(ContextQuery,),
        parameters=("Content-Encoding",),
        examples={"by email": (examples.QUERY, examples.CONTEXT)},
    ),
    Operation(
        "get",
        "/v1/customers/{id}/timeline",
        "readTimeline",
        "Customers",
        "Read a page of a Customer's Touchpoints",
        "The newest first. What arrives late moves no page that is still to come. A parameter that "
        "is empty counts as absent, an unknown one is refused by its name.",
        gives=(Timeline,),
        errors=(*_ANY, *_KEY, errors.InvalidPayload, errors.NotFound, errors.CustomerNotFound),
        scope=CONTEXT_READ,
        asks=TimelineQuery,
        query=("limit", "cursor", "event", "from", "to", "asOf"),
    ),
    Operation(
        "delete",
        "/v1/customers/{id}",
        "eraseCustomer",
        "Customers",
        "Erase a Customer for good",
        "Deletes the Customer, all who are merged with it, their Identifiers and Touchpoints, and "
        "takes their keys out of the events of others with which they came. Nobody finds them from "
        "the moment `at`. It cannot be undone. A repeat is answered with what there was to erase "
        "the first time; one that was interrupted goes on by itself.",
        gives=(Erasure,),
        errors=(
            *(*_ANY, *_KEY),
            errors.InvalidPayload,
            errors.NotFound,
            errors.CustomerNotFound,
            errors.MergeConflict,
        ),
        later="There are many Touchpoints: nobody finds them any more, and they are deleted by and "
        "by. The same request again is answered with 200 once all are.",
        scope=CUSTOMERS_DELETE,
        asks=ErasureQuery,
        query=("reason",),
        examples={"on request": (None, examples.ERASURE)},
    ),
    Operation(
        "post",
        "/v1/customers/{id}/merge-preview",
        "previewMerge",
        "Identity",
        "Foresee a merge",
        "What it would put together to merge another Customer into this one, and what to consider "
        "before. It writes nothing.",
        gives=(MergePreview,),
        errors=_CHANGE,
        scope=IDENTITY_WRITE,
        takes=(PreviewQuery,),
        parameters=("Content-Encoding",),
        examples={"two": (examples.PREVIEW_QUERY, examples.MERGE_PREVIEW)},
    ),
    Operation(
        "post",
        "/v1/customers/{id}/merge",
        "mergeCustomers",
        "Identity",
        "Merge another Customer into this one",
        "Its Identifiers point at this one and remember whose they are; its Touchpoints stay, and "
        "reads span both. Its id keeps working, and is answered with this one's.",
        gives=(Merge,),
        errors=_CHANGE,
        scope=IDENTITY_WRITE,
        takes=(MergeRequest,),
        parameters=("Content-Encoding",),
        examples={"two": (examples.MERGE_REQUEST, examples.MERGE)},
    ),
    Operation(
        "post",
        "/v1/merges/{id}/undo",
        "undoMerge",
        "Identity",
        "Undo a merge",
        "Who was merged is a Customer by itself again, with its Identifiers; what arrived "
        "meanwhile is with the Customer whose Identifier decided. The body may be left out.",
        gives=(Merge,),
        errors=(*_ANY, *_BODY, *_KEY, errors.MergeNotFound, errors.MergeConflict, errors.NotFound),
        scope=IDENTITY_WRITE,
        takes=(UndoRequest,),
        parameters=("Content-Encoding",),
        examples={"by a reviewer": (examples.UNDO_REQUEST, examples.UNDONE)},
    ),
    Operation(
        "post",
        "/v1/customers/{id}/split-preview",
        "previewSplit",
        "Identity",
        "Foresee a split",
        "The parts that the Identifiers fall into, as they came together in the recorded events, "
        "where what is shared connects nobody. It writes nothing. The body may be left out.",
        gives=(SplitPreview,),
        errors=(*_ANY, *_BODY, *_KEY, errors.NotFound, errors.CustomerNotFound),
        scope=IDENTITY_WRITE,
        takes=(SplitQuery,),
        parameters=("Content-Encoding",),
        examples={"an office's phone": (examples.SPLIT_QUERY, examples.SPLIT_PREVIEW)},
    ),
    Operation(
        "post",
        "/v1/customers/{id}/split",
        "splitCustomer",
        "Identity",
        "Split a Customer",
        "Makes a Customer of each part but the first, with its Identifiers and Touchpoints, and "
        "marks what is shared. Each part can be undone by its `splitId`.",
        gives=(Split,),
        errors=(*_CHANGE, errors.NothingToSplit),
        scope=IDENTITY_WRITE,
        takes=(SplitRequest,),
        parameters=("Content-Encoding",),
        examples={"an office's phone": (examples.SPLIT_REQUEST, examples.SPLIT)},
    ),
    Operation(
        "post",
        "/v1/splits/{id}/undo",
        "undoSplit",
        "Identity",
        "Undo a split",
        "Merges the part into its whole again, which a merge's undo can take back in turn. The "
        "body may be left out.",
        gives=(Merge,),
        errors=(*_ANY, *_BODY, *_KEY, errors.SplitNotFound, errors.MergeConflict, errors.NotFound),
        scope=IDENTITY_WRITE,
        takes=(UndoRequest,),
        parameters=("Content-Encoding",),
        examples={"by a reviewer": (examples.UNDO_REQUEST, examples.MERGE)},
    ),
    Operation(
        "get",
        "/v1/identity/conflicts",
        "readConflicts",
        "Identity",
        "Read a page of those who may be one person",
        "The strongest evidence first. Pairs that were merged or dismissed are left out.",
        gives=(IdentityConflictPage,),
        errors=(*_ANY, *_KEY, errors.InvalidPayload),
        scope=IDENTITY_READ,
        asks=IdentityConflictQuery,
        query=("limit", "cursor"),
        examples={"one": (None, examples.CONFLICTS)},
    ),
    Operation(
        "post",
        "/v1/identity/conflicts/{id}/dismiss",
        "dismissConflict",
        "Identity",
        "Say that the two of a conflict are not the same person",
        "The conflict is not listed again. A repeat is answered as the first time was.",
        gives=(AuditEntry,),
        errors=(*_ANY, *_BODY, *_KEY, errors.NotFound, errors.IdentityConflictNotFound),
        scope=IDENTITY_WRITE,
        takes=(Dismissal,),
        parameters=("Content-Encoding",),
        examples={"a couple": (examples.DISMISSAL, examples.DISMISSED)},
    ),
    Operation(
        "post",
        "/v1/dismissals/{id}/undo",
        "undoDismissal",
        "Identity",
        "Undo a dismissal",
        "The identity conflict of the two Customers is listed again, and can be dismissed again. A "
        "repeat returns the first undo. The body may be left out.",
        gives=(AuditEntry,),
        errors=(*_ANY, *_BODY, *_KEY, errors.NotFound, errors.DismissalNotFound),
        scope=IDENTITY_WRITE,
        takes=(UndoRequest,),
        parameters=("Content-Encoding",),
        examples={"by a reviewer": (examples.UNDO_DISMISSAL, examples.DISMISSAL_UNDONE)},
    ),
    Operation(
        "post",
        "/v1/identity/shared",
        "markShared",
        "Identity",
        "Say whether a key is shared by several people",
        "A shared key decides nothing where an event has another one. What is attached by it stays "
        "where it is.",
        gives=(AuditEntry,),
        errors=(*_ANY, *_BODY, *_KEY, errors.CustomerNotFound),
        scope=IDENTITY_WRITE,
        takes=(SharedMark,),
        parameters=("Content-Encoding",),
        examples={"a phone": (examples.SHARED_MARK, examples.MARKED)},
    ),
    Operation(
        "get",
        "/v1/identity/changes",
        "readChanges",
        "Identity",
        "Read a page of what was done to identities",
        "Merges, undos, splits, dismissals, reviews of shared keys and erasures, the latest first.",
        gives=(AuditPage,),
        errors=(*_ANY, *_KEY, errors.InvalidPayload, errors.CustomerNotFound),
        scope=IDENTITY_READ,
        asks=AuditQuery,
        query=("customer", "limit", "cursor"),
        examples={"a mark": (None, examples.CHANGES)},
    ),
    Operation(
        "get",
        "/healthz",
        "health",
        "Health",
        "Whether the process is up",
        "It asks the database nothing.",
        gives=(schemas.Health,),
        errors=_ANY,
    ),
    Operation(
        "get",
        "/readyz",
        "readiness",
        "Health",
        "Whether the database answers",
        "A service that is not ready answers 503, and is ready by itself once the database is.",
        gives=(schemas.Health,),
        errors=(*_ANY, errors.Unavailable),
    ),
    Operation(
        "get",
        "/metrics",
        "readMetrics",
        "Health",
        "Read the metrics of the service",
        "What Prometheus scrapes, of all worker processes together. While the database is away, a "
        "key that was used here before still opens it.",
        gives=(),
        errors=(*_ANY, *_KEY),
        text="The metrics, in Prometheus's text format.",
        scope=METRICS_READ,
    ),
)
