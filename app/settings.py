"""The settings: environment variables, validated, and the database that they name."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
from msgspec import Struct, field

from app import paths, setting_checks, setting_types
from app.access.token_policy import TokenPolicy
from app.domain.blocklist import Blocklist
from app.domain.clock_policy import ClockPolicy
from app.domain.resolution import ResolutionLimits
from app.graph.connection import Database
from app.graph.embedded.supervisor import running
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.setting_types import (
    Claim,
    Days,
    Hosts,
    Link,
    Port,
    Positive,
    Reads,
    ScopePrefix,
    Switch,
    Text,
    Toolsets,
    Uri,
    Webhook,
    Workers,
)


class SettingsError(Exception):
    """Invalid settings. `errors` has one text for each, and the message has all of them."""

    def __init__(self, *errors: str) -> None:
        super().__init__("; ".join(errors))
        self.errors = errors


class Settings(Struct, frozen=True):
    """The settings, with the names of their environment variables."""

    neo4j_uri: Uri | None = field(default=None, name="NEO4J_URI")
    neo4j_username: Text = field(default="neo4j", name="NEO4J_USERNAME")
    neo4j_password: str | None = field(default=None, name="NEO4J_PASSWORD")
    neo4j_password_file: str | None = field(default=None, name="NEO4J_PASSWORD_FILE")
    neo4j_token_file: str | None = field(default=None, name="NEO4J_TOKEN_FILE")
    neo4j_ca_file: str | None = field(default=None, name="NEO4J_CA_FILE")
    neo4j_reads: Reads = field(default="leader", name="NEO4J_READS")
    neo4j_database: Text = field(default="neo4j", name="NEO4J_DATABASE")
    neo4j_browser: Link | None = field(default=None, name="NEO4J_BROWSER")
    neo4j_aot_cache: Switch = field(default=True, name="WAYPATH_NEO4J_AOT_CACHE")
    host: Text = field(default="127.0.0.1", name="WAYPATH_HOST")
    port: Port = field(default=8000, name="WAYPATH_PORT")
    workers: Workers = field(default=1, name="WAYPATH_WORKERS")
    data_dir: Text = field(default=str(paths.data()), name="WAYPATH_DATA_DIR")
    rate_limit: Positive = field(default=60_000, name="WAYPATH_RATE_LIMIT")
    browser_rate_limit: Positive = field(default=6_000, name="WAYPATH_BROWSER_RATE_LIMIT")
    rate_limit_storage: str | None = field(default=None, name="WAYPATH_RATE_LIMIT_STORAGE")
    email_limit: Positive = field(default=100, name="WAYPATH_EMAIL_LIMIT")
    phone_limit: Positive = field(default=100, name="WAYPATH_PHONE_LIMIT")
    external_id_limit: Positive = field(default=1000, name="WAYPATH_EXTERNAL_ID_LIMIT")
    anonymous_id_limit: Positive = field(default=1000, name="WAYPATH_ANONYMOUS_ID_LIMIT")
    shared_after: Positive = field(default=5, name="WAYPATH_SHARED_AFTER")
    clock_skew_limit: Positive = field(default=3600, name="WAYPATH_CLOCK_SKEW_LIMIT")
    clock_skew_correction: Switch = field(default=False, name="WAYPATH_CLOCK_SKEW_CORRECTION")
    mcp_hosts: Hosts | None = field(default=None, name="WAYPATH_MCP_HOSTS")
    oauth_issuer: Link | None = field(default=None, name="WAYPATH_OAUTH_ISSUER")
    oauth_audience: Text | None = field(default=None, name="WAYPATH_OAUTH_AUDIENCE")
    oauth_scope_claim: Claim = field(default="scope", name="WAYPATH_OAUTH_SCOPE_CLAIM")
    oauth_scope_prefix: ScopePrefix = field(default="", name="WAYPATH_OAUTH_SCOPE_PREFIX")
    oauth_request_prefix: ScopePrefix = field(default="", name="WAYPATH_OAUTH_REQUEST_PREFIX")
    mcp_toolset_names: Toolsets | None = field(default=None, name="WAYPATH_MCP_TOOLSETS")
    trusted_proxies: str = field(default="127.0.0.1,::1", name="WAYPATH_TRUSTED_PROXIES")
    blocked_keys: str = field(default="", name="WAYPATH_BLOCKED_KEYS")
    suppression_secret_file: str | None = field(
        default=None, name="WAYPATH_SUPPRESSION_SECRET_FILE"
    )
    rejection_samples: Switch = field(default=True, name="WAYPATH_REJECTION_SAMPLES")
    retention: Days | None = field(default=None, name="WAYPATH_RETENTION")
    webhook_url: Webhook | None = field(default=None, name="WAYPATH_WEBHOOK_URL")
    webhook_secret_file: str | None = field(default=None, name="WAYPATH_WEBHOOK_SECRET_FILE")
    webhook_types: Text | None = field(default=None, name="WAYPATH_WEBHOOK_TYPES")
    otlp_endpoint: Link | None = field(default=None, name="OTEL_EXPORTER_OTLP_ENDPOINT")

    @property
    def neo4j_home(self) -> Path:
        """The home directory of the embedded Neo4j."""
        return Path(self.data_dir).resolve() / "neo4j"

    @property
    def resolution_limits(self) -> ResolutionLimits:
        """The identifier limits of a Customer, and the limit of shared identifiers."""
        return ResolutionLimits(
            email=self.email_limit,
            phone=self.phone_limit,
            external_id=self.external_id_limit,
            anonymous_id=self.anonymous_id_limit,
            shared_after=self.shared_after,
        )

    @property
    def clocks(self) -> ClockPolicy:
        """The policy for the clocks of devices."""
        return ClockPolicy(self.clock_skew_limit, self.clock_skew_correction)

    @property
    def hosts(self) -> list[str]:
        """The host names that agents may use in the Host header, without a port."""
        own = f"[{self.host}]" if ":" in self.host else self.host
        others = [name.strip() for name in (self.mcp_hosts or "").split(",") if name]
        return ["localhost", "127.0.0.1", "[::1]", own, *others]

    @property
    def token_policy(self) -> TokenPolicy | None:
        """The policy for access tokens at `/mcp`; None: API keys alone are accepted."""
        if not self.oauth_issuer or not self.oauth_audience:
            return None
        return TokenPolicy(
            self.oauth_issuer,
            self.oauth_audience,
            self.oauth_scope_claim,
            self.oauth_scope_prefix,
            self.oauth_request_prefix or self.oauth_scope_prefix,
        )

    @property
    def mcp_toolsets(self) -> list[str]:
        """The toolsets that agents may use in addition to the tools that are always there."""
        names = (name.strip() for name in (self.mcp_toolset_names or "").split(",") if name)
        return list(dict.fromkeys(names))

    @property
    def proxies(self) -> list[str]:
        """The networks whose `X-Forwarded-Proto` is trusted. Raises ValueError, unless loaded."""
        return setting_checks.networks(self.trusted_proxies)

    @property
    def suppression_secrets(self) -> SuppressionSecretFile:
        """The file of the suppression secrets. For the embedded Neo4j, the service makes it."""
        if self.suppression_secret_file:
            return SuppressionSecretFile(Path(self.suppression_secret_file))
        if self.neo4j_uri:
            return SuppressionSecretFile(None)
        return SuppressionSecretFile(
            Path(self.data_dir).resolve() / "suppression-secret", creates=True
        )

    @property
    def blocklist(self) -> Blocklist:
        """The blocked values. Raises ValueError, unless the settings were loaded."""
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
        except msgspec.ValidationError:
            errors.append(
                f"{setting.encode_name}: must be {setting_types.description(setting.type)}"
            )
    errors += setting_checks.errors(present)
    if errors:
        raise SettingsError(*errors)
    return msgspec.convert(present, Settings, strict=False)


def database(config: Settings) -> Database:
    """The database in NEO4J_URI, or else the embedded one.

    Raises LookupError if no embedded Neo4j is running.
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
        raise LookupError(f"no embedded Neo4j is running in {config.neo4j_home}")
    return Database(connection.uri, connection.username, connection.password, config.neo4j_database)
