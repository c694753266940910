"""The locks in `requirements/`: the packages that each set installs."""

import re
from pathlib import Path

HERE = Path(__file__).parents[1]
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==(\S+)", re.MULTILINE)


def normalised(name: str) -> str:
    """A package's name, normalised for comparison (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def packages(lock: str) -> dict[str, str]:
    """The version of each package, by normalised name, in a lock such as `service` or `run`."""
    return pins((HERE / "requirements" / f"{lock}.txt").read_text())


def pins(text: str) -> dict[str, str]:
    """The version of each package that the text of a lock or of constraints pins."""
    return {normalised(name): version for name, version in _PIN.findall(text)}
