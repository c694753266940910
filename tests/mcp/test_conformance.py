"""The conformance suite of the protocol, on the service with the tools of the suite, too.

The suite sends no API key, so the service gets one in front of the endpoint.
"""

import json
import os
import re
import subprocess

import pytest
import yaml

from app import main
from app.mcp import server as mcp_server
from app.observability.metrics import Metrics
from app.services import Services
from tests.mcp import conformance
from tests.mcp.packages import PACKAGES
from tests.sdks import installation
from tests.support.checkout import CHECKOUT
from tests.support.docs_tables import table
from tests.support.server import serving, wait_until_ready

# The scenarios of features that the service does not offer, by feature and revision.
NOT_OFFERED = {
    "Requests to the client": {
        "2025-11-25": {
            "tools-call-sampling",
            "tools-call-elicitation",
            "elicitation-sep1034-defaults",
            "elicitation-sep1330-enums",
        },
        "2026-07-28": {
            "input-required-result-basic-elicitation",
            "input-required-result-basic-sampling",
            "input-required-result-basic-list-roots",
            "input-required-result-request-state",
            "input-required-result-multiple-input-requests",
            "input-required-result-multi-round",
            "input-required-result-missing-input-response",
            "input-required-result-non-tool-request",
            "input-required-result-result-type",
            "input-required-result-tampered-state",
            "input-required-result-capability-check",
            "input-required-result-ignore-extra-params",
        },
    },
    "Log messages": {"2025-11-25": {"logging-set-level", "tools-call-with-logging"}},
    "Subscriptions": {"2025-11-25": {"resources-subscribe", "resources-unsubscribe"}},
    "Sessions": {"2025-11-25": {"server-sse-multiple-streams"}},
}
REVISIONS = ("2025-11-25", "2026-07-28")


@pytest.fixture(scope="module")
def suite():
    """The directory of the suite."""
    return installation.node_modules(PACKAGES) / "@modelcontextprotocol" / "conformance"


@pytest.fixture(scope="module")
def conforming(database, key):
    """Where a service with the suite's tools is. It takes requests without an API key."""

    def build(config, database):
        app = main.assemble(Services(config, database, Metrics()), config, _load)

        async def with_key(scope, receive, send):
            if scope["type"] == "http":
                scope["headers"] = [*scope["headers"], (b"x-api-key", key.encode())]
            await app(scope, receive, send)

        return with_key

    with serving(database, build=build) as address:
        wait_until_ready(address)
        yield address


@pytest.fixture(scope="module", params=REVISIONS)
def checks(suite, conforming, request, tmp_path_factory):
    """A revision of the protocol, and the checks of each scenario that it requires."""
    folder = tmp_path_factory.mktemp("conformance")
    command = [installation.BIN / "node", suite / "dist" / "index.js", "server"]
    subprocess.run(
        [*command, "--url", f"{conforming}/mcp", "--requirements", request.param, "-o", folder],
        env=os.environ | {"NO_COLOR": "1"},
        capture_output=True,
        timeout=240,
        check=False,  # it fails for the scenarios that do not apply
    )
    return request.param, {
        _scenario(file.parent.name): json.loads(file.read_text())
        for file in folder.glob("*/checks.json")
    }


@pytest.fixture(scope="module")
def required(suite, checks):
    """The scenarios that the revision requires of a server."""
    revision, _ = checks
    requirements = yaml.safe_load((suite / "requirements" / f"{revision}.yaml").read_text())
    return set(requirements["server"])


@pytest.fixture(scope="module")
def not_offered(checks):
    """The scenarios of the revision that the test leaves out."""
    revision, _ = checks
    return set().union(*(scenarios.get(revision, ()) for scenarios in NOT_OFFERED.values()))


def test_a_scenario_passes_unless_the_service_does_not_offer_its_feature(
    checks, required, not_offered
):
    _, by_scenario = checks
    passed = {
        scenario for scenario, found in by_scenario.items() if {*_statuses(found)} == {"SUCCESS"}
    }

    assert required - passed == not_offered, [
        (scenario, check["id"], check.get("errorMessage"))
        for scenario in sorted((required - not_offered) & by_scenario.keys())
        for check in by_scenario[scenario]
        if check["status"] in ("FAILURE", "WARNING")
    ]


def test_the_page_lists_the_features_that_the_service_does_not_offer():
    page = (CHECKOUT / "docs" / "reference" / "mcp-tools.md").read_text()

    assert [row[0] for row in table(page, "Feature not offered")] == list(NOT_OFFERED)


def _statuses(checks):
    """The statuses of checks that can fail."""
    return [check["status"] for check in checks if check["status"] not in ("INFO", "SKIPPED")]


def _load(features):
    registry = mcp_server.http_registry(features)
    conformance.register(registry)
    return mcp_server.HttpSessions(registry)


def _scenario(folder):
    """The scenario in the name of a directory of results: between the role and the time."""
    match = re.fullmatch(r"server-(.+?)-\d{4}-\d{2}-\d{2}T.*", folder)
    assert match, folder
    return match[1]
