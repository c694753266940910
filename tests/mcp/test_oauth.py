"""The endpoint as a resource server of OAuth 2.1, with a real authorization server."""

import json
import os
import socket
import subprocess
import time

import pytest
from mcp.client import Client
from mcp.client.auth.extensions.client_credentials import ClientCredentialsOAuthProvider
from mcp.client.streamable_http import streamable_http_client

from app.access import access_tokens
from app.mcp.steward_tools import IDENTITY, TOOLSETS
from app.settings import Settings
from tests.mcp.packages import PACKAGES
from tests.sdks import installation
from tests.support import http_client
from tests.support.event_stream import LiveReader
from tests.support.issuer import serving_issuer
from tests.support.mcp_client import EXAMPLE, LIST, over_http
from tests.support.server import serving, wait_until_ready
from tests.support.tokens import Signer

pytestmark = pytest.mark.anyio

CLIENT = "support-agent"
SECRET = "a secret of tests alone"
CALL = LIST | {
    "method": "tools/call",
    "params": {"name": "ingest_event", "arguments": EXAMPLE},
}


@pytest.fixture(scope="module")
def signer():
    """The key pair of the authorization server."""
    return Signer()


@pytest.fixture(scope="module")
def issuer(signer):
    """Where the authorization server is."""
    provider = installation.node_modules(PACKAGES) / "oidc-provider" / "lib" / "index.js"
    process = subprocess.Popen(
        [installation.BIN / "node", PACKAGES.parent / "provider.mjs", provider],
        env=os.environ | {"NODE_NO_WARNINGS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps({"keys": [signer.jwk(private=True)]}) + "\n")
        process.stdin.flush()
        yield process.stdout.readline().strip()
        process.stdin.close()


@pytest.fixture(scope="module")
def service(database, issuer):
    """Where a service is that takes access tokens of the authorization server."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = Settings(
        oauth_issuer=issuer, oauth_audience=f"http://127.0.0.1:{port}/mcp", rate_limit=1000
    )
    with serving(database, settings, port) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module")
def steward_service(database, issuer, service):
    """The address of another service, for the same tokens, which has the toolset `identity`."""
    settings = Settings(
        oauth_issuer=issuer, oauth_audience=f"{service}/mcp", mcp_toolset_names=IDENTITY
    )
    with serving(database, settings) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module")
def prefixed_service(database, issuer, service):
    """The address of another service, with the scopes in a nested claim and with prefixes."""
    settings = Settings(
        oauth_issuer=issuer,
        oauth_audience=f"{service}/mcp",
        oauth_scope_claim="/realm_access/roles",
        oauth_scope_prefix="waypath:",
        oauth_request_prefix="api://waypath/",
    )
    with serving(database, settings) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture
def get_token(issuer, service):
    """Gets an access token from the authorization server, by the credentials of the client."""

    def get(scope, resource=f"{service}/mcp"):
        form = {"grant_type": "client_credentials", "scope": scope, "resource": resource}
        response = http_client.post(f"{issuer}/token", data=form, auth=(CLIENT, SECRET))
        assert response.status_code == 200, response.text
        return response.json()["access_token"]

    return get


@pytest.fixture
def send(service):
    """Sends a JSON-RPC message with a bearer token."""

    def send(message, token, address=service):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return http_client.post(f"{address}/mcp", json=message, headers=headers)

    return send


def test_a_call_with_the_scope_stores_an_event(send, get_token):
    response = send(CALL, get_token("events:write"))

    assert response.json()["result"]["structuredContent"]["eventId"].startswith("evt_")


async def test_the_official_client_finds_the_issuer_and_gets_a_token_itself(service, issuer):
    login = ClientCredentialsOAuthProvider(
        server_url=f"{service}/mcp",
        storage=_Storage(),
        client_id=CLIENT,
        client_secret=SECRET,
        issuer=issuer,
    )
    async with (
        http_client.AsyncClient(auth=login, timeout=30) as http,
        Client(streamable_http_client(f"{service}/mcp", http_client=http)) as client,
    ):
        result = await client.call_tool("ingest_event", EXAMPLE)

    assert result.structured_content["customerId"].startswith("cus_")


async def test_an_api_key_is_accepted_as_well_as_tokens(service, key):
    async with over_http(service, {"X-API-Key": key}) as client:
        result = await client.call_tool("ingest_event", EXAMPLE)

    assert not result.is_error


def test_without_a_credential_the_challenge_names_the_metadata_and_the_scopes(send, service):
    response = send(LIST, None)

    assert response.status_code == 401
    assert response.headers["www-authenticate"] == (
        'Bearer realm="waypath-events", scope="context:read events:write", '
        f'resource_metadata="{service}/.well-known/oauth-protected-resource/mcp"'
    )


def test_the_metadata_names_the_issuer_and_the_scopes(service, issuer):
    response = http_client.get(f"{service}/.well-known/oauth-protected-resource/mcp")

    assert response.json() == {
        "resource": f"{service}/mcp",
        "authorization_servers": [issuer],
        "scopes_supported": ["context:read", "events:write"],
        "bearer_methods_supported": ["header"],
        "resource_name": "Waypath Events",
    }


def test_the_metadata_names_the_scopes_of_enabled_toolsets_alone(steward_service):
    response = http_client.get(f"{steward_service}/.well-known/oauth-protected-resource/mcp")

    assert response.json()["scopes_supported"] == ["context:read", "events:write", "identity:write"]


def test_the_challenge_names_the_scopes_of_enabled_toolsets_alone(send, steward_service):
    response = send(LIST, None, steward_service)

    assert (
        'scope="context:read events:write identity:write"' in (response.headers["www-authenticate"])
    )


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("tools/call", {"name": "ingest_event", "arguments": EXAMPLE}),
        ("prompts/get", {"name": "log_action", "arguments": {"action": "called"}}),
    ],
)
def test_a_token_without_the_scope_is_403_with_the_scope_to_ask_for(
    send, get_token, service, method, params
):
    response = send(LIST | {"method": method, "params": params}, get_token("context:read"))

    assert (response.status_code, response.json()["error"]["code"]) == (403, "forbidden_scope")
    assert response.headers["www-authenticate"] == (
        'Bearer realm="waypath-events", error="insufficient_scope", '
        'scope="context:read events:write", '
        f'resource_metadata="{service}/.well-known/oauth-protected-resource/mcp"'
    )


@pytest.mark.parametrize("tool", [tool.name for tool in TOOLSETS[IDENTITY]])
def test_a_token_without_the_scope_of_an_enabled_toolset_is_403_with_the_scope_to_ask_for(
    send, get_token, service, steward_service, tool
):
    call = LIST | {"method": "tools/call", "params": {"name": tool, "arguments": {}}}

    response = send(call, get_token("context:read"), steward_service)

    assert response.status_code == 403
    assert response.headers["www-authenticate"] == (
        'Bearer realm="waypath-events", error="insufficient_scope", '
        'scope="context:read identity:write", '
        f'resource_metadata="{service}/.well-known/oauth-protected-resource/mcp"'
    )


def test_a_token_with_the_scope_of_an_enabled_toolset_calls_its_tools(
    send, signer, issuer, service, steward_service
):
    token = signer.token(issuer, aud=f"{service}/mcp", scope="identity:write")
    merge = {"name": "preview_merge", "arguments": {"customer": "cus_0", "from": "cus_1"}}

    response = send(LIST | {"method": "tools/call", "params": merge}, token, steward_service)

    error = response.json()["result"]["structuredContent"]["error"]
    assert (response.status_code, error["code"]) == (200, "unknown_customer")


def test_a_tool_of_a_toolset_that_is_not_enabled_is_unknown_to_access_tokens(
    send, get_token, steward_service
):
    erase = {"name": "erase_customer", "arguments": {}}

    response = send(
        LIST | {"method": "tools/call", "params": erase},
        get_token("context:read"),
        steward_service,
    )

    assert response.json()["error"]["message"].startswith("Unknown tool erase_customer")


def test_a_token_has_its_scopes_in_a_nested_claim_with_a_prefix(
    send, signer, issuer, service, prefixed_service
):
    roles = {"roles": ["offline_access", "waypath:events:write"]}
    token = signer.token(issuer, aud=f"{service}/mcp", realm_access=roles)

    response = send(CALL, token, prefixed_service)

    assert response.json()["result"]["structuredContent"]["eventId"].startswith("evt_")


def test_the_metadata_names_the_scopes_as_clients_request_them(prefixed_service):
    response = http_client.get(f"{prefixed_service}/.well-known/oauth-protected-resource/mcp")

    assert response.json()["scopes_supported"] == [
        "api://waypath/context:read",
        "api://waypath/events:write",
    ]


def test_the_scope_to_ask_for_is_as_clients_request_it(
    send, signer, issuer, service, prefixed_service
):
    roles = {"roles": ["events:write", "waypath:context:read"]}  # the first one lacks the prefix
    token = signer.token(issuer, aud=f"{service}/mcp", realm_access=roles)

    response = send(CALL, token, prefixed_service)

    assert response.status_code == 403
    requested = 'scope="api://waypath/context:read api://waypath/events:write"'
    assert requested in response.headers["www-authenticate"]


def test_a_token_without_the_scope_reads_no_customer(send, get_token):
    read = {"method": "resources/read", "params": {"uri": "waypath://customers/cus_0"}}

    response = send(LIST | read, get_token("events:write"))

    assert (response.status_code, response.json()["error"]["message"]) == (
        403,
        "The access token lacks the required scope context:read.",
    )


def test_a_token_without_a_scope_lists_the_tools(send, signer, issuer, service):
    token = signer.token(issuer, aud=f"{service}/mcp", scope=None)

    assert send(LIST, token).status_code == 200


@pytest.mark.parametrize("scope", [None, "context:read"])
def test_a_scope_is_checked_in_any_form_of_a_call(send, signer, issuer, service, scope):
    token = signer.token(issuer, aud=f"{service}/mcp", scope=scope)
    hidden = json.dumps(CALL).replace('"ingest_event"', '"ingest\\u005fevent"')

    response = http_client.post(
        f"{service}/mcp",
        content=hidden,
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )

    assert response.status_code == 403


def test_a_token_for_another_resource_is_401(send, get_token):
    response = send(CALL, get_token("events:write", "https://other.acme.com/mcp"))

    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthenticated")
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def test_an_expired_token_is_401(send, signer, issuer, service):
    expired = int(time.time()) - access_tokens.LEEWAY_SECONDS - 10

    response = send(CALL, signer.token(issuer, aud=f"{service}/mcp", exp=expired))

    assert (response.status_code, response.json()["error"]["message"]) == (
        401,
        access_tokens.INVALID_TOKEN,
    )


@pytest.mark.parametrize("header", ["X-API-Key", "Authorization"])
def test_a_token_is_accepted_at_no_other_route(service, get_token, header):
    token = get_token("events:write")
    value = token if header == "X-API-Key" else f"Bearer {token}"

    response = http_client.post(f"{service}/v1/events", json=EXAMPLE, headers={header: value})

    assert response.status_code == 401


def test_an_unavailable_issuer_is_503_with_the_time_to_wait(database, send, signer):
    with serving_issuer() as away:  # without metadata
        settings = Settings(oauth_issuer=away.address, oauth_audience="https://a.example/mcp")
        with serving(database, settings) as address:
            wait_until_ready(address)
            response = send(CALL, signer.token(away.address), address)

    assert (response.status_code, response.headers["retry-after"]) == (503, "10")


def test_an_audience_that_is_no_url_has_the_address_of_the_request_in_the_metadata(
    database, issuer
):
    settings = Settings(oauth_issuer=issuer, oauth_audience="api://waypath")
    with serving(database, settings) as address:
        response = http_client.get(f"{address}/.well-known/oauth-protected-resource/mcp")

    assert response.json()["resource"] == f"{address}/mcp"


def test_without_an_issuer_there_is_no_metadata(address):
    response = http_client.get(f"{address}/.well-known/oauth-protected-resource/mcp")

    assert response.status_code == 404


def test_the_live_stream_names_the_client(send, signer, issuer, service, key, unique):
    token = signer.token(issuer, aud=f"{service}/mcp", sub="ann@acme.com")
    call = {"name": "ingest_event", "arguments": EXAMPLE | {"email": f"{unique}@acme.com"}}

    with LiveReader(service, key) as stream:
        send(CALL | {"params": call}, token)
        record = stream.record()
        while unique not in str(record):  # of another test
            record = stream.record()

    assert record["apiKey"] == CLIENT


class _Storage:
    """Holds the token of a client in memory."""

    def __init__(self):
        self._tokens = self._client = None

    async def get_tokens(self):
        return self._tokens

    async def set_tokens(self, tokens):
        self._tokens = tokens

    async def get_client_info(self):
        return self._client

    async def set_client_info(self, client_info):
        self._client = client_info
