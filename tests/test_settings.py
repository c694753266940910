from importlib import util

import pytest
import trustme

from app import paths, settings
from app.access.token_policy import TokenPolicy
from app.settings import SettingsError


def test_every_setting_has_a_default():
    loaded = settings.load({})

    assert (loaded.host, loaded.port, loaded.workers) == ("127.0.0.1", 8000, 1)
    assert (loaded.neo4j_uri, loaded.neo4j_username, loaded.neo4j_database) == (
        None,
        "neo4j",
        "neo4j",
    )
    assert (loaded.data_dir, loaded.rate_limit) == (str(paths.data()), 60_000)
    assert loaded.proxies == ["127.0.0.1/32", "::1/128"]


def test_every_setting_comes_from_the_environment():
    loaded = settings.load(
        {
            "NEO4J_URI": "neo4j+s://db.example",
            "NEO4J_USERNAME": "writer",
            "NEO4J_PASSWORD": "secret",
            "NEO4J_DATABASE": "events",
            "WAYPATH_NEO4J_AOT_CACHE": "false",
            "WAYPATH_HOST": "0.0.0.0",
            "WAYPATH_PORT": "9000",
            "WAYPATH_WORKERS": "4",
            "WAYPATH_DATA_DIR": "/data",
            "WAYPATH_RATE_LIMIT": "100",
            "WAYPATH_RATE_LIMIT_STORAGE": "rediss://limits:secret@cache.example:6380/1",
            "WAYPATH_MCP_HOSTS": "a.example, b.example",
            "WAYPATH_MCP_TOOLSETS": "erasure, identity",
            "WAYPATH_TRUSTED_PROXIES": "10.0.0.0/8, 192.0.2.7,2001:db8::/32",
        }
    )

    assert loaded.neo4j_uri == "neo4j+s://db.example"
    assert (loaded.neo4j_username, loaded.neo4j_password) == ("writer", "secret")
    assert (loaded.neo4j_database, loaded.data_dir) == ("events", "/data")
    assert not loaded.neo4j_aot_cache
    assert (loaded.host, loaded.port, loaded.workers) == ("0.0.0.0", 9000, 4)
    assert loaded.rate_limit == 100
    assert loaded.rate_limit_storage == "rediss://limits:secret@cache.example:6380/1"
    assert loaded.hosts[-2:] == ["a.example", "b.example"]
    assert loaded.mcp_toolsets == ["erasure", "identity"]
    assert loaded.proxies == ["10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32"]


def test_an_empty_variable_counts_as_absent():
    assert settings.load({"WAYPATH_PORT": "", "NEO4J_URI": ""}) == settings.load({})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEO4J_URI", "http://localhost:7474"),
        ("NEO4J_URI", "localhost:7687"),
        ("NEO4J_URI", "bolt://localhost?policy=eu"),
        ("WAYPATH_PORT", "http"),
        ("WAYPATH_PORT", "65536"),
        ("WAYPATH_WORKERS", "0"),
        ("WAYPATH_WORKERS", "two"),
        ("WAYPATH_RATE_LIMIT", "0"),
        ("WAYPATH_RATE_LIMIT", "1.5"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "memcached://localhost"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://localhost:99999"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://localhost/events"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://localhost?colour=red"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://localhost?socket_timeout=soon"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://localhost?socket_timeout=0"),
        ("WAYPATH_MCP_HOSTS", "https://a.example"),
        ("WAYPATH_OAUTH_ISSUER", "login.example"),
        ("WAYPATH_OAUTH_ISSUER", "http://login.example"),
        ("WAYPATH_OAUTH_ISSUER", "https://[login.example"),
        ("WAYPATH_OAUTH_ISSUER", "https://login.example?tenant=1"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "realm_access.roles"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "realm_access/roles"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "/realm_access/roles/"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "/"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "/roles~2"),
        ("WAYPATH_OAUTH_SCOPE_PREFIX", "waypath "),
        ("WAYPATH_OAUTH_SCOPE_PREFIX", 'waypath"'),
        ("WAYPATH_OAUTH_SCOPE_PREFIX", "waypath\\"),
        ("WAYPATH_OAUTH_SCOPE_PREFIX", "wäypath:"),
        ("WAYPATH_OAUTH_REQUEST_PREFIX", "api://waypath/\n"),
        ("WAYPATH_MCP_TOOLSETS", "identity, all"),
        ("WAYPATH_TRUSTED_PROXIES", "*"),
        ("WAYPATH_TRUSTED_PROXIES", "proxy.example"),
        ("WAYPATH_TRUSTED_PROXIES", "10.0.0.1/8"),
        ("WAYPATH_TRUSTED_PROXIES", "10.0.0.1,"),
    ],
)
def test_a_wrong_setting_is_named(name, value):
    with pytest.raises(SettingsError, match=f"{name}: .*must be "):
        settings.load({name: value})


def test_every_wrong_setting_is_named():
    with pytest.raises(SettingsError, match=r"WAYPATH_PORT.*WAYPATH_WORKERS"):
        settings.load({"WAYPATH_PORT": "x", "WAYPATH_WORKERS": "x"})


def test_every_invalid_setting_is_reported_by_itself():
    with pytest.raises(SettingsError) as error:
        settings.load({"WAYPATH_PORT": "x", "WAYPATH_WORKERS": "x"})

    assert [message.split(":")[0] for message in error.value.errors] == [
        "WAYPATH_PORT",
        "WAYPATH_WORKERS",
    ]


@pytest.mark.parametrize("name", ["NEO4J_PASSWORD", "NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE"])
def test_a_password_without_a_database_to_use_it_on_is_named(name, secret):
    with pytest.raises(SettingsError, match=f"{name}: requires NEO4J_URI"):
        settings.load({name: secret})


@pytest.mark.parametrize(
    ("name", "value", "missing"),
    [
        ("WAYPATH_OAUTH_ISSUER", "https://login.example", "WAYPATH_OAUTH_AUDIENCE"),
        ("WAYPATH_OAUTH_AUDIENCE", "https://events.example/mcp", "WAYPATH_OAUTH_ISSUER"),
        ("WAYPATH_OAUTH_SCOPE_CLAIM", "scp", "WAYPATH_OAUTH_ISSUER"),
        ("WAYPATH_OAUTH_SCOPE_PREFIX", "waypath:", "WAYPATH_OAUTH_ISSUER"),
        ("WAYPATH_OAUTH_REQUEST_PREFIX", "api://waypath/", "WAYPATH_OAUTH_ISSUER"),
    ],
)
def test_an_oauth_setting_without_its_other_one_is_named(name, value, missing):
    with pytest.raises(SettingsError, match=f"{name}: requires {missing}"):
        settings.load({name: value})


OAUTH = {
    "WAYPATH_OAUTH_ISSUER": "https://login.example",
    "WAYPATH_OAUTH_AUDIENCE": "https://events.example/mcp",
}


@pytest.mark.parametrize("issuer", ["https://login.example/a", "http://127.0.0.1:9/a"])
def test_an_issuer_and_an_audience_make_a_policy(issuer):
    names = {"WAYPATH_OAUTH_ISSUER": issuer, "WAYPATH_OAUTH_AUDIENCE": "waypath"}

    assert settings.load(names).token_policy == TokenPolicy(issuer, "waypath", "scope")


@pytest.mark.parametrize(
    "claim",
    ["scp", "cognito:groups", "https://waypath.example/scopes", "/resource_access/a.b/roles"],
)
def test_a_claim_is_a_name_or_a_url_or_a_json_pointer(claim):
    names = OAUTH | {"WAYPATH_OAUTH_SCOPE_CLAIM": claim}

    assert settings.load(names).oauth_scope_claim == claim


@pytest.mark.parametrize(
    ("prefixes", "in_tokens", "in_requests"),
    [
        ({}, "", ""),
        ({"WAYPATH_OAUTH_SCOPE_PREFIX": "waypath:"}, "waypath:", "waypath:"),
        ({"WAYPATH_OAUTH_REQUEST_PREFIX": "api://waypath/"}, "", "api://waypath/"),
        (
            {"WAYPATH_OAUTH_SCOPE_PREFIX": "a:", "WAYPATH_OAUTH_REQUEST_PREFIX": "b:"},
            *("a:", "b:"),
        ),
    ],
)
def test_clients_request_the_prefix_of_tokens_unless_another_is_set(
    prefixes, in_tokens, in_requests
):
    policy = settings.load(OAUTH | prefixes).token_policy

    assert policy
    assert (policy.scope_prefix, policy.request_prefix) == (in_tokens, in_requests)


@pytest.fixture
def secret(tmp_path):
    """The path of a file with a secret."""
    path = tmp_path / "secret"
    path.write_text("hunter2\n")
    return str(path)


URI = {"NEO4J_URI": "neo4j+s://db.example"}


@pytest.mark.parametrize("name", ["NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE"])
def test_a_secret_may_be_in_a_file(name, secret):
    loaded = settings.load({**URI, name: secret})

    assert secret in (loaded.neo4j_password_file, loaded.neo4j_token_file)
    assert loaded.neo4j_password is None


@pytest.mark.parametrize("name", ["NEO4J_PASSWORD_FILE", "NEO4J_TOKEN_FILE"])
def test_a_file_without_a_secret_is_named(name, tmp_path):
    (tmp_path / "empty").write_text("\n")

    with pytest.raises(SettingsError, match=f"{name}: the file cannot be read: No such file"):
        settings.load({**URI, name: str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match=f"{name}: the file is empty"):
        settings.load({**URI, name: str(tmp_path / "empty")})


@pytest.mark.parametrize(
    "name",
    [
        "NEO4J_PASSWORD_FILE",
        "NEO4J_TOKEN_FILE",
        "WAYPATH_SUPPRESSION_SECRET_FILE",
        "WAYPATH_WEBHOOK_SECRET_FILE",
    ],
)
def test_a_file_of_a_secret_that_is_no_text_is_an_error(name, tmp_path):
    file = tmp_path / "binary"
    file.write_bytes(b"\xff\xfe")
    others = {"WAYPATH_WEBHOOK_URL": "https://hooks.example"} if "WEBHOOK" in name else {}

    with pytest.raises(SettingsError, match=f"{name}: the file must be UTF-8"):
        settings.load({**URI, **others, name: str(file)})


def test_of_two_secrets_neither_is_chosen(secret):
    both = {"NEO4J_PASSWORD": "x", "NEO4J_PASSWORD_FILE": secret}

    with pytest.raises(
        SettingsError, match="NEO4J_PASSWORD_FILE: must not be set .* NEO4J_PASSWORD"
    ):
        settings.load({**URI, **both})


def test_authorities_are_read_before_they_are_needed(tmp_path, secret):
    ca_file = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(ca_file)

    assert settings.load({**URI, "NEO4J_CA_FILE": str(ca_file)}).neo4j_ca_file == str(ca_file)
    with pytest.raises(SettingsError, match="NEO4J_CA_FILE: the file cannot be read: No such file"):
        settings.load({**URI, "NEO4J_CA_FILE": str(tmp_path / "nowhere")})
    with pytest.raises(SettingsError, match="NEO4J_CA_FILE: the file has no PEM certificate"):
        settings.load({**URI, "NEO4J_CA_FILE": secret})


@pytest.mark.parametrize("uri", ["bolt://localhost", "neo4j+ssc://localhost"])
def test_an_unused_ca_bundle_is_named(uri, secret):
    with pytest.raises(SettingsError, match=r"NEO4J_CA_FILE: requires .* neo4j\+s://"):
        settings.load({"NEO4J_URI": uri, "NEO4J_CA_FILE": secret})


def test_a_cluster_is_read_at_its_leader_unless_others_are_named():
    assert settings.load({}).neo4j_reads == "leader"
    assert settings.load({"NEO4J_READS": "followers"}).neo4j_reads == "followers"
    with pytest.raises(SettingsError, match="NEO4J_READS"):
        settings.load({"NEO4J_READS": "anybody"})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("NEO4J_PASSWORD", "hunter2"),
        # As given, without percent-encoding.
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://:hunter2/x@cache.example"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://:x#hunter2@cache.example"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://:x@hunter2@cache.example"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://user:hunter2@cache.example:port"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis:/user:hunter2@cache.example"),
        ("WAYPATH_RATE_LIMIT_STORAGE", "redis://cache.example?password=x&socket_timeout=hunter2"),
    ],
)
def test_an_error_does_not_repeat_a_secret(name, value):
    with pytest.raises(SettingsError, match=name) as error:
        settings.load({name: value})

    assert "hunter2" not in str(error.value)


def test_a_storage_without_its_client_is_reported_with_the_extra_to_install(monkeypatch):
    monkeypatch.setattr(util, "find_spec", lambda _: None)

    with pytest.raises(SettingsError, match=r"STORAGE: .*pip install '\.\[redis]'"):
        settings.load({"WAYPATH_RATE_LIMIT_STORAGE": "redis://localhost"})


@pytest.fixture
def webhook(tmp_path):
    file = tmp_path / "secret"
    file.write_text("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\n")
    return {
        "WAYPATH_WEBHOOK_URL": "https://hooks.example/waypath?tenant=1",
        "WAYPATH_WEBHOOK_SECRET_FILE": str(file),
    }


def test_a_webhook_url_may_have_a_query(webhook):
    assert settings.load(webhook).webhook_url == "https://hooks.example/waypath?tenant=1"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("WAYPATH_WEBHOOK_URL", "WAYPATH_WEBHOOK_SECRET_FILE"),
        ("WAYPATH_WEBHOOK_SECRET_FILE", "WAYPATH_WEBHOOK_URL"),
    ],
)
def test_a_webhook_needs_a_url_and_a_secret(webhook, name, other):
    with pytest.raises(SettingsError) as error:
        settings.load({name: webhook[name]})

    assert error.value.errors == (f"{name}: requires {other}",)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://hooks.example",
        "hooks.example",
        "https://",
        "https://hooks.example/#top",
        "https://hooks.example:port/",
        "https://hooks.example:99999/",
        "https://[::1/",
    ],
)
def test_a_webhook_url_that_cannot_be_used_is_an_error(webhook, url):
    with pytest.raises(SettingsError, match="WAYPATH_WEBHOOK_URL"):
        settings.load(webhook | {"WAYPATH_WEBHOOK_URL": url})


def test_types_of_webhooks_are_accepted(webhook):
    types = "customer.merged, customer.erased"

    assert settings.load(webhook | {"WAYPATH_WEBHOOK_TYPES": types}).webhook_types == types


@pytest.mark.parametrize("types", ["customer.renamed", "customer.merged,", "*", "webhook.test"])
def test_an_unknown_type_of_webhooks_is_an_error(webhook, types):
    with pytest.raises(SettingsError, match=r"WAYPATH_WEBHOOK_TYPES: .* is none of conflict\."):
        settings.load(webhook | {"WAYPATH_WEBHOOK_TYPES": types})


def test_types_of_webhooks_need_a_url():
    with pytest.raises(SettingsError, match="WAYPATH_WEBHOOK_TYPES: requires WAYPATH_WEBHOOK_URL"):
        settings.load({"WAYPATH_WEBHOOK_TYPES": "customer.merged"})


def test_a_file_without_a_webhook_secret_is_an_error(webhook, tmp_path):
    file = tmp_path / "other"
    file.write_text("secret\n")

    with pytest.raises(SettingsError, match="must have a secret in each line"):
        settings.load(webhook | {"WAYPATH_WEBHOOK_SECRET_FILE": str(file)})


def test_a_file_of_webhook_secrets_that_cannot_be_read_is_an_error(webhook, tmp_path):
    with pytest.raises(SettingsError, match="the file cannot be read"):
        settings.load(webhook | {"WAYPATH_WEBHOOK_SECRET_FILE": str(tmp_path / "none")})
