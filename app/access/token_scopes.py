"""The scopes of an access token: the claim that has them, and their form in it."""

from collections.abc import Mapping, Sequence
from typing import Any

from app.access import api_keys


def claim_path(claim: str) -> tuple[str, ...]:
    """The names that lead to a claim: its own, or those of a JSON Pointer (RFC 6901)."""
    if not claim.startswith("/"):
        return (claim,)
    names = claim[1:].split("/")
    return tuple(name.replace("~1", "/").replace("~0", "~") for name in names)


def read(claims: Mapping[str, Any], path: Sequence[str], prefix: str) -> frozenset[str]:
    """The known scopes in the claim at a path: a text with spaces between them, or a list.

    Each has the prefix, which the result leaves out. Any other content has no scopes.
    """
    content: Any = claims
    for name in path:
        content = content.get(name) if isinstance(content, dict) else None
    names = content.split() if isinstance(content, str) else content
    if not isinstance(names, list):
        return frozenset()
    return frozenset(scope for scope in api_keys.SCOPES if prefix + scope in names)
