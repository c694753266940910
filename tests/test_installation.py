"""`make run` and `make install`: uv installs the locked packages, and pip where uv cannot be used.

The packages are small wheels in a folder that is the only index. The wheel of uv contains a script
that runs the uv of the tests' environment.
"""

import base64
import hashlib
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from supply import installation
from tests.support.checkout import CHECKOUT

UV = Path(sys.executable).with_name("uv")
BACKEND = """
import shutil

def build_editable(folder, *_):
    name = "service-1-py3-none-any.whl"
    shutil.copy({wheels!r} + "/" + name, folder)
    return name
"""


def write_wheel(folder, name, files, tag="py3-none-any"):
    """Writes a wheel with these files. Returns the line of a lock with its hash."""
    path = folder / f"{name}-1-{tag}.whl"
    info = f"{name}-1.dist-info"
    files = files | {
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n",
        f"{info}/WHEEL": f"Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    records = [
        f"{file},sha256={base64.urlsafe_b64encode(digest).rstrip(b'=').decode()},{len(text)}"
        for file, text in files.items()
        for digest in [hashlib.sha256(text.encode()).digest()]
    ]
    with zipfile.ZipFile(path, "w") as archive:
        for file, text in files.items():
            entry = zipfile.ZipInfo(file)
            entry.external_attr = 0o100755 << 16
            archive.writestr(entry, text)
        archive.writestr(f"{info}/RECORD", "\n".join([*records, f"{info}/RECORD,,", ""]))
    return f"{name}==1 --hash=sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}\n"


class Checkout:
    """A folder with locks, a project and an environment."""

    def __init__(self, folder, environment):
        self.folder = folder
        self.wheels = folder / "wheels"
        self.locks = folder / "requirements"
        self.log = folder / "uv.log"
        self.python = folder / ".venv" / "bin" / "python"
        shutil.copytree(environment, folder / ".venv", symlinks=True)
        self.wheels.mkdir()
        self.locks.mkdir()
        self.lock("installer", write_wheel(self.wheels, "uv", self.uv(f'exec "{UV}" "$@"')))
        self.lock("build", write_wheel(self.wheels, "builder", {"builder.py": ""}))
        self.lock("run", write_wheel(self.wheels, "package", {"package.py": ""}))
        write_wheel(self.wheels, "service", {"service.py": ""})
        (folder / "backend.py").write_text(BACKEND.format(wheels=str(self.wheels)))
        (folder / "pyproject.toml").write_text(
            '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
            '[project]\nname = "service"\nversion = "1"\n'
        )

    def uv(self, last_line):
        return {"uv-1.data/scripts/uv": f'#!/bin/sh\necho "$@" >> "{self.log}"\n{last_line}\n'}

    def lock(self, name, text):
        (self.locks / f"{name}.txt").write_text(text)

    def install(self):
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PIP_", "UV_"))
        } | {
            "PIP_CONFIG_FILE": os.devnull,
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": str(self.wheels),
            "PYTHONPATH": str(CHECKOUT),
            "UV_CACHE_DIR": str(self.folder / "cache"),
            "UV_NO_CONFIG": "1",
        }
        return subprocess.run(
            [self.python, "-m", "supply.installation", "run"],
            cwd=self.folder, env=environment, capture_output=True, text=True, check=False,
            timeout=120,
        )  # fmt: skip

    def installers(self):
        """The program that installed each package."""
        return {
            file.parent.name.partition("-")[0]: file.read_text().strip()
            for file in self.folder.glob(".venv/lib/python*/site-packages/*.dist-info/INSTALLER")
            if not file.parent.name.startswith(("pip-", "setuptools-"))
        }


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    folder = tmp_path_factory.mktemp("environment") / ".venv"
    subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
    return folder


@pytest.fixture
def checkout(tmp_path, environment):
    return Checkout(tmp_path, environment)


def test_uv_installs_the_lock_and_the_checkout_from_the_sources_of_pip(checkout):
    installed = checkout.install()

    assert installed.stderr == ""
    assert (installed.returncode, installed.stdout) == (0, "")
    assert checkout.installers() == {
        "uv": "pip", "builder": "uv", "package": "uv", "service": "uv"
    }  # fmt: skip


def test_pip_installs_everything_where_no_wheel_of_uv_fits(checkout):
    (checkout.wheels / "uv-1-py3-none-any.whl").unlink()
    checkout.lock(
        "installer", write_wheel(checkout.wheels, "uv", checkout.uv(""), "py3-none-plan9_vax")
    )

    installed = checkout.install()

    assert installed.returncode == 0
    assert "uv cannot be used here: pip installs the packages" in installed.stdout
    assert checkout.installers() == {"builder": "pip", "package": "pip", "service": "pip"}


@pytest.mark.parametrize(
    ("last_line", "message"),
    [("exit 1", "uv cannot be used here"), ('[ "$1" != pip ]', "uv failed")],
)
def test_pip_installs_everything_where_uv_does_not_run(checkout, last_line, message):
    checkout.lock("installer", write_wheel(checkout.wheels, "uv", checkout.uv(last_line)))

    installed = checkout.install()

    assert installed.returncode == 0
    assert f"{message}: pip installs the packages" in installed.stdout
    assert set(checkout.installers().values()) == {"pip"}


def test_a_package_with_another_hash_is_not_installed(checkout):
    checkout.lock("run", f"package==1 --hash=sha256:{'0' * 64}\n")

    installed = checkout.install()

    assert installed.returncode == 1
    assert "package" not in checkout.installers()


def test_options_of_pip_are_read_in_the_order_of_pip():
    options = installation.pip_options(
        ":env:.index-url='https://environment.example/simple'\n"
        "global.index-url='https://global.example/simple'\n"
        "install.index-url='https://install.example/simple'\n"
        "global.cert='/a.pem'\n"
        'install.cert="/it\'s.pem"\n'
        "download.proxy='http://proxy.example'\n"
    )

    assert options == {"index-url": "https://environment.example/simple", "cert": "/it's.pem"}


@pytest.mark.parametrize(
    ("options", "variables"),
    [
        ({}, {}),
        (
            {"index-url": "https://mirror.example/simple"},
            {"UV_DEFAULT_INDEX": "https://mirror.example/simple"},
        ),
        (
            {"extra-index-url": "\nhttps://a.example\nhttps://b.example"},
            {"UV_INDEX": "https://a.example https://b.example"},
        ),
        ({"find-links": "/a /b"}, {"UV_FIND_LINKS": "/a,/b"}),
        ({"cert": "/ca.pem"}, {"SSL_CERT_FILE": "/ca.pem"}),
        ({"timeout": "9"}, {}),
    ],
)
def test_uv_takes_packages_from_where_pip_takes_them(options, variables):
    assert installation.uv_variables(options, {}) == variables


def test_a_variable_of_uv_counts_more_than_the_options_of_pip():
    variables = installation.uv_variables(
        {"index-url": "https://pip.example/simple"}, {"UV_INDEX_URL": "https://uv.example/simple"}
    )

    assert variables == {}
