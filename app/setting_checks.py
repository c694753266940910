"""The checks of settings that no type states: their combinations, files and extras."""

from collections.abc import Callable, Mapping
from importlib import util
from ipaddress import ip_network
from urllib.parse import urlsplit

from app.access import redis_url
from app.domain.blocklist import Blocklist
from app.graph import credentials
from app.identity import suppression_secret_file
from app.webhooks import messages, secret_file

_LOGINS = ("NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE")


def networks(text: str) -> list[str]:
    """The networks in `text`, separated by commas. Raises ValueError if one is invalid."""
    return [str(ip_network(network.strip())) for network in text.split(",")]


def errors(present: Mapping[str, str]) -> list[str]:
    """The errors in the environment variables that are set, a text for each."""
    return [
        *_login_errors(present),
        *_ca_file_errors(present),
        *_blocked_keys_errors(present),
        *_trusted_proxies_errors(present),
        *_file_errors(present, "WAYPATH_SUPPRESSION_SECRET_FILE", suppression_secret_file.read),
        *_webhook_errors(present),
        *_otlp_endpoint_errors(present),
        *_rate_limit_storage_errors(present),
        *_oauth_errors(present),
    ]


def _file_errors(present: Mapping[str, str], name: str, read: Callable[[str], object]) -> list[str]:
    """The error of the file that a setting names, if it is set.

    `read` raises OSError, or ValueError with a rule that follows "the file".
    """
    if name not in present:
        return []
    try:
        read(present[name])
    except OSError as error:
        return [f"{name}: the file cannot be read: {error.strerror}"]
    except UnicodeDecodeError:
        return [f"{name}: the file must be UTF-8"]
    except ValueError as error:
        return [f"{name}: the file {error}"]
    return []


def _login_errors(present: Mapping[str, str]) -> list[str]:
    logins = [name for name in _LOGINS if name in present]
    errors = [f"{name}: must not be set together with {logins[0]}" for name in logins[1:]]
    if "NEO4J_URI" not in present:
        errors += [f"{name}: requires NEO4J_URI" for name in logins]
    for name in logins:
        if name != "NEO4J_PASSWORD":
            errors += _file_errors(present, name, credentials.read)
    return errors


def _ca_file_errors(present: Mapping[str, str]) -> list[str]:
    name = "NEO4J_CA_FILE"
    if name in present and "+s://" not in present.get("NEO4J_URI", ""):
        return ["NEO4J_CA_FILE: requires a NEO4J_URI with bolt+s:// or neo4j+s://"]
    return _file_errors(present, name, credentials.check_ca_file)


def _blocked_keys_errors(present: Mapping[str, str]) -> list[str]:
    name = "WAYPATH_BLOCKED_KEYS"
    try:
        Blocklist(present.get(name, ""))
    except ValueError as error:
        return [f"{name}: {error}"]
    return []


def _trusted_proxies_errors(present: Mapping[str, str]) -> list[str]:
    name = "WAYPATH_TRUSTED_PROXIES"
    try:
        networks(present.get(name, "::1"))
    except ValueError as error:
        return [f"{name}: must be networks, separated by commas: {error}"]
    return []


def _webhook_errors(present: Mapping[str, str]) -> list[str]:
    url, file = "WAYPATH_WEBHOOK_URL", "WAYPATH_WEBHOOK_SECRET_FILE"
    types = "WAYPATH_WEBHOOK_TYPES"
    if (url in present) != (file in present):
        name, other = (url, file) if url in present else (file, url)
        return [f"{name}: requires {other}"]
    if url not in present:
        return [f"{types}: requires {url}"] if types in present else []
    errors: list[str] = []
    try:
        messages.parse_types(present.get(types))
    except ValueError as error:
        errors.append(f"{types}: must be types, separated by commas: {error}")
    try:
        # A port that is no number.
        urlsplit(present[url]).port  # noqa: B018
    except ValueError as error:
        errors.append(f"{url}: {error}")
    return errors + _file_errors(present, file, secret_file.read)


def _otlp_endpoint_errors(present: Mapping[str, str]) -> list[str]:
    name = "OTEL_EXPORTER_OTLP_ENDPOINT"
    if name not in present or util.find_spec("opentelemetry.sdk"):
        return []
    return [f"{name}: {_missing_extra('otel')}"]


def _rate_limit_storage_errors(present: Mapping[str, str]) -> list[str]:
    name = "WAYPATH_RATE_LIMIT_STORAGE"
    if name not in present:
        return []
    if not util.find_spec("redis"):
        return [f"{name}: {_missing_extra('redis')}"]
    try:
        redis_url.parse(present[name])
    except ValueError as error:
        return [f"{name}: {error}"]
    return []


def _oauth_errors(present: Mapping[str, str]) -> list[str]:
    issuer, audience = "WAYPATH_OAUTH_ISSUER", "WAYPATH_OAUTH_AUDIENCE"
    if issuer not in present:
        forms = ("SCOPE_CLAIM", "SCOPE_PREFIX", "REQUEST_PREFIX")
        names = (audience, *(f"WAYPATH_OAUTH_{form}" for form in forms))
        return [f"{name}: requires {issuer}" for name in names if name in present]
    errors = [] if audience in present else [f"{issuer}: requires {audience}"]
    try:
        parts = urlsplit(present[issuer])
    except ValueError as error:
        return [*errors, f"{issuer}: must be a valid URL: {error}"]
    if parts.scheme == "http" and parts.hostname not in ("localhost", "127.0.0.1", "::1"):
        errors.append(f"{issuer}: must be an https URL, unless it is on this host")
    return errors


def _missing_extra(name: str) -> str:
    return f"requires the extra {name}: run pip install '.[{name}]' in the checkout"
