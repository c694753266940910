"""The tests of the Helm chart, which need Helm's engine."""

import platform
import sys

# There is no wheel of it for macOS on Intel.
if sys.platform == "darwin" and platform.machine() != "arm64":
    collect_ignore_glob = ["test_*.py"]
