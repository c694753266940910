"""`python -m app keys`, on the test database while a service runs."""

import subprocess
import sys
import time

import click
import pytest

from app.access import api_keys
from app.cli.group import COMMANDS
from app.cli.group import cli as group
from tests.support import http_client

EVENT = {"event": "x", "email": "jane@acme.com"}


def status(address, key):
    return http_client.post(
        f"{address}/v1/events", json=EVENT, headers={"X-API-Key": key}
    ).status_code


def is_refused_within(seconds, address, key):
    """Whether an API key is rejected now, or in a call sent that much later."""
    sent = began = time.monotonic()
    while status(address, key) != 401:
        if sent - began > seconds:
            return False
        time.sleep(0.02)
        sent = time.monotonic()
    return True


def create(cli, unique, scope=api_keys.EVENTS_WRITE):
    return cli("keys", "create", "--name", unique, "--scope", scope)


def listed(cli, unique):
    return next(line for line in cli("keys", "list").stdout.splitlines() if unique in line)


def test_keys_create_prints_the_key_alone(cli, unique):
    created = create(cli, unique)

    assert created.returncode == 0
    assert api_keys.is_well_formed(created.stdout.removesuffix("\n"))


def test_a_created_key_works_at_once(cli, address, unique):
    key = create(cli, unique).stdout.strip()

    assert status(address, key) == 200


def test_only_the_digest_of_a_key_is_stored(cli, cypher, unique):
    key = create(cli, unique).stdout.strip()

    (row,) = cypher("MATCH (k:ApiKey {hash: $hash}) RETURN k", hash=api_keys.digest(key))
    assert key not in str(dict(row["k"]))


def test_a_key_may_have_several_scopes(cli, unique):
    cli("keys", "create", "--name", unique, "--scope", "events:write", "--scope", "context:read")

    assert "context:read,events:write" in listed(cli, unique)


def test_keys_list_shows_no_key(cli, unique):
    key = create(cli, unique).stdout.strip()

    assert "active" in listed(cli, unique)
    assert key not in cli("keys", "list").stdout


def test_a_revoked_key_stops_working_within_five_seconds(cli, address, unique):
    key = create(cli, unique).stdout.strip()
    assert status(address, key) == 200

    revoked = cli("keys", "revoke", listed(cli, unique).split("\t")[0])

    assert revoked.returncode == 0
    assert is_refused_within(5, address, key)
    assert "revoked" in listed(cli, unique)


def test_revoking_an_unknown_key_fails(cli):
    revoked = cli("keys", "revoke", "key_nobody")

    assert revoked.returncode == 1
    assert revoked.stderr == "Error: no API key has the ID key_nobody: see `waypath keys list`\n"


def test_an_unknown_scope_is_rejected(cli, unique):
    created = create(cli, unique, scope="everything")

    assert created.returncode == 2
    assert "events:write" in created.stderr


def test_a_wrong_setting_is_named(cli):
    created = cli("keys", "list", WAYPATH_PORT="x")

    assert created.returncode == 1
    assert "WAYPATH_PORT" in created.stderr


def test_an_unreachable_database_is_reported_in_a_sentence(cli):
    listed = cli("keys", "list", NEO4J_URI="bolt://127.0.0.1:1", NEO4J_PASSWORD="x")

    assert listed.returncode == 1
    (line,) = listed.stderr.splitlines()
    assert line.startswith("Error: the database cannot be reached: Couldn't connect to 127.0.0.1:1")
    assert line.endswith("(see NEO4J_URI)")
    assert "Traceback" not in listed.stderr


def test_help_names_every_command(cli):
    assert set(COMMANDS) <= set(cli("--help").stdout.split())


def test_every_command_is_in_its_listed_module():
    commands = [group.get_command(click.Context(group), name) for name in COMMANDS]

    assert [command and command.name for command in commands] == [*COMMANDS]


def test_a_list_of_keys_loads_nothing_that_serves():
    program = (
        "import sys; from app.cli.group import cli; "
        "cli(['keys', 'list', '--help'], None, None, False); "
        "print({'starlette', 'uvicorn', 'jinja2', 'limits', 'mcp'} & set(sys.modules))"
    )

    process = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )

    assert process.stdout.endswith("set()\n"), process


def test_a_command_that_is_not_there_is_named(cli):
    called = cli("nothing")

    assert (called.returncode, "'nothing'" in called.stderr) == (2, True)


def test_the_admin_tool_of_a_given_neo4j_is_elsewhere(cli):
    called = cli("neo4j-admin", "database", "dump", "neo4j")

    assert called.returncode == 1
    assert called.stderr == "Error: NEO4J_URI is set: use the neo4j-admin of that Neo4j\n"


def test_a_rotated_key_and_its_successor_both_work_in_the_grace_period(cli, address, unique):
    old = create(cli, unique).stdout.strip()

    new = cli("keys", "rotate", listed(cli, unique).split("\t")[0], "--grace", "1h").stdout.strip()

    assert (status(address, old), status(address, new)) == (200, 200)
    assert "expires" in listed(cli, unique)


def test_a_rotated_key_ends_with_its_grace_period(cli, address, unique):
    old = create(cli, unique).stdout.strip()
    assert status(address, old) == 200

    new = cli("keys", "rotate", listed(cli, unique).split("\t")[0], "--grace", "0s").stdout.strip()

    assert is_refused_within(5, address, old)
    assert status(address, new) == 200


def test_a_revoked_key_cannot_be_rotated(cli, unique):
    create(cli, unique)
    key_id = listed(cli, unique).split("\t")[0]
    cli("keys", "revoke", key_id)

    assert cli("keys", "rotate", key_id, "--grace", "1h").returncode == 1


@pytest.mark.parametrize("grace", ["1", "h", "1w", "-1h", ""])
def test_a_grace_period_needs_its_unit(cli, grace):
    assert cli("keys", "rotate", "key_x", "--grace", grace).returncode == 2


def create_browser_key(cli, unique, *origins):
    options = [option for origin in origins for option in ("--origin", origin)]
    return cli("keys", "create", "--name", unique, "--browser", *options)


def test_a_browser_key_has_a_prefix_of_its_own_and_its_origins(cli, unique):
    created = create_browser_key(cli, unique, "https://Acme.com:443", "http://localhost:3000")

    key = created.stdout.strip()
    assert key.startswith("wp_pub_")
    assert api_keys.is_well_formed(key)
    assert listed(cli, unique).split("\t")[3:] == [
        "browser:write",
        unique,
        "http://localhost:3000,https://acme.com",
    ]


@pytest.mark.parametrize(
    "options",
    [
        ["--browser"],
        ["--browser", "--origin", "https://acme.com", "--scope", "events:write"],
        ["--origin", "https://acme.com", "--scope", "events:write"],
        [],
    ],
)
def test_a_browser_key_needs_origins_and_takes_no_scope(cli, unique, options):
    assert cli("keys", "create", "--name", unique, *options).returncode == 2


@pytest.mark.parametrize(
    "origin", ["acme.com", "https://acme.com/", "https://a b", "*", "https://*.acme.com", "null"]
)
def test_an_origin_must_be_one_that_browsers_send(cli, unique, origin):
    created = create_browser_key(cli, unique, origin)

    assert created.returncode == 2
    assert "must be an origin" in created.stderr


def test_the_successor_of_a_browser_key_is_one(cli, unique):
    create_browser_key(cli, unique, "https://acme.com")
    key_id = listed(cli, unique).split("\t")[0]

    successor = cli("keys", "rotate", key_id, "--grace", "1h").stdout.strip()

    assert successor.startswith("wp_pub_")
    (_, last) = (line for line in cli("keys", "list").stdout.splitlines() if unique in line)
    assert last.split("\t")[3:] == ["browser:write", unique, "https://acme.com"]
