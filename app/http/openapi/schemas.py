"""The types of requests and responses as JSON Schema."""

import inspect
from collections.abc import Iterable
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from app.customers.context_query import ContextQuery
from app.domain.identifiers import WEIGHTS
from app.http.event_previews import EventPreview
from app.http.openapi.descriptions import DESCRIPTIONS
from app.http.responses import ErrorBody
from app.identity.reviews import SharedMark
from app.ingest.events import EventIngest
from app.ingest.payload import MAX_BATCH_EVENTS
from app.ingest.results import EventResult

Schema = dict[str, Any]

_PREFIX = "#/components/schemas/"
_EVENT_IDENTITY = ("customer", "email", "phone", "externalId")

# EventIngest with the rule that its type does not express: `event` is required.
Event = msgspec.defstruct(
    EventIngest.__name__,
    [
        (field.encode_name, field.type, *([] if field.name == "event" else [None]))
        for field in msgspec.structs.fields(EventIngest)
    ],
    forbid_unknown_fields=True,
)


class EventBatch(Struct, forbid_unknown_fields=True):
    """A batch of events: atomic, unless the request is lenient."""

    events: Annotated[list[Event], Meta(min_length=1, max_length=MAX_BATCH_EVENTS)]  # type: ignore[valid-type]


class BatchReceipt(Struct):
    """The number of stored events, and the result or the error of each event, in order."""

    accepted: Annotated[int, Meta(ge=0, le=MAX_BATCH_EVENTS)]
    results: list[Any]  # two kinds without a tag, which a type cannot express


class Health(Struct):
    """The status of the service."""

    status: Annotated[str, Meta(extra_json_schema={"const": "ok"})]


def reference(kind: type) -> Schema:
    """The schema that refers to a type's own by its name."""
    return {"$ref": f"{_PREFIX}{kind.__name__}"}


def components(kinds: Iterable[type]) -> dict[str, Schema]:
    """The schemas of these types and of an error, and of all types within them, by their names."""
    roots = [*dict.fromkeys(kinds), ErrorBody]
    _, schemas = described(roots, f"{_PREFIX}{{name}}")
    schemas[BatchReceipt.__name__]["properties"]["results"] = {
        "type": "array",
        "minItems": 1,
        "maxItems": MAX_BATCH_EVENTS,
        "items": {"oneOf": list(map(reference, (EventResult, EventPreview, ErrorBody)))},
    }
    for struct in _structs(msgspec.inspect.multi_type_info(roots)):
        if struct.__struct_config__.omit_defaults:
            _never_null(schemas[struct.__name__])
    schemas[EventIngest.__name__]["anyOf"] = [_present(name) for name in _EVENT_IDENTITY]
    schemas[ContextQuery.__name__]["anyOf"] = [_present(name) for name in ("customer", *WEIGHTS)]
    schemas[SharedMark.__name__]["oneOf"] = [_present(name) for name in WEIGHTS]
    return schemas


def described(
    kinds: Iterable[type], ref_template: str
) -> tuple[tuple[Schema, ...], dict[str, Schema]]:
    """References to these types; and their schemas, and those of all types within them, by name."""
    references, components = msgspec.json.schema_components(kinds, ref_template=ref_template)
    schemas: dict[str, Schema] = {name: tidy(components[name]) for name in sorted(components)}
    for name, schema in schemas.items():
        schema.pop("description", None)  # the docstring
        if name in DESCRIPTIONS:
            schema["description"] = DESCRIPTIONS[name]
    return references, schemas


def parameters(kind: type) -> dict[str, Schema]:
    """Returns the schemas of the fields of a query by name; no parameter of a URL is null."""
    _, components = msgspec.json.schema_components([kind])
    schema = tidy(components[kind.__name__])
    _never_null(schema)
    return schema["properties"]


def _structs(info: Any, structs: set[type[Struct]] | None = None) -> set[type[Struct]]:
    """The structs of these types, and those within them."""
    structs = set() if structs is None else structs
    if isinstance(info, tuple):
        for item in info:
            _structs(item, structs)
    elif isinstance(info, msgspec.inspect.Type | msgspec.inspect.Field):
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls in structs:
                return structs
            structs.add(info.cls)
        for name in info.__struct_fields__:
            _structs(getattr(info, name), structs)
    return structs


def _never_null(schema: Schema) -> None:
    fields = schema["properties"]
    for field in (fields[name] for name in fields.keys() - schema["required"]):
        if isinstance(field.get("type"), list):
            field["type"] = next(name for name in field["type"] if name != "null")
        if "anyOf" in field:
            (schema_,) = [item for item in field.pop("anyOf") if item != {"type": "null"}]
            field.update(schema_)


def _present(name: str) -> Schema:
    present = {"type": "string", "pattern": r"\S"}
    return {"required": [name], "properties": {name: present}}


def tidy(schema: Any) -> Any:
    """Returns a schema with a list of types for nullable values, and its texts in one line."""
    if isinstance(schema, list):
        return [tidy(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    tidied = {name: tidy(value) for name, value in schema.items()}
    if isinstance(tidied.get("description"), str):
        tidied["description"] = " ".join(inspect.cleandoc(tidied["description"]).split())
    if tidied.get("default", ...) is None:
        del tidied["default"]
    if {"type": "null"} in tidied.get("anyOf", []):
        alternatives = tidied.pop("anyOf")
        first = next(item for item in alternatives if item != {"type": "null"})
        if "type" in first:
            return {"type": [first.pop("type"), "null"]} | first | tidied
        tidied["anyOf"] = alternatives
    return tidied
