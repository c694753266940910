"""The types of settings, each with the description of its values."""

from typing import Annotated, Any, Literal, get_args

from msgspec import Meta

MAX_DAYS = 36_500

_URI = r"^(bolt(\+s|\+ssc)?://[^?]+|neo4j(\+s|\+ssc)?://.+)$"
_URL = r"^https?://[^?#]+$"
_WEBHOOK = r"^https?://[^\s/?#]+[^\s#]*$"
_TOOLSETS = r"^(identity|erasure)(, ?(identity|erasure))*$"
# Another name with a dot or a slash may be meant as a path.
_CLAIM = r"^([^./]+|https?://.+|(/([^/~]|~[01])+)+)\Z"
_SCOPE_PREFIX = r"^[!#-\[\]-~]*\Z"  # the characters of a scope, by RFC 6749
_HOSTS = r"^[^\s,/]+(, ?[^\s,/]+)*$"

# Each description completes the error message "must be …".
Positive = Annotated[int, Meta(ge=1, description="an integer of at least 1")]
Days = Annotated[int, Meta(ge=1, le=MAX_DAYS, description="an integer from 1 to 36500")]
Text = Annotated[str, Meta(min_length=1, description="a text")]
Port = Annotated[int, Meta(ge=0, le=65535, description="an integer from 0 to 65535")]
Workers = Annotated[int, Meta(ge=1, le=64, description="an integer from 1 to 64")]
Uri = Annotated[str, Meta(pattern=_URI, description="a URI such as bolt://host or neo4j+s://host")]
Link = Annotated[str, Meta(pattern=_URL, description="a URL such as https://host/path")]
Webhook = Annotated[
    str, Meta(pattern=_WEBHOOK, description="a URL such as https://host/path?query")
]
Hosts = Annotated[str, Meta(pattern=_HOSTS, description="host names, separated by commas")]
Toolsets = Annotated[
    str, Meta(pattern=_TOOLSETS, description="toolsets, separated by commas: identity, erasure")
]
Claim = Annotated[
    str,
    Meta(
        pattern=_CLAIM,
        description="the name of a claim, a URL, or a JSON Pointer such as /realm_access/roles",
    ),
]
ScopePrefix = Annotated[
    str, Meta(pattern=_SCOPE_PREFIX, description="ASCII characters of a scope, without spaces")
]
Reads = Annotated[Literal["leader", "followers"], Meta(description="leader or followers")]
Switch = Annotated[bool, Meta(description="true or false")]


def description(kind: Any) -> str:
    """The description of a setting's type, which may be optional."""
    described = next(part for part in (kind, *get_args(kind)) if hasattr(part, "__metadata__"))
    return described.__metadata__[0].description
