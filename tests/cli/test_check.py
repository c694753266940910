"""`python -m app check`: each thing that may be wrong, and that the check changes nothing."""

import shutil
import socket

import pytest

from app.access import issuer_documents
from app.access.redis_window import RedisWindow
from app.access.token_policy import TokenPolicy
from app.cli import check
from app.domain.suppression_secrets import SuppressionSecret
from app.graph import diagnostics, statements
from app.graph.diagnostics import Check, Finding
from app.graph.migrations import definitions as migrations
from app.graph.migrations.runner import Migrator
from app.graph.statements import Statement
from app.identity.suppression_secret_file import SuppressionSecretFile
from app.retention import index
from tests.support.issuer import serving_issuer
from tests.support.server import SUPPRESSION_SECRET_FILE
from tests.support.tokens import Signer

pytestmark = pytest.mark.anyio
pytest_plugins = ["tests.support.redis_server"]


@pytest.fixture(autouse=True)
def schema(api_key):
    """The schema is in place, as it is to make a key."""


@pytest.fixture
def wrong(cli):
    """The errors that a check reports, by subject, with some variables set."""

    def run(**variables):
        done = cli("check", **variables)
        findings = {}
        for line in done.stdout.splitlines():
            if line.startswith("wrong"):
                subject, _, text = line.removeprefix("wrong").strip().partition("  ")
                findings.setdefault(subject, []).append(text.strip())
        assert done.returncode == (1 if findings else 0), done.stderr
        return findings

    return run


@pytest.fixture
def step(cypher, unique):
    """A step of a later version, with an index whose name and label are `unique`."""
    text = f"CREATE INDEX Z{unique} IF NOT EXISTS FOR (node:Z{unique}) ON (node.id)"
    (migration,) = migrations.parse([Statement(f"901_{unique}", text, frozenset())])
    yield migration
    cypher(f"DROP INDEX Z{unique} IF EXISTS")
    cypher("MATCH (m:SchemaMigration {version: 901}) DELETE m")


@pytest.fixture
def copied(monkeypatch, tmp_path):
    """The folder of a copy of the statements, which is the one in use."""
    shutil.copytree(statements.folder("."), tmp_path, dirs_exist_ok=True)
    monkeypatch.setattr(statements, "folder", lambda access: tmp_path / access)
    return tmp_path


@pytest.fixture
def only_schema(copied):
    """There are no statements but those of the schema, so that a check plans few."""
    for access in ("read", "write"):
        for file in (copied / access).glob("*.cypher"):
            if "schema" not in file.name:
                file.unlink()


@pytest.fixture
def errors(graph):
    """The errors in a graph whose schema lacks a migration, by subject."""

    async def of(*more):
        steps = [*migrations.load(), *more]
        findings = await Check(graph, Migrator(graph, steps), steps, index.STATEMENTS).findings()
        return {finding.subject: finding.text for finding in findings if not finding.is_ok}

    return of


def test_a_database_in_order_has_a_line_for_each_thing_and_exit_code_0(cli):
    done = cli("check")

    assert done.returncode == 0
    subjects = [line[7:47].strip() for line in done.stdout.splitlines()]
    assert all(line.startswith("ok ") for line in done.stdout.splitlines())
    assert subjects[:4] == ["settings", "database", "version", "clock"]
    assert {"right to read", "right to write", "right to change the schema"} < set(subjects)
    assert {f"migration {migration}" for migration in migrations.load()} < set(subjects)
    assert {
        f"{access}/{name}"
        for access in ("read", "write", "schema")
        for name in statements.load(access)
    } < set(subjects)


@pytest.mark.alone
async def test_a_graph_without_a_retention_needs_no_index_of_old_touchpoints(errors, cypher):
    cypher("DROP INDEX touchpoint_occurred_at IF EXISTS")

    assert await errors() == {}


@pytest.mark.parametrize("migration", migrations.load(), ids=str)
def test_a_space_separates_the_longest_subject_from_its_text(migration):
    assert str(Finding(f"migration {migration}", "applied")).endswith("  applied")


def test_a_check_leaves_the_database_as_it_was(cli, cypher):
    def everything():
        counts = cypher("MATCH (c:Customer) WHERE c.id IS NULL RETURN count(*) AS nameless")
        indexes = cypher("SHOW INDEXES YIELD name, id WHERE name STARTS WITH 'schema_' RETURN *")
        return counts, indexes, cypher("MATCH (m:SchemaMigration) RETURN count(*) AS records")

    before = everything()

    cli("check")

    assert everything() == before


async def test_a_storage_of_the_rate_limit_has_a_line_too(shared_redis):
    storage = RedisWindow(f"{shared_redis.url}?socket_timeout=30", 10)

    (finding,) = await check.storage_findings(storage)

    assert str(finding).split() == ["ok", "rate", "limit", "storage", "responds"]


def test_a_storage_that_cannot_be_used(wrong, free_port):
    nowhere = f"127.0.0.1:{free_port}"
    findings = wrong(
        WAYPATH_RATE_LIMIT_STORAGE=f"redis://user:hunter2@{nowhere}", NEO4J_URI=f"bolt://{nowhere}"
    )

    assert findings.keys() == {"rate limit storage", "database"}
    assert nowhere in findings["rate limit storage"][0]
    assert "see WAYPATH_RATE_LIMIT_STORAGE" in findings["rate limit storage"][0]
    assert "hunter2" not in str(findings)


@pytest.fixture(scope="module")
def signer():
    return Signer()


@pytest.fixture
def issuer():
    """An issuer without documents."""
    with serving_issuer() as issuer:
        yield issuer


@pytest.fixture
def issuer_finding(issuer):
    """The finding on the issuer."""

    async def finding():
        (finding,) = await check.issuer_findings(TokenPolicy(issuer.address, "waypath"))
        return finding

    return finding


async def test_an_issuer_with_a_signing_key_is_ok(issuer, issuer_finding, signer):
    issuer.publish(signer.jwk())

    assert str(await issuer_finding()).split()[:3] == ["ok", "OAuth", "issuer"]


async def test_an_issuer_without_metadata_is_wrong(issuer, issuer_finding):
    finding = await issuer_finding()

    address = f"{issuer.address}/.well-known/openid-configuration"
    assert not finding.is_ok
    assert f"{address} returned the status 404" in finding.text
    assert "see WAYPATH_OAUTH_ISSUER" in finding.text


async def test_metadata_of_another_issuer_is_wrong_with_its_name(issuer, issuer_finding, signer):
    issuer.publish(signer.jwk(), issuer=f"{issuer.address}/")

    finding = await issuer_finding()

    assert not finding.is_ok
    assert f"names the issuer '{issuer.address}/'" in finding.text


@pytest.mark.parametrize("metadata", [[], {}, {"issuer": 1, "jwks_uri": []}], ids=str)
async def test_metadata_of_another_form_is_wrong(issuer, issuer_finding, metadata):
    path = "/.well-known/oauth-authorization-server"
    issuer.documents[path] = metadata

    assert f"{issuer.address}{path} has no such document: " in (await issuer_finding()).text


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///jwks", "is no https URL"),
        ("/jwks", "is no https URL"),
        ("https://[", "cannot read https://["),
        ("https://a b:x/", "cannot read https://a b:x/"),
    ],
)
async def test_a_key_set_without_a_valid_address_is_wrong(issuer, issuer_finding, address, reason):
    issuer.publish()
    issuer.documents["/.well-known/oauth-authorization-server"]["jwks_uri"] = address

    assert reason in (await issuer_finding()).text


async def test_an_issuer_without_a_key_set_is_wrong(issuer, issuer_finding):
    issuer.publish()
    del issuer.documents["/jwks"]

    assert f"{issuer.address}/jwks returned the status 404" in (await issuer_finding()).text


@pytest.mark.parametrize("keys", [[], [{"kty": "oct", "k": "c2VjcmV0"}], [{"use": "enc"}]], ids=str)
async def test_an_issuer_without_a_usable_key_is_wrong(issuer, issuer_finding, keys):
    issuer.publish(*keys)

    finding = await issuer_finding()

    assert (finding.is_ok, finding.text.partition(":")[0]) == (False, "no signing key is usable")


async def test_an_issuer_that_sends_nothing_is_wrong(monkeypatch):
    monkeypatch.setattr(issuer_documents, "FETCH_TIMEOUT_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        policy = TokenPolicy(f"http://127.0.0.1:{silent.getsockname()[1]}", "waypath")
        (finding,) = await check.issuer_findings(policy)

    assert "no response within 0.2 s" in finding.text


def test_an_issuer_that_cannot_be_reached(wrong, free_port):
    nowhere = f"127.0.0.1:{free_port}"
    findings = wrong(
        WAYPATH_OAUTH_ISSUER=f"http://{nowhere}",
        WAYPATH_OAUTH_AUDIENCE="waypath",
        NEO4J_URI=f"bolt://{nowhere}",
    )

    assert findings.keys() == {"OAuth issuer", "database"}
    assert f"cannot read http://{nowhere}/.well-known/" in findings["OAuth issuer"][0]
    assert "see WAYPATH_OAUTH_ISSUER" in findings["OAuth issuer"][0]


def test_every_wrong_setting_has_a_line(wrong):
    findings = wrong(WAYPATH_PORT="x", WAYPATH_WORKERS="0")

    first, second = findings["settings"]
    assert first.startswith("WAYPATH_PORT: ")
    assert second.startswith("WAYPATH_WORKERS: ")


def test_without_a_database_it_explains_how_to_start_one(wrong, tmp_path):
    findings = wrong(NEO4J_URI="", NEO4J_PASSWORD="", WAYPATH_DATA_DIR=str(tmp_path))

    assert findings == {
        "database": [
            f"no embedded Neo4j is running in {tmp_path}/neo4j: start the service or set NEO4J_URI"
        ]
    }


def test_a_database_that_does_not_respond(wrong, free_port):
    findings = wrong(NEO4J_URI=f"bolt://127.0.0.1:{free_port}")

    assert findings.keys() == {"database"}
    assert str(free_port) in findings["database"][0]
    assert "see NEO4J_URI" in findings["database"][0]


def test_a_database_that_does_not_exist(wrong, unique):
    findings = wrong(NEO4J_DATABASE=f"z{unique}")

    assert findings.keys() == {"database"}
    assert "NEO4J_DATABASE" in findings["database"][0]


def test_a_login_that_is_rejected(wrong, database, unique):
    if database.password is None:
        pytest.skip("this database asks nobody who he is")

    findings = wrong(NEO4J_USERNAME=unique, NEO4J_PASSWORD="not the one")

    assert findings.keys() == {"login"}
    assert "see NEO4J_USERNAME and NEO4J_PASSWORD" in findings["login"][0]
    assert "not the one" not in str(findings)


def test_missing_privileges_and_rejected_statements(wrong):
    # This user may not write, read nodes or change the schema.
    findings = wrong(NEO4J_DATABASE="system")

    assert {"right to read", "right to write", "right to change the schema"} < findings.keys()
    assert {"schema", "read/timeline", "write/ingest", "schema/002_customer_id"} < findings.keys()


@pytest.mark.parametrize(
    ("version", "is_ok"),
    [
        ("5.26.0", True),
        ("5.27-aura", True),
        ("2026.08.1", True),
        ("5.25.1", False),
        ("4.4.40", False),
        ("unheard of", False),
    ],
)
def test_a_version_is_new_enough_or_not(version, is_ok):
    assert diagnostics.version(version, "community").is_ok == is_ok


@pytest.mark.parametrize(
    ("database_time", "text"),
    [
        (1026.0, "6 s ahead of the service"),
        (940.0, "60 s behind the service"),
        (1024.0, None),
        (996.0, None),
    ],
)
def test_clocks_agree_to_some_seconds_even_after_a_slow_response(database_time, text):
    finding = diagnostics.clock(database_time, 1000.0, 1020.0)

    assert finding.is_ok == (text is None)
    assert text is None or text in finding.text


@pytest.mark.alone
@pytest.mark.usefixtures("only_schema")
async def test_a_step_that_is_not_applied(errors, step):
    findings = await errors(step)

    assert findings.keys() == {f"migration {step}"}
    assert "is missing: start the service" in findings[f"migration {step}"]


@pytest.mark.alone
@pytest.mark.usefixtures("only_schema")
async def test_an_index_of_our_name_with_other_properties(errors, step, cypher, unique):
    cypher(f"CREATE INDEX Z{unique} FOR (node:Z{unique}) ON (node.id, node.other)")

    findings = await errors(step)

    problem = f"index on :Z{unique}(id, other): run DROP INDEX Z{unique}"
    assert problem in findings[f"migration {step}"]


@pytest.mark.alone
@pytest.mark.usefixtures("only_schema")
async def test_a_step_that_is_not_recorded(errors, step, cypher):
    cypher(step.statement.text)
    cypher("CALL db.awaitIndexes(60)")

    assert await errors(step) == {
        f"migration {step}": "not applied: start the service, which applies it",
    }


@pytest.mark.alone
@pytest.mark.usefixtures("only_schema", "step")
async def test_a_newer_schema(errors, cypher):
    cypher("CREATE (:SchemaMigration {version: 901, name: 'newer', checksum: 'of it'})")

    assert await errors() == {
        "schema": "the graph has the schema migration 901_newer, unknown to this version: "
        "start the version of the service that applied it"
    }


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("MATCH (node:Customer) RETUR node", "rejected by this database: Invalid input 'RETUR'"),
        ("MATCH (node:Customer {name: 'x'}) RETURN node", "(NodeByLabelScan): fix the schema"),
    ],
)
@pytest.mark.usefixtures("only_schema")
async def test_a_statement_that_will_not_do(errors, copied, text, fault):
    (copied / "read" / "broken.cypher").write_text(f"// Broken.\n{text}\n")

    findings = await errors()

    assert findings.keys() == {"read/broken"}
    assert fault in findings["read/broken"]


@pytest.mark.alone
async def test_a_missing_suppression_secret_is_wrong_with_its_id(graph, cypher, tmp_path):
    secret = SuppressionSecret(bytes.fromhex("44" * 32))
    entry = secret.hash("email:jane@acme.com")
    (tmp_path / "secret").write_text("55" * 32)
    cypher("CREATE (:Suppression {hash: $hash})", hash=entry)
    try:
        finding = await check.suppression_finding(graph, SuppressionSecretFile(tmp_path / "secret"))
    finally:
        cypher("MATCH (s:Suppression {hash: $hash}) DELETE s", hash=entry)

    assert not finding.is_ok
    assert secret.id in finding.text


async def test_known_suppression_secrets_are_ok(graph, cypher):
    secrets = SuppressionSecretFile(SUPPRESSION_SECRET_FILE)
    secrets.reload()
    entries = [secrets.secrets[0].hash(f"email:{n}@acme.com") for n in range(3)]
    cypher("UNWIND $hashes AS hash CREATE (:Suppression {hash: hash})", hashes=entries)
    try:
        finding = await check.suppression_finding(graph, secrets)
    finally:
        cypher("MATCH (s:Suppression) WHERE s.hash IN $hashes DELETE s", hashes=entries)

    assert (finding.is_ok, finding.text) == (True, "every secret is known")
