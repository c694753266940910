"""The wheel, installed elsewhere: its command `waypath`, and the files that it carries."""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from app.graph import statements
from tests.support import http_client
from tests.support.checkout import CHECKOUT
from tests.support.server import is_reachable, wait_for, wait_until_ready

EVENT = {"event": "x", "email": "jane@acme.com"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("elsewhere")


@pytest.fixture(scope="module")
def installed(folder):
    """The folder of the programs of an environment that has the wheel.

    Its dependencies are those of the tests, so that nothing is fetched; the wheel's own package
    comes before the checkout's.
    """
    pip = [sys.executable, "-m", "pip", "--quiet"]
    offline = ["--no-deps", "--no-index"]
    wheel = [*pip, "wheel", *offline, "--no-build-isolation", "--wheel-dir", folder, CHECKOUT]
    subprocess.run(wheel, check=True, timeout=120)
    subprocess.run(
        [sys.executable, "-m", "venv", "--without-pip", folder / "venv"], check=True, timeout=60
    )
    programs = folder / "venv" / "bin"
    (file,) = folder.glob("*.whl")
    install = [*pip, "--python", programs / "python", "install", *offline, file]
    subprocess.run(install, check=True, timeout=120)
    (own,) = (folder / "venv").glob("lib/python*/site-packages")
    (own / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    return programs


@pytest.fixture
def waypath(installed, environment, folder):
    """Runs the command `waypath` with arguments, in a folder that is no checkout."""

    def run(*arguments, **variables):
        return subprocess.run(
            [installed / "waypath", *arguments],
            cwd=folder,
            env=environment | {"XDG_DATA_HOME": str(folder / "data")} | variables,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    return run


def test_its_command_prints_its_help(waypath):
    helped = waypath("--help")

    assert helped.stdout.startswith("Usage: waypath [OPTIONS] COMMAND")
    assert waypath("--version").stdout == "waypath, version 0.1.0\n"


def test_it_is_not_the_checkout_that_runs(installed, folder):
    where = subprocess.run(
        [installed / "python", "-c", "from app.graph import statements as s; "
         "from app.graph.embedded import jars; "
         "print(jars.LOCK_FILE.parent, s.folder('read').parent.parent)"],
        cwd=folder, capture_output=True, text=True, check=True, timeout=60,
    ).stdout.split()  # fmt: skip

    assert all(Path(path).is_relative_to(folder / "venv") for path in where)
    assert {file.name for file in Path(where[0]).glob("*.toml")} == {"jgo.lock.toml"}


def test_it_carries_every_statement_and_the_database_takes_them(waypath, api_key):
    checked = waypath("check")

    named = {line.split()[1] for line in checked.stdout.splitlines() if " planned" in line}
    assert checked.returncode == 0, checked.stdout
    assert named == {
        f"{access}/{name}"
        for access in ("read", "write", "schema")
        for name in statements.load(access)
    }


def test_it_serves_events_and_pages(installed, environment, folder, free_port, api_key):
    address = f"http://127.0.0.1:{free_port}"
    process = subprocess.Popen(
        [installed / "waypath", "serve"],
        cwd=folder,
        env=environment | {"WAYPATH_PORT": str(free_port)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with http_client.Client(
            base_url=address, headers={"X-API-Key": api_key}, timeout=30
        ) as client:
            wait_for(lambda: is_reachable(address))
            wait_until_ready(address)
            responses = [
                client.post("/v1/events", json=EVENT),
                *map(client.get, ("/login", "/docs", "/docs/swagger-ui.css", "/openapi.json")),
            ]
    finally:
        process.terminate()
        code = process.wait(timeout=60)

    assert [response.status_code for response in responses] == [200] * 5
    assert code == 0


def test_its_data_is_in_the_users_data_directory_unless_a_setting_names_another(waypath, folder):
    without = {"NEO4J_URI": "", "NEO4J_PASSWORD": ""}

    default = waypath("check", **without).stdout
    output = waypath("check", WAYPATH_DATA_DIR="here", **without).stdout

    assert f"no embedded Neo4j is running in {folder}/data/waypath-events/neo4j" in default
    assert f"no embedded Neo4j is running in {folder}/here/neo4j" in output


def test_a_checkout_keeps_its_data_in_itself_wherever_it_is_called(folder):
    output = subprocess.run(
        [sys.executable, "-c", "from app import settings; print(settings.load({}).data_dir)"],
        cwd=folder, env=os.environ, capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip

    assert output == f"{CHECKOUT}/.data\n"
