"""The parts of the service: the locks, the bill of materials, the list of licences."""

import json
import tomllib
from importlib import metadata

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packaging.requirements import Requirement

from app.graph.embedded import jars
from supply import licences, sbom
from supply.locked import normalised, packages, pins
from tests.support.checkout import CHECKOUT

EXTRAS = {
    "service": ("otel",),
    "run": ("otel", "embedded"),
    "dev": ("otel", "embedded", "dev"),
    "bench": ("otel", "embedded", "dev", "bench"),
}


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def bill():
    return sbom.document()


@pytest.mark.parametrize("lock", EXTRAS)
def test_a_lock_has_the_requirements_of_the_project(project, lock):
    extras = project["project"]["optional-dependencies"]
    requirements = [
        *project["project"]["dependencies"],
        *(requirement for e in EXTRAS[lock] for requirement in extras[e]),
    ]
    locked = packages(lock)

    missing = [
        requirement
        for requirement in map(Requirement, requirements)
        if not requirement.specifier.contains(locked.get(normalised(requirement.name), "0"))
    ]

    assert not missing, "make lock"


@pytest.mark.parametrize("group", ["build", "installer"])
def test_the_requirements_of_a_group_are_locked_too(project, group):
    requirements = project["dependency-groups"][group]
    if group == "build":
        requirements = [*requirements, *project["build-system"]["requires"]]
    locked = packages(group)

    assert all(
        requirement.specifier.contains(locked[requirement.name])
        for requirement in map(Requirement, requirements)
    )


@pytest.mark.parametrize("lock", ["build", "installer", *EXTRAS])
def test_a_lock_has_the_versions_of_the_constraints(lock):
    chosen = pins((CHECKOUT / "constraints.txt").read_text())

    others = {name: version for name, version in packages(lock).items() if name in chosen}

    assert others == {name: chosen[name] for name in others}, "make lock"


@pytest.mark.parametrize("lock", ["build", "installer", *EXTRAS])
def test_a_lock_names_no_address(lock):
    assert "://" not in (CHECKOUT / "requirements" / f"{lock}.txt").read_text()


def test_the_bill_names_every_package_that_runs(bill):
    named = {
        normalised(component["name"]): component["version"]
        for component in bill["components"]
        if component["purl"].startswith("pkg:pypi/")
    }
    installed = {
        normalised(distribution.name): distribution.version
        for distribution in metadata.distributions()
        if normalised(distribution.name) in packages("run")
    }

    assert installed.items() <= named.items()
    assert not named.keys() & {"pytest", "ruff", "cyclonedx-bom"}


def test_the_bill_has_the_digest_of_every_jar(bill):
    digests = {
        component["hashes"][0]["content"]
        for component in bill["components"]
        if component["purl"].startswith("pkg:maven/")
    }

    assert digests == {jar.sha256 for jar in jars.load_lock_file(jars.LOCK_FILE)}


def test_the_bill_is_the_same_each_time(bill):
    assert sbom.document() == bill


def test_the_bill_is_cyclonedx(bill):
    validator = JsonStrictValidator(SchemaVersion.V1_6)

    assert bill["specVersion"] == "1.6"
    assert validator.validate_str(json.dumps(bill)) is None


def test_the_page_of_licences_is_current():
    page = licences.PAGE.read_text().partition(licences.MARK)[2].splitlines()

    # Another Python or system may install fewer packages than the page names.
    assert set(licences.tables().splitlines()) <= set(page), "make licences"


def test_every_package_on_the_page_of_licences_has_one():
    rows = [line.split("|") for line in licences.PAGE.read_text().splitlines() if "| " in line]

    assert {name.strip(): licence for _, name, licence, _ in rows if not licence.strip()} == {}
    assert len(rows) > 60
