"""The OpenAPI document, generated from the declarations of the operations."""

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from app.access.api_keys import SCOPES
from app.http.endpoints import Operation
from app.http.openapi import error_responses, headers, schemas
from app.http.openapi.schemas import Schema

SECURITY_SCHEMES = {
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "X-API-Key",
        "description": f"An API key. Its scopes: {', '.join(SCOPES)}.",
    },
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "An API key as the user, without a password: for tracking SDKs.",
    },
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API key as the token: for tracking SDKs and Prometheus.",
    },
}


def document(operations: Iterable[Operation]) -> dict[str, Any]:
    """Returns the OpenAPI 3.1 document of the operations."""
    paths: dict[str, dict[str, Any]] = {}
    kinds: list[type] = []
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation)
        kinds += (*operation.body, *operation.response, operation.error_body)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Waypath Events",
            "version": version("waypath-events"),
            "description": "Ingests marketing events, resolves each to a Customer in Neo4j, and "
            "stores it as a Touchpoint with its original timestamp.",
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": schemas.components(kinds),
            "parameters": headers.PARAMETERS,
            "headers": headers.HEADERS,
            "securitySchemes": SECURITY_SCHEMES,
        },
    }


def _operation(operation: Operation) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.description,
        "parameters": _parameters(operation),
        "responses": _responses(operation),
    }
    if operation.scope:
        described["description"] += f" Required scope: `{operation.scope}`."
        described["security"] = [
            {name: [operation.scope] if name == "apiKey" else []} for name in operation.security
        ]
    if operation.body:
        requests = {
            name: {"value": example.request} for name, example in operation.examples.items()
        }
        described["requestBody"] = {"required": True, "content": _json(operation.body, requests)}
    return described


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    encoding = ("Content-Encoding",) if operation.body else ()
    names = (*operation.request_headers, *encoding, "X-Request-Id")
    references = [{"$ref": f"#/components/parameters/{name}"} for name in names]
    if "{id}" in operation.path:
        references.insert(0, headers.identifier(operation.path))
    fields = schemas.parameters(operation.query) if operation.query else {}
    query = [{"name": name, "in": "query"} | _field(fields[name]) for name in operation.query_names]
    return [*query, *references]


def _field(schema: Schema) -> dict[str, Any]:
    return {"description": schema.pop("description"), "schema": schema}


def _responses(operation: Operation) -> dict[str, Any]:
    examples = {name: {"value": example.response} for name, example in operation.examples.items()}
    text = {operation.media_type: {"schema": {"type": "string"}}}
    response = {
        "description": operation.returns,
        "headers": headers.references("X-Request-Id", *operation.response_headers),
        "content": _json(operation.response, examples) if operation.response else text,
    }
    accepted = {"202": response | {"description": operation.accepted}} if operation.accepted else {}
    return {"200": response} | accepted | error_responses.responses(operation)


def _json(kinds: tuple[type, ...], examples: dict[str, Any]) -> dict[str, Any]:
    references = [schemas.reference(kind) for kind in kinds]
    schema = references[0] if len(references) == 1 else {"oneOf": references}
    content = {"schema": schema} | ({"examples": examples} if examples else {})
    return {"application/json": content}
