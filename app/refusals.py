"""Refusals: what a route answers to errors, by the one map from errors to status codes."""

from typing import Any

from app import fields, schemas
from app.answers import STATUS, ErrorBody
from app.errors import ServiceError
from app.operations import Errors


def responses(errors: Errors) -> dict[str, Any]:
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
    own = [fields.OF_ERRORS[status]] if status in fields.OF_ERRORS else []
    return {
        "description": "; ".join(f"`{code}`: {message}" for code, message in said.items()),
        "headers": fields.references("X-Request-Id", *own),
        "content": {"application/json": {"schema": schema, "examples": examples}},
    }
