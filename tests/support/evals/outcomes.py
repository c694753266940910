"""Outcomes: the result or the error of a call, compared with the expectations of its step."""

from typing import Any

from msgspec import Struct

from tests.support.evals.expectations import differences
from tests.support.evals.transcripts import Step


class Outcome(Struct):
    """The result of a call: its value, and the texts of a tool's result.

    `error` is the error of a tool or a route, `protocol_error` one of the protocol. Of a call that
    `is_lost`, the agent knows nothing.
    """

    value: Any = None
    texts: list[str] = []
    error: dict[str, Any] | None = None
    protocol_error: dict[str, Any] | None = None
    is_lost: bool = False


def expected(step: Step) -> dict[str, Any]:
    """The expectations of a step, by their fields."""
    fields = {
        "result": step.result,
        "text": step.text,
        "error": step.error,
        "protocolError": step.protocol_error,
    }
    return {name: value for name, value in fields.items() if value is not None}


def differences_of(expected: dict[str, Any], outcome: Outcome) -> list[str]:
    """Returns where an outcome differs from the expectations, a sentence each."""
    errors = {"error": outcome.error, "protocolError": outcome.protocol_error}
    for name, error in errors.items():
        if error is not None and name not in expected:
            return [f"must succeed, was {name} {error}"]
        if error is None and name in expected:
            return [f"expected {name} {expected[name]}, was {outcome.value}"]
    actual = errors | {"result": outcome.value, "text": "".join(outcome.texts[:1])}
    return [
        difference
        for name, value in expected.items()
        for difference in differences(value, actual[name], name)
    ]
