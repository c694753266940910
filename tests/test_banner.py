"""The banner: credentials on a terminal only, elsewhere the files that they are in."""

import os
import pty
import subprocess
import sys

import pytest

from app import banner, server
from app.banner import Credentials
from app.graph.embedded.connection import Ports

ADDRESS = "http://127.0.0.1:8000"
KEY, PASSWORD = "wp_live_0f", "b2c4"


@pytest.fixture
def credentials(tmp_path):
    key_file, password_file = tmp_path / "a data dir" / "development-key", tmp_path / "password"
    key_file.parent.mkdir()
    key_file.write_text(f"{KEY}\n")
    password_file.write_text(PASSWORD)
    return Credentials(KEY, key_file, Ports().connection(PASSWORD), password_file)


@pytest.fixture
def on_terminal(credentials, monkeypatch):
    """The banner as a terminal shows it."""
    master, slave = pty.openpty()
    with os.fdopen(slave, "w") as terminal:
        monkeypatch.setattr(sys, "stdout", terminal)
        server.print_banner(ADDRESS, credentials)
        text = os.read(master, 65536).decode().replace("\r\n", "\n")
        monkeypatch.undo()
    os.close(master)
    return text


@pytest.fixture
def elsewhere(credentials, capsys):
    """The banner as a log or a file has it."""
    server.print_banner(ADDRESS, credentials)
    return capsys.readouterr().out


def sent_key(banner):
    """The header with the API key that the curl in a banner sends."""
    curl = banner[banner.index("curl ") : banner.index("}}'") + 3]
    script = f"curl() {{ printf '%s\\n' \"$@\"; }}; {curl}"
    lines = subprocess.run(["bash", "-c", script], check=True, capture_output=True, text=True)
    return next(line for line in lines.stdout.splitlines() if line.startswith("X-API-Key"))


def test_a_terminal_gets_the_api_key_and_the_password(on_terminal):
    assert f"API key (development)   {KEY}\n" in on_terminal
    assert f"  Username, password    neo4j   {PASSWORD}\n" in on_terminal


def test_any_other_output_gets_their_files_and_neither_of_them(elsewhere, credentials):
    assert KEY not in elsewhere
    assert PASSWORD not in elsewhere
    assert f"API key (development)   in {credentials.api_key_file}\n" in elsewhere
    assert f"password    neo4j   in {credentials.neo4j_password_file}\n" in elsewhere


def test_the_curl_of_both_sends_the_api_key(on_terminal, elsewhere):
    assert sent_key(on_terminal) == sent_key(elsewhere) == f"X-API-Key: {KEY}"


def test_a_service_on_a_given_neo4j_names_its_readiness_probe_and_claims_no_readiness():
    text = banner.given(ADDRESS, "bolt://127.0.0.1:7687")

    assert f"{ADDRESS}/readyz" in text
    assert "is ready" not in text
