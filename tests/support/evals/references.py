"""References: `$jane.email` and `$call.customerId` in a transcript are values of the run."""

import re
from collections.abc import Mapping
from typing import Any

from tests.support.evals.expectations import Present

_REFERENCE = re.compile(r"\$(?:\$|([A-Za-z]\w*(?:\.\w+)*))")


class UnknownReference(Exception):
    """A reference names no value of the run."""


def resolve(template: Any, values: Mapping[str, Any]) -> Any:
    """Returns a template of JSON with the values in the place of references.

    A text that is one reference becomes its value, of any type. `$$` is a dollar sign. Raises
    UnknownReference.
    """
    if isinstance(template, str):
        if (whole := _REFERENCE.fullmatch(template)) and whole[1]:
            return _value(whole[1], values)
        return _REFERENCE.sub(
            lambda match: str(_value(match[1], values)) if match[1] else "$", template
        )
    if isinstance(template, Present) and template.text:
        return template.with_text(resolve(template.text, values))
    if isinstance(template, dict):
        return {resolve(name, values): resolve(value, values) for name, value in template.items()}
    if isinstance(template, list):
        return [resolve(item, values) for item in template]
    return template


def _value(reference: str, values: Mapping[str, Any]) -> Any:
    value: Any = values
    for name in reference.split("."):
        try:
            value = value[int(name)] if isinstance(value, list) else value[name]
        except (KeyError, IndexError, ValueError, TypeError):
            known = ", ".join(value) if isinstance(value, Mapping) else repr(value)
            message = f"${reference}: there is no {name} in {known}"
            raise UnknownReference(message) from None
    return value
