"""The settings: the variables of the environment, validated, and the database they name."""

import ssl
from collections.abc import Mapping
from importlib import util
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct, field

from app import paths
from app.access import redis_url
from app.domain.blocklist import Blocklist
from app.domain.resolution import ResolutionLimits
from app.graph import credentials
from app.graph.connection import Database
from app.graph.embedded.supervisor import running

Positive = Annotated[int, Meta(ge=1)]
Text = Annotated[str, Meta(min_length=1)]
Port = Annotated[int, Meta(ge=0, le=65535)]
Uri = Annotated[str, Meta(pattern=r"^(bolt(\+s|\+ssc)?://[^?]+|neo4j(\+s|\+ssc)?://.+)$")]
Link = Annotated[str, Meta(pattern=r"^https?://[^?#]+$")]
Hosts = Annotated[str, Meta(pattern=r"^[^\s,/]+(, ?[^\s,/]+)*$")]

_LOGINS = ("NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE")


class SettingsError(Exception):
    """Invalid settings: `errors` has one text for each, the message all of them, by name."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


class Settings(Struct, frozen=True):
    """The settings, with their names in the environment."""

    neo4j_uri: Uri | None = field(default=None, name="NEO4J_URI")
    neo4j_username: Text = field(default="neo4j", name="NEO4J_USERNAME")
    neo4j_password: str | None = field(default=None, name="NEO4J_PASSWORD")
    neo4j_password_file: str | None = field(default=None, name="NEO4J_PASSWORD_FILE")
    neo4j_token_file: str | None = field(default=None, name="NEO4J_TOKEN_FILE")
    neo4j_ca_file: str | None = field(default=None, name="NEO4J_CA_FILE")
    neo4j_reads: Literal["leader", "followers"] = field(default="leader", name="NEO4J_READS")
    neo4j_database: Text = field(default="neo4j", name="NEO4J_DATABASE")
    neo4j_browser: Link | None = field(default=None, name="NEO4J_BROWSER")
    host: Text = field(default="127.0.0.1", name="WAYPATH_HOST")
    port: Port = field(default=8000, name="WAYPATH_PORT")
    workers: Annotated[int, Meta(ge=1, le=64)] = field(default=1, name="WAYPATH_WORKERS")
    data_dir: Text = field(default=str(paths.data()), name="WAYPATH_DATA_DIR")
    rate_limit: Positive = field(default=60_000, name="WAYPATH_RATE_LIMIT")
    rate_limit_storage: str | None = field(default=None, name="WAYPATH_RATE_LIMIT_STORAGE")
    email_limit: Positive = field(default=100, name="WAYPATH_EMAIL_LIMIT")
    phone_limit: Positive = field(default=100, name="WAYPATH_PHONE_LIMIT")
    external_id_limit: Positive = field(default=1000, name="WAYPATH_EXTERNAL_ID_LIMIT")
    shared_after: Positive = field(default=5, name="WAYPATH_SHARED_AFTER")
    mcp_hosts: Hosts | None = field(default=None, name="WAYPATH_MCP_HOSTS")
    trusted_proxies: str = field(default="127.0.0.1,::1", name="WAYPATH_TRUSTED_PROXIES")
    blocked_keys: str = field(default="", name="WAYPATH_BLOCKED_KEYS")

    otlp_endpoint: Link | None = field(default=None, name="OTEL_EXPORTER_OTLP_ENDPOINT")

    @property
    def neo4j_home(self) -> Path:
        """The home of the embedded Neo4j."""
        return Path(self.data_dir).resolve() / "neo4j"

    @property
    def resolution_limits(self) -> ResolutionLimits:
        """How much a Customer may gather, and when a key counts as shared."""
        return ResolutionLimits(
            email=self.email_limit,
            phone=self.phone_limit,
            external_id=self.external_id_limit,
            shared_after=self.shared_after,
        )

    @property
    def hosts(self) -> list[str]:
        """The names by which agents may reach the service, as in a Host header without a port."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        others = [name.strip() for name in (self.mcp_hosts or "").split(",") if name]
        return ["localhost", "127.0.0.1", "[::1]", own, *others]

    @property
    def proxies(self) -> list[str]:
        """The networks from which `X-Forwarded-Proto` counts. Raises ValueError, unless loaded."""
        return [str(ip_network(network.strip())) for network in self.trusted_proxies.split(",")]

    @property
    def blocklist(self) -> Blocklist:
        """The identifiers that are ignored. Raises ValueError, unless the settings were loaded."""
        return Blocklist(self.blocked_keys)


def load(environ: Mapping[str, str]) -> Settings:
    """The settings in `environ`. An empty variable counts as absent.

    Raises SettingsError, which names every invalid variable.
    """
    present = {name: value for name, value in environ.items() if value}
    errors: list[str] = []
    for setting in msgspec.structs.fields(Settings):
        try:
            value = present.get(setting.encode_name, setting.default)
            msgspec.convert(value, setting.type, strict=False)
        except msgspec.ValidationError as error:
            errors.append(f"{setting.encode_name}: {error}")
    errors += _login_errors(present)
    errors += _ca_file_errors(present)
    try:
        Blocklist(present.get("WAYPATH_BLOCKED_KEYS", ""))
    except ValueError as error:
        errors.append(f"WAYPATH_BLOCKED_KEYS: {error}")
    try:
        _ = Settings(trusted_proxies=present.get("WAYPATH_TRUSTED_PROXIES", "::1")).proxies
    except ValueError as error:
        errors.append(f"WAYPATH_TRUSTED_PROXIES: {error}")
    if "OTEL_EXPORTER_OTLP_ENDPOINT" in present and not util.find_spec("opentelemetry.sdk"):
        errors.append("OTEL_EXPORTER_OTLP_ENDPOINT: needs pip install 'waypath-events[otel]'")
    errors += _rate_limit_storage_errors(present)
    if errors:
        raise SettingsError(*errors)
    return msgspec.convert(present, Settings, strict=False)


def database(config: Settings) -> Database:
    """The database of NEO4J_URI, or without it the embedded one.

    Raises LookupError if no embedded one runs.
    """
    if config.neo4j_uri:
        return Database(
            config.neo4j_uri,
            config.neo4j_username,
            config.neo4j_password,
            config.neo4j_database,
            config.neo4j_password_file,
            config.neo4j_token_file,
            config.neo4j_ca_file,
            config.neo4j_reads,
        )
    connection = running(config.neo4j_home)
    if connection is None:
        raise LookupError(f"no Neo4j runs in {config.neo4j_home}")
    return Database(connection.uri, connection.username, connection.password, config.neo4j_database)


def _login_errors(present: Mapping[str, str]) -> list[str]:
    logins = [name for name in _LOGINS if name in present]
    errors = [f"{name}: {logins[0]} is set as well" for name in logins[1:]]
    if "NEO4J_URI" not in present:
        errors += [f"{name}: is set, but NEO4J_URI is not" for name in logins]
    for name in logins:
        if name != "NEO4J_PASSWORD":
            try:
                credentials.read(present[name])
            except OSError as error:
                errors.append(f"{name}: cannot be read: {error.strerror}")
            except ValueError:
                errors.append(f"{name}: is empty, or not UTF-8")
    return errors


def _ca_file_errors(present: Mapping[str, str]) -> list[str]:
    file = present.get("NEO4J_CA_FILE")
    if not file:
        return []
    if "+s://" not in present.get("NEO4J_URI", ""):
        return ["NEO4J_CA_FILE: is for a NEO4J_URI with bolt+s:// or neo4j+s://"]
    try:
        ssl.create_default_context(cafile=file)
    except ssl.SSLError:
        return ["NEO4J_CA_FILE: has no certificate in PEM"]
    except OSError as error:
        return [f"NEO4J_CA_FILE: cannot be read: {error.strerror}"]
    return []


def _rate_limit_storage_errors(present: Mapping[str, str]) -> list[str]:
    name = "WAYPATH_RATE_LIMIT_STORAGE"
    if name not in present:
        return []
    if not util.find_spec("redis"):
        return [f"{name}: needs pip install 'waypath-events[redis]'"]
    try:
        redis_url.parse(present[name])
    except ValueError as error:
        return [f"{name}: {error}"]
    return []
