"""TLS to the database: the accepted certificates, and the errors for the others."""

import gc
import ssl

import pytest
import trustme
from msgspec.structs import replace

from app.errors import Unavailable
from app.graph.graph import Graph
from tests.support.forwarder import Forwarder

# The driver leaves sockets behind, where a handshake fails for longer, to be collected as garbage.
UNCLOSED = "ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning"

pytestmark = [pytest.mark.anyio, pytest.mark.filterwarnings(UNCLOSED)]


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture
def server(database, authority):
    """A proxy that ends TLS in front of the database, with a test certificate for localhost."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(context)
    with Forwarder(database.uri, context) as forwarder:
        yield forwarder


@pytest.fixture
def refusal(database, server):
    """The error of a connection to a database over TLS; empty if it succeeds."""

    async def of(scheme, host="localhost", **more):
        uri = server.uri.replace("bolt://127.0.0.1", f"{scheme}://{host}")
        graph = Graph(replace(database, **{"uri": uri, **more}), 30.0)
        message = None
        try:
            await graph.ping()
        except Unavailable as error:
            message = str(error)
        await graph.close()
        gc.collect()
        return message

    return of


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
async def test_a_certificate_of_a_named_authority_is_trusted(refusal, scheme, ca_file):
    assert await refusal(scheme, ca_file=ca_file) is None


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
async def test_a_certificate_of_an_unknown_authority_is_rejected_by_name(refusal, scheme):
    message = await refusal(scheme)

    assert message.startswith(
        "its certificate is not trusted: unable to get local issuer certificate"
    )


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
async def test_a_certificate_of_another_host_is_rejected(refusal, scheme, ca_file):
    message = await refusal(scheme, "127.0.0.1", ca_file=ca_file)

    assert message.startswith("its certificate is not trusted: IP address mismatch")


@pytest.mark.parametrize("scheme", ["bolt+ssc", "neo4j+ssc"])
async def test_any_certificate_will_do_where_that_is_wished(refusal, scheme):
    assert await refusal(scheme) is None


@pytest.mark.parametrize("scheme", ["bolt+s", "neo4j+s"])
async def test_a_server_without_tls_is_reported(database, refusal, scheme):
    message = await refusal(scheme, uri=f"{scheme}://{database.uri.partition('://')[2]}")

    assert "Failed to establish encrypted connection" in message


def test_the_check_names_the_setting(cli, server):
    done = cli("check", NEO4J_URI=server.uri.replace("bolt://127.0.0.1", "neo4j+s://localhost"))

    (line,) = [line for line in done.stdout.splitlines() if line.startswith("wrong")]
    assert "certificate is not trusted" in line
    assert "NEO4J_CA_FILE" in line
    assert done.returncode == 1


def test_a_service_reports_the_reason_why_it_is_not_ready(serve, server):
    process, _ = serve(NEO4J_URI=server.uri.replace("bolt://127.0.0.1", "neo4j+s://localhost"))

    lines = iter(process.stderr.readline, "")
    line = next(line for line in lines if "database_not_ready" in line)
    assert "certificate is not trusted" in line
