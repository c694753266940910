"""OpenAPI: the document of the routes, made of the types, the errors and the operations."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from app.access.api_keys import SCOPES
from app.http.openapi import error_responses, headers, schemas
from app.http.openapi.operations import OPERATIONS, Operation
from app.http.openapi.schemas import Schema


@cache
def encoded() -> bytes:
    """The document as JSON."""
    return msgspec.json.encode(document())


def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document of every operation."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Waypath Events",
            "version": version("waypath-events"),
            "description": "Takes marketing events, resolves each to a Customer in a Neo4j graph, "
            "and keeps it as a Touchpoint with its original timestamp.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components(),
            "parameters": headers.PARAMETERS,
            "headers": headers.HEADERS,
            "securitySchemes": {
                "apiKey": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "X-API-Key",
                    "description": f"A key has scopes, of {', '.join(SCOPES)}.",
                }
            },
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    answer = _text(operation) if operation.text else _answer(operation)
    answers = {"200": answer} | _later(operation, answer)
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": _parameters(operation),
        "responses": answers | error_responses.responses(operation.errors),
    }
    if operation.scope:
        described["description"] += f" Required scope: `{operation.scope}`."
        described["security"] = [{"apiKey": [operation.scope]}]
    if operation.takes:
        sent = {name: {"value": pair[0]} for name, pair in operation.examples.items()}
        described["requestBody"] = {"required": True, "content": _json(operation.takes, sent)}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found = [
        {"$ref": f"#/components/parameters/{name}"}
        for name in (*operation.parameters, "X-Request-Id")
    ]
    if "{id}" in operation.path:
        found.insert(0, headers.identifier(operation.path))
    known = schemas.parameters(operation.asks) if operation.asks else {}
    query = [{"name": name, "in": "query"} | _field(known[name]) for name in operation.query]
    return [*query, *found]


def _field(schema: Schema) -> dict[str, Any]:
    return {"description": schema.pop("description"), "schema": schema}


def _answer(operation: Operation) -> dict[str, Any]:
    given = {name: {"value": pair[1]} for name, pair in operation.examples.items()}
    return {
        "description": " Or: ".join(
            (kind.__doc__ or "").split("\n")[0] for kind in operation.gives
        ),
        "headers": headers.references("X-Request-Id", *operation.headers),
        "content": _json(operation.gives, given),
    }


def _later(operation: Operation, answer: dict[str, Any]) -> dict[str, Any]:
    return {"202": answer | {"description": operation.later}} if operation.later else {}


def _text(operation: Operation) -> dict[str, Any]:
    return {
        "description": operation.text,
        "headers": headers.references("X-Request-Id", *operation.headers),
        "content": {"text/plain": {"schema": {"type": "string"}}},
    }


def _json(kinds: tuple[type, ...], examples: dict[str, Any]) -> dict[str, Any]:
    references = [schemas.reference(kind) for kind in kinds]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    content = {"schema": schema} | ({"examples": examples} if examples else {})
    return {"application/json": content}
