"""axe-core: the rules of accessibility, run on a page in Chromium."""

import hashlib
import shutil
import subprocess
import tarfile
import tempfile
from functools import cache
from pathlib import Path

import pytest

VERSION = "4.14.1"
SHA512 = (
    "1477dafa598d8d065f273d6af302aa203c02e83131707b7fa648cd41bd3d6b73"
    "4f8c22a0dab86ee6a6f64b8afbe804b214d36db85a2826965edfb3a0b9d546b5"
)
CACHE = Path.home() / ".cache" / "waypath-tests"

_RUN = """
() => axe.run(document, {resultTypes: ["violations"]}).then((result) =>
  result.violations.map((each) =>
    `${each.id}: ${each.nodes.map((node) => node.html.slice(0, 200)).join(" | ")}`))
"""


@cache
def _source() -> str:
    archive = CACHE / f"axe-core-{VERSION}.tgz"
    if not archive.exists():
        npm = shutil.which("npm")
        if npm is None:
            pytest.skip("there is no npm on this machine to get axe-core")
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            pack = [npm, "pack", "--silent", f"axe-core@{VERSION}"]
            subprocess.run(pack, cwd=folder, check=True, capture_output=True, timeout=120)
            (Path(folder) / archive.name).replace(archive)
    assert hashlib.sha512(archive.read_bytes()).hexdigest() == SHA512
    with tarfile.open(archive) as package:
        content = package.extractfile("package/axe.min.js")
        assert content is not None
        return content.read().decode()


def violations(page) -> list[str]:
    """The rules that a page violates, each with its elements; skips the test without npm."""
    page.evaluate(_source())
    return page.evaluate(_RUN)
