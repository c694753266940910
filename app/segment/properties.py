"""The properties of an event, composed from the JSON of a call without a change of its text."""

import msgspec
from msgspec import Raw

from app.segment import calls
from app.segment.calls import ABSENT, Call

_EMPTY = (b"", b"null", b"{}")
_members = msgspec.json.Decoder(dict[str, Raw])


def compose(call: Call, kind: str, context: Raw, context_traits: Raw) -> Raw:
    """Returns the properties of a call: its properties or traits, its own members, its context.

    If two have one name with different values, the name of the latter gets an underscore before
    it. A value that is no object is returned unchanged, and is invalid.
    """
    more = {"context": context}
    if kind in ("page", "screen"):
        more = {"name": call.name, "category": call.category, **more}
    elif kind == "group":
        more = {"groupId": call.group_id, **more}
    elif kind == "alias":
        more = {"previousId": _json(call.previous_id), **more}
    present = {name: value for name, value in more.items() if bytes(value) not in (*_EMPTY, b'""')}
    return _join(_own(call, kind, context_traits), present)


def _json(value: calls.Id) -> Raw:
    return ABSENT if value is None else Raw(msgspec.json.encode(value))


def _own(call: Call, kind: str, context_traits: Raw) -> Raw:
    if kind == "identify":
        return call.traits if calls.is_present(call.traits) else context_traits
    return call.traits if kind == "group" else call.properties


def _join(own: Raw, more: dict[str, Raw]) -> Raw:
    content = bytes(own).strip()
    if not more or not (content.startswith(b"{") or content in _EMPTY):
        return own
    inner = content[1:-1].strip() if content.startswith(b"{") else b""
    if inner:
        more = _without_clashes(content, more)
    texts = [b'"%b":%b' % (name.encode(), bytes(value)) for name, value in more.items()]
    return Raw(b"{%b}" % b",".join([inner, *texts] if inner else texts))


def _without_clashes(content: bytes, more: dict[str, Raw]) -> dict[str, Raw]:
    if b"\\u" not in content and not any(b'"%b"' % name.encode() in content for name in more):
        return more
    try:
        taken = _members.decode(content)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return more  # rejected later
    free: dict[str, Raw] = {}
    for name, value in more.items():
        key = name
        while key in taken and bytes(taken[key]) != bytes(value):
            key = f"_{key}"
        if key not in taken:
            free[key] = value
    return free
