"""The software bill of materials (SBOM), as CycloneDX: Python packages and Neo4j's jars.

`python -m supply.sbom` prints it. The packages are those of `requirements/run.txt`, as installed in
this environment. The jars are those of `jgo.lock.toml`. The output is reproducible.
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
    """The SBOM of the service with its embedded Neo4j, traces and shared rate limit."""
    bill = _of_environment()
    wanted = packages("run")
    parts = [part for part in bill["components"] if normalised(part["name"]) in wanted]
    for part in parts:
        if "licenses" not in part:
            part["licenses"] = _declared_licence(part["name"])
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


def _declared_licence(package: str) -> list[Document]:
    # The tool omits a licence that is neither an SPDX expression nor a classifier.
    return [{"license": {"name": metadata.metadata(package)["License"]}}]


def _of_jar(jar: jars.Jar) -> Document:
    group, artifact, packaging, *classifier, version = jar.coordinates.split(":")
    # The package URL names the type unless it is jar (purl specification).
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
