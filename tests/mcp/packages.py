"""Where the packages from npm are declared, with their lock."""

from pathlib import Path

PACKAGES = Path(__file__).parent / "node"
