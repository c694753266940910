"""The installation of the SDKs: once for each of their locks, in the cache of the tests.

The SDKs conflict with one another, so each of PyPI's has a directory of its own.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from filelock import FileLock

from tests.support.axe import CACHE

HERE = Path(__file__).parent
REQUIREMENTS = HERE / "requirements"
NODE_PACKAGES = HERE / "node"
BIN = Path(sys.executable).parent  # of uv, Node and npm, which are packages of this environment


def python_path(name: str) -> Path:
    """The directory with the packages of a lock in `requirements/`, for PYTHONPATH."""
    lock = REQUIREMENTS / f"{name}.txt"
    version = "".join(map(str, sys.version_info[:2]))

    def install(target: Path) -> None:
        _run(
            *(BIN / "uv", "pip", "install", "--quiet", "--python", sys.executable),
            *("--require-hashes", "--target", target, "--requirement", lock),
        )

    return _installed(f"sdk-{name}-{version}", lock.read_bytes(), install)


def node_modules(packages: Path = NODE_PACKAGES) -> Path:
    """The directory `node_modules` with the packages from npm, by the lock in a directory."""
    lock = packages / "package-lock.json"

    def install(target: Path) -> None:
        target.mkdir()
        for file in (packages / "package.json", lock):
            shutil.copy(file, target)
        _run(
            *(BIN / "npm", "ci", "--prefix", target, "--ignore-scripts"),
            *("--no-audit", "--no-fund", "--silent"),
        )

    return _installed("sdk-node", lock.read_bytes(), install) / "node_modules"


def _installed(name: str, lock: bytes, install: Callable[[Path], None]) -> Path:
    """The directory of an installation. A process that is killed leaves no half of one."""
    target = CACHE / f"{name}-{hashlib.sha256(lock).hexdigest()[:16]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):
        if not target.exists():
            with tempfile.TemporaryDirectory(dir=CACHE) as folder:
                install(Path(folder) / "new")
                (Path(folder) / "new").rename(target)
    return target


def _run(*command: str | Path) -> None:
    # Node runs npm, and is in the same directory.
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
