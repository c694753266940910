"""Refusals: what a route answers to errors, by the one map from errors to status codes."""

from collections.abc import Iterable
from typing import Any

from app.errors import ServiceError
from app.http.openapi import headers, schemas
from app.http.responses import STATUS, ErrorBody


def responses(errors: Iterable[type[ServiceError]]) -> dict[str, Any]:
    """What a route answers to each status of its errors."""
    kinds: dict[int, list[type[ServiceError]]] = {}
    for kind in errors:
        kinds.setdefault(int(STATUS[kind.code]), []).append(kind)
    return {str(status): _refusal(status, kinds[status]) for status in sorted(kinds)}


def description(kind: type[ServiceError]) -> str:
    """What an error means: the first paragraph of its docstring, less the status."""
    said = (kind.__doc__ or "").split("\n\n")[0].partition(": ")[2]
    return " ".join(said.split()).rstrip(".")


def _refusal(status: int, kinds: list[type[ServiceError]]) -> dict[str, Any]:
    said = {kind.code: description(kind) for kind in kinds}
    examples = {
        code: {
            "value": {"error": {"code": code, "message": message.replace("`", ""), "details": []}}
        }
        for code, message in said.items()
    }
    schema = schemas.reference(ErrorBody) | {
        "properties": {"error": {"properties": {"code": {"enum": list(said)}}}}
    }
    own = [headers.OF_ERRORS[status]] if status in headers.OF_ERRORS else []
    return {
        "description": "; ".join(f"`{code}`: {message}" for code, message in said.items()),
        "headers": headers.references("X-Request-Id", *own),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
