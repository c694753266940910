"""Access tokens: which are accepted, who their client is, and what the service reads for them."""

import base64
import contextlib
import hmac
import json
import time

import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from structlog.testing import capture_logs

from app import settings
from app.access import access_tokens, issuer_documents, issuer_keys
from app.access.access_tokens import AccessTokens
from app.access.issuer_keys import IssuerKeys, IssuerUnavailable
from app.access.token_policy import TokenPolicy
from app.errors import Unauthenticated
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import code, table
from tests.support.issuer import serving_issuer
from tests.support.tokens import AUDIENCE, Signer

pytestmark = pytest.mark.anyio

LATE = access_tokens.LEEWAY_SECONDS + 3600  # longer than the tests take


@pytest.fixture(scope="module")
def signer():
    return Signer()


@pytest.fixture
def issuer(signer):
    """An issuer with the key of the signer."""
    with serving_issuer() as issuer:
        issuer.publish(signer.jwk())
        yield issuer


@pytest.fixture
def make(issuer):
    """Makes a verifier of the tokens of the issuer."""

    def make(min_interval=issuer_keys.MIN_INTERVAL_SECONDS, **policy):
        policy = TokenPolicy(**{"issuer": issuer.address, "audience": AUDIENCE} | policy)
        return AccessTokens(policy, IssuerKeys(policy.issuer, min_interval))

    return make


@pytest.fixture
def reject(make):
    """Verifies a token, which must be rejected."""

    async def reject(token):
        with pytest.raises(Unauthenticated, match="invalid, expired or for another service"):
            await make().verify(token)

    return reject


async def test_the_client_of_a_token_has_its_scopes(make, signer, issuer):
    client = await make().verify(signer.token(issuer.address))

    assert (client.name, client.scopes) == ("support-agent", {"events:write", "context:read"})


async def test_unknown_scopes_are_left_out(make, signer, issuer):
    token = signer.token(issuer.address, scope="openid events:write browser:write *")

    assert (await make().verify(token)).scopes == {"events:write"}


@pytest.mark.parametrize(
    "claim", ["events:write", ["events:write"], {"events:write": True}, None, 1]
)
async def test_the_scopes_may_be_a_text_or_a_list_in_a_claim_by_name(make, signer, issuer, claim):
    token = signer.token(issuer.address, scope="context:read", permissions=claim)

    client = await make(scope_claim="permissions").verify(token)

    assert client.scopes == ({"events:write"} if isinstance(claim, str | list) else set())


ROLES = {"roles": ["offline_access", "events:write"]}
NESTED = {"realm_access": ROLES, "resource_access": {"acme.com": ROLES}}


@pytest.mark.parametrize(
    ("claim", "claims"),
    [
        ("/realm_access/roles", NESTED),
        ("/resource_access/acme.com/roles", NESTED),
        ("https://waypath.example/scopes", {"https://waypath.example/scopes": "events:write"}),
        ("/https:~1~1acme.com~1scopes", {"https://acme.com/scopes": ["events:write"]}),
        ("/a~1b/~0/c.d", {"a/b": {"~": {"c.d": "events:write"}}}),
        ("/~01", {"~1": "events:write"}),
        ("/scp", {"scp": "events:write"}),
    ],
)
async def test_the_scopes_may_be_in_a_nested_claim(make, signer, issuer, claim, claims):
    token = signer.token(issuer.address, **claims)

    assert (await make(scope_claim=claim).verify(token)).scopes == {"events:write"}


GUIDE = (CHECKOUT / "docs" / "how-to" / "agents" / "oauth.md").read_text()
FORMS = [(code(form)[0], code(names)) for form, _, names in table(GUIDE, "Scopes in tokens")]


@pytest.mark.parametrize(("form", "names"), FORMS, ids=[form for form, _ in FORMS])
async def test_each_documented_form_of_tokens_gives_the_scope(make, signer, issuer, form, names):
    required = {"WAYPATH_OAUTH_ISSUER": issuer.address, "WAYPATH_OAUTH_AUDIENCE": AUDIENCE}
    policy = settings.load(required | dict(name.split("=") for name in names)).token_policy
    assert policy
    token = signer.token(issuer.address, **{"scope": None} | json.loads(f"{{{form}}}"))

    client = await make(**msgspec.structs.asdict(policy)).verify(token)

    assert client.scopes == {"events:write"}


@pytest.mark.parametrize("claim", ["realm_access.roles", "/realm_access/roles/0", "/realm_access"])
async def test_another_path_than_that_of_the_scopes_gives_none(make, signer, issuer, claim):
    token = signer.token(issuer.address, **NESTED)

    assert (await make(scope_claim=claim).verify(token)).scopes == set()


@pytest.mark.parametrize(
    ("prefix", "sent"),
    [
        ("waypath:", "waypath:events:write context:read waypath: waypath:waypath:context:read"),
        ("api://waypath/", ["api://waypath/events:write", "api://other/context:read"]),
        ("https://acme.com/mcp/", "https://acme.com/mcp/events:write https://acme.com/mcp"),
    ],
)
async def test_only_scopes_with_the_prefix_count(make, signer, issuer, prefix, sent):
    client = await make(scope_prefix=prefix).verify(signer.token(issuer.address, scope=sent))

    assert client.scopes == {"events:write"}


@pytest.mark.parametrize(
    "content",
    [
        "null",
        "true",
        "1e999",
        "NaN",
        '"events:write"',
        '["events:write"]',
        '{"roles": null}',
        '{"roles": 1}',
        '{"roles": {"events:write": true}}',
        '{"roles": [["events:write"], {"events:write": 1}, null, 1, 1e999, true]}',
        '{"roles": "events:write\\u0000 EVENTS:WRITE"}',
        '{"ROLES": ["events:write"]}',
        pytest.param('{"roles": ' + "9" * 4000 + "}", id="huge number"),
        pytest.param('{"roles": "' + " " * 4000 + '"}', id="huge text"),
        pytest.param('{"roles": [' + "0," * 2000 + "0]}", id="huge list"),
    ],
)
async def test_hostile_content_of_the_claim_gives_no_scope(make, signer, issuer, content):
    token = signer.sign(_with_claim(issuer, content))

    assert (await make(scope_claim="/realm_access/roles").verify(token)).scopes == set()


@pytest.mark.parametrize("depth", [500, 2500])
@pytest.mark.parametrize(("start", "end"), [("[", "]"), ('{"":', "}")], ids=["list", "object"])
async def test_a_deep_claim_gives_no_scope(make, signer, issuer, start, end, depth):
    deep = start * (depth // len(start)) + "1" + end * (depth // len(start))
    token = signer.sign(_with_claim(issuer, f'{{"roles": {deep}}}'))

    with contextlib.suppress(Unauthenticated):  # if it is too deep for this version of Python
        assert (await make(scope_claim="/realm_access/roles").verify(token)).scopes == set()


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("9" * 5000, id="too many digits"),
        pytest.param('{"roles": ["events:write"]', id="no JSON"),
    ],
)
async def test_a_token_whose_claims_cannot_be_read_is_rejected(reject, signer, issuer, content):
    await reject(signer.sign(_with_claim(issuer, content)))


@pytest.mark.parametrize(
    ("claims", "names"),
    [
        ({}, "support-agent"),
        ({"sub": "ann@acme.com"}, "support-agent:ann@acme.com"),
        ({"sub": "a:b", "client_id": "c"}, "c:a%3Ab"),
        ({"sub": "b", "client_id": "c:a"}, "c%3Aa:b"),
        ({"sub": "u1", "client_id": None, "azp": "portal"}, "portal:u1"),
        ({"sub": "u1", "client_id": None}, "u1"),
    ],
)
async def test_the_id_of_a_client_has_its_issuer_its_client_and_its_user(
    make, signer, issuer, claims, names
):
    client = await make().verify(signer.token(issuer.address, **claims))

    host = issuer.address.removeprefix("http://").replace(":", "%3A")
    assert client.id == client.producer == f"oauth:http%3A//{host}:{names}"


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": "https://other.acme.com/mcp"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - LATE},
        {"exp": None},
        {"exp": "tomorrow"},
        {"exp": float("inf")},
        {"nbf": int(time.time()) + LATE},
        {"iat": int(time.time()) + LATE},
        {"sub": None},
        {"sub": "x" * 256},
        {"client_id": {"$ne": 1}},
    ],
)
async def test_a_token_with_other_claims_is_rejected(reject, signer, issuer, claims):
    await reject(signer.token(issuer.address, **claims))


@pytest.mark.parametrize("seconds", [-5, 5])
async def test_clocks_may_differ_by_some_seconds(make, signer, issuer, seconds):
    now = int(time.time())
    token = signer.token(issuer.address, exp=now + seconds, nbf=now + abs(seconds))

    assert (await make().verify(token)).name == "support-agent"


@pytest.mark.parametrize("type_", ["at+jwt", "application/AT+JWT", "JWT", None])
async def test_types_of_access_tokens_are_accepted(make, signer, issuer, type_):
    token = signer.token(issuer.address, headers={"typ": type_})

    assert (await make().verify(token)).name == "support-agent"


@pytest.mark.parametrize("type_", ["logout+jwt", "dpop+jwt", "secevent+jwt"])
async def test_tokens_of_other_types_are_rejected(reject, signer, issuer, type_):
    await reject(signer.token(issuer.address, headers={"typ": type_}))


async def test_a_token_without_a_signature_is_rejected(reject, signer, issuer):
    await reject(f"{_with_algorithm(signer.token(issuer.address), 'none')}.")


async def test_the_public_key_is_no_secret_of_a_symmetric_algorithm(reject, signer, issuer):
    public = signer.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    signed = _with_algorithm(signer.token(issuer.address), "HS256")
    signature = hmac.digest(public, signed.encode(), "sha256")

    await reject(f"{signed}.{_encode(signature)}")


async def test_a_symmetric_key_of_the_issuer_verifies_nothing(reject, signer, issuer):
    secret = b"s" * 32
    issuer.publish({"kty": "oct", "k": _encode(secret), "kid": "one", "alg": "HS256"})

    await reject(signer.token(issuer.address, "HS256", key=secret))


async def test_a_key_verifies_no_other_algorithm_than_its_own(reject, signer, issuer):
    issuer.publish(signer.jwk(alg="RS256"))

    await reject(signer.token(issuer.address, "PS256"))


async def test_a_key_for_encryption_verifies_nothing(reject, signer, issuer):
    issuer.publish(signer.jwk(use="enc"))

    await reject(signer.token(issuer.address))


@pytest.mark.filterwarnings("ignore::jwt.InsecureKeyLengthWarning")
async def test_a_weak_key_verifies_nothing(reject, issuer):
    weak = Signer(bits=1024)
    issuer.publish(weak.jwk())

    await reject(weak.token(issuer.address))


async def test_a_token_of_another_key_with_the_same_id_is_rejected(reject, issuer):
    await reject(Signer().token(issuer.address))


async def test_a_key_in_the_header_of_a_token_is_ignored(reject, issuer):
    other = Signer("other")
    headers = {"jwk": other.jwk(), "jku": f"{issuer.address}/jwks", "kid": "other"}

    await reject(other.token(issuer.address, headers=headers))


@pytest.mark.parametrize(
    "token",
    ["", ".", "..", "a.b.c", "a.b.c.d.e", "é.é.é", "x" * 9000, "." * 8000, "[" * 8000],
)
async def test_what_is_no_token_is_rejected_and_reads_no_key(reject, issuer, token):
    await reject(token)

    assert issuer.requests == []


async def test_a_huge_token_is_rejected_before_it_is_read(reject, signer, issuer):
    await reject(signer.token(issuer.address, note="x" * access_tokens.MAX_TOKEN_LENGTH))

    assert issuer.requests == []


async def test_a_token_without_a_key_id_is_verified_by_the_only_key(make, signer, issuer):
    token = signer.token(issuer.address, headers={"kid": None})

    assert (await make().verify(token)).name == "support-agent"


async def test_the_keys_are_read_once_for_many_tokens(make, signer, issuer):
    tokens = make()
    for _ in range(3):
        await tokens.verify(signer.token(issuer.address))

    assert issuer.requests.count("/jwks") == 1


async def test_many_unknown_key_ids_read_the_keys_once(make, signer, issuer):
    tokens = make()
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await tokens.verify(signer.token(issuer.address, headers={"kid": f"k{number}"}))

    assert issuer.requests.count("/jwks") == 1


async def test_a_new_key_of_the_issuer_is_found(make, signer, issuer):
    tokens, new = make(min_interval=0), Signer("two")
    await tokens.verify(signer.token(issuer.address))
    issuer.publish(signer.jwk(), new.jwk())

    assert (await tokens.verify(new.token(issuer.address))).name == "support-agent"


async def test_without_keys_the_service_is_unavailable(make, signer, issuer):
    issuer.documents = {}

    with pytest.raises(IssuerUnavailable) as raised:
        await make().verify(signer.token(issuer.address))

    assert raised.value.retry_after == issuer_keys.MIN_INTERVAL_SECONDS


async def test_the_log_has_the_reason_for_which_the_keys_cannot_be_read(make, signer, issuer):
    issuer.documents = {}

    with capture_logs() as logged, pytest.raises(IssuerUnavailable):
        await make().verify(signer.token(issuer.address))

    (entry,) = logged
    assert (entry["event"], entry["issuer"]) == ("oauth_keys_unavailable", issuer.address)
    assert "returned the status 404" in entry["error"]


async def test_an_unavailable_issuer_is_asked_once_in_an_interval(make, signer, issuer):
    issuer.documents, tokens = {}, make()
    for _ in range(3):
        with pytest.raises(IssuerUnavailable):
            await tokens.verify(signer.token(issuer.address))

    assert len(issuer.requests) == len(set(issuer.requests))


async def test_known_keys_serve_while_the_issuer_is_unavailable(make, signer, issuer, monkeypatch):
    tokens = make(min_interval=0)
    await tokens.verify(signer.token(issuer.address))
    issuer.documents = {}
    monkeypatch.setattr(issuer_keys, "REFRESH_AGE_SECONDS", 0)

    assert (await tokens.verify(signer.token(issuer.address))).name == "support-agent"


async def test_old_keys_are_not_used_while_the_issuer_is_unavailable(
    make, signer, issuer, monkeypatch
):
    tokens = make(min_interval=0)
    await tokens.verify(signer.token(issuer.address))
    issuer.documents = {}
    monkeypatch.setattr(issuer_keys, "MAX_AGE_SECONDS", 0)

    with pytest.raises(IssuerUnavailable):
        await tokens.verify(signer.token(issuer.address))


@pytest.mark.parametrize(
    "path",
    [
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant",
        "/tenant/.well-known/openid-configuration",
    ],
)
async def test_the_metadata_of_an_issuer_with_a_path_is_found(make, signer, issuer, path):
    tenant = f"{issuer.address}/tenant"
    issuer.publish(signer.jwk(), path=path, issuer=tenant)

    assert (await make(issuer=tenant).verify(signer.token(tenant))).name == "support-agent"


async def test_metadata_of_another_issuer_is_not_used(make, signer, issuer):
    issuer.publish(signer.jwk(), issuer="https://evil.example")

    with pytest.raises(IssuerUnavailable):
        await make().verify(signer.token(issuer.address))


@pytest.mark.parametrize("keys", [[], [1], [{}], [{"kty": []}], [{"kty": "RSA", "n": 1}], "none"])
async def test_keys_that_cannot_be_used_are_no_defect(make, signer, issuer, keys):
    issuer.documents["/jwks"] = {"keys": keys}

    with pytest.raises((Unauthenticated, IssuerUnavailable)):
        await make().verify(signer.token(issuer.address))


async def test_a_huge_document_is_not_read(make, signer, issuer):
    issuer.documents["/jwks"] = {"keys": [], "x": "x" * issuer_documents.MAX_DOCUMENT_BYTES}

    with pytest.raises(IssuerUnavailable):
        await make().verify(signer.token(issuer.address))


def _with_claim(issuer, content):
    """The claims of a token, with JSON in the claim `realm_access`."""
    claims = {"iss": issuer.address, "aud": AUDIENCE, "sub": "a", "exp": int(time.time()) + 300}
    return json.dumps(claims).removesuffix("}") + f', "realm_access": {content}}}'


def _with_algorithm(token, algorithm):
    """The signed part of a token, with another algorithm in its header."""
    header, claims, _ = token.split(".")
    changed = json.loads(base64.urlsafe_b64decode(header + "==")) | {"alg": algorithm}
    return f"{_encode(json.dumps(changed).encode())}.{claims}"


def _encode(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
