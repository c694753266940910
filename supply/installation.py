"""Installation of a lock in `requirements/` and of this checkout, into the running environment.

`python -m supply.installation LOCK` needs no package but pip. pip installs uv, and uv installs the
rest, ten times as fast as pip. Both verify the hashes of the locks. Where uv cannot be used, pip
installs everything.
"""

import ast
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check")
UV = Path(sys.executable).with_name("uv")
CHECKOUT = ("--no-index", "--no-deps", "--no-build-isolation", "--editable", ".")
TRUE = {"1", "true", "yes", "on"}  # values of an option of pip

# uv does not read the configuration of pip. For each option of pip that names a source of packages
# or the way to it: the variables that mean the same to uv. One that the user has set comes first.
VARIABLES = {
    "index-url": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "extra-index-url": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "find-links": ("UV_FIND_LINKS",),
    "trusted-host": ("UV_INSECURE_HOST",),
    "proxy": ("ALL_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy"),
    "cert": ("SSL_CERT_FILE",),
    "client-cert": ("SSL_CLIENT_CERT",),
}
SEPARATORS = {"find-links": ","}  # of several values; others have a space


def main() -> int:
    """Installs the lock that the command line names. Returns an exit code."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends this and the program that it runs
    lock = sys.argv[1]
    if not _installs_uv():
        print("uv cannot be used here: pip installs the packages, which takes longer", flush=True)
    elif _installs_with_uv(lock):
        return 0
    else:
        print("uv failed: pip installs the packages, which takes longer", flush=True)
    return 0 if _installs_with_pip(lock) else 1


def pip_options(listing: str) -> dict[str, str]:
    """The options of pip by name, from what `pip config list` prints."""
    options: dict[str, dict[str, str]] = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        if match := re.fullmatch(r"(:env:|\w+)\.([\w-]+)=('.*'|\".*\")", line):
            section, name, value = match.groups()
            options.setdefault(section, {})[name] = ast.literal_eval(value)
    # In the order of pip: the environment is the strongest.
    return options["global"] | options["install"] | options[":env:"]


def uv_variables(options: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that make uv take packages from where pip, with these options, takes them."""
    return {
        variables[0]: SEPARATORS.get(name, " ").join(options[name].split())
        for name, variables in VARIABLES.items()
        if options.get(name) and not any(environment.get(variable) for variable in variables)
    }


def _installs_uv() -> bool:
    # Only its wheel: a build of uv needs a compiler, and takes longer than pip takes for all.
    wheel = ["--only-binary", ":all:", "--no-compile", *_from_locks("installer")]
    return _run([*PIP, "install", "--quiet", *wheel], [UV, "--version"], output=subprocess.DEVNULL)


def _installs_with_uv(lock: str) -> bool:
    listing = [*PIP, "config", "list"]
    listed = subprocess.run(listing, stdout=subprocess.PIPE, text=True, check=False)  # noqa: S603 - ours
    options = pip_options(listed.stdout)
    variables = uv_variables(options, os.environ) | {"UV_PYTHON_DOWNLOADS": "never"}
    install = [UV, "pip", "install", "--quiet", "--python", sys.executable]
    sources = ["--no-index"] if options.get("no-index", "").lower() in TRUE else []
    return _run(
        [*install, *sources, *_from_locks("build", lock)],
        [*install, *CHECKOUT],
        environment=os.environ | variables,
    )


def _installs_with_pip(lock: str) -> bool:
    install = [*PIP, "install", "--quiet"]
    return _run([*install, *_from_locks("build", lock)], [*install, *CHECKOUT])


def _run(
    *commands: list[str | Path],
    environment: Mapping[str, str] | None = None,
    output: int | None = None,
) -> bool:
    """Runs the commands until one fails or is no program. Returns whether all succeeded."""
    try:
        for command in commands:
            subprocess.run(  # noqa: S603 - they are ours
                command, env=environment, stdout=output, stderr=output, check=True
            )
    except (subprocess.CalledProcessError, OSError):
        return False
    return True


def _from_locks(*names: str) -> list[str]:
    files = [f"requirements/{name}.txt" for name in names]
    return ["--require-hashes", *(argument for file in files for argument in ("-r", file))]


if __name__ == "__main__":
    sys.exit(main())
