"""The bill of materials, as CycloneDX: what runs, from Python's packages to Neo4j's jars.

`python -m supply.sbom` prints it. The packages are those of `requirements/run.txt` as this
environment has them, the jars those of `jgo.lock.toml`. The same environment gives the same bytes.
"""

import json
import subprocess
import sys
from importlib import metadata
from typing import Any

from app.graph.embedded import jars
from supply.locked import HERE, normalised, packages

Document = dict[str, Any]


def document() -> Document:
    """The bill of materials of the service with its embedded Neo4j and its traces."""
    bill = _of_environment()
    wanted = packages("run")
    parts = [part for part in bill["components"] if normalised(part["name"]) in wanted]
    for part in parts:
        if "licenses" not in part:
            part["licenses"] = _said(part["name"])
    fetched = [_of_jar(jar) for jar in jars.load_lock_file(jars.LOCK_FILE)]
    bill["components"] = parts + fetched
    references = {part["bom-ref"] for part in parts}
    root = bill["metadata"]["component"]["bom-ref"]
    bill["dependencies"] = [
        dependency | {"dependsOn": sorted(references & set(dependency.get("dependsOn", ())))}
        for dependency in bill["dependencies"]
        if dependency["ref"] in references | {root}
    ]
    for dependency in bill["dependencies"]:
        if dependency["ref"] == root:
            dependency["dependsOn"] += [jar["bom-ref"] for jar in fetched]
    return bill


def _of_environment() -> Document:
    made = subprocess.run(  # noqa: S603 - the arguments are our own
        [
            *(sys.executable, "-m", "cyclonedx_py", "environment"),
            *("--output-reproducible", "--short-PURLs", "--no-validate"),
            *("--pyproject", str(HERE / "pyproject.toml"), sys.executable),
        ],
        capture_output=True,
        check=True,
    )
    return json.loads(made.stdout)


def _said(package: str) -> list[Document]:
    # What is neither an expression nor a classifier is left out by the tool.
    return [{"license": {"name": metadata.metadata(package)["License"]}}]


def _of_jar(jar: jars.Jar) -> Document:
    group, artifact, packaging, *classifier, version = jar.coordinates.split(":")
    # The type is in the URL where it is not the usual one, as the standard for them has it.
    qualifiers = [f"classifier={name}" for name in classifier]
    qualifiers += [f"type={packaging}"] if packaging != "jar" else []
    query = f"?{'&'.join(qualifiers)}" if qualifiers else ""
    url = f"pkg:maven/{group}/{artifact}@{version}{query}"
    return {
        "bom-ref": url,
        "group": group,
        "hashes": [{"alg": "SHA-256", "content": jar.sha256}],
        "name": artifact,
        "purl": url,
        "type": "library",
        "version": version,
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=2, sort_keys=True))
