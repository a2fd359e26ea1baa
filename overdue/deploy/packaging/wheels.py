"""Install a requirements file for Lambda's architecture into a cached folder. Start at `installed`.

pip downloads wheels for the function's architecture and checks each file against the hashes in the requirements file,
which `lock` writes. It never builds a source distribution. `trim` decides what ships.
"""

import hashlib
import os
import platform
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from chalicelib.domain.errors import OverdueError

Architecture = Literal["arm64", "x86_64"]
THIS_MACHINE: Architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

ONLY_WHEELS = ("--only-binary", ":all:")  # a source distribution runs its own code when pip builds it
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # the versions whose wheels `lock` hashes
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"  # Chalice gives the functions the same version
_MACHINES: Mapping[Architecture, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
_OLDEST_GLIBC, _GLIBC_OF_AL2, _GLIBC_OF_AL2023 = 5, 26, 34  # of 2.x; Lambda's Python 3.11 runs on Amazon Linux 2
_MISMATCH = re.compile(r"DO NOT MATCH THE HASHES.*?^\s+(\S+) from ", re.DOTALL | re.MULTILINE)
_UNHASHED = re.compile(r"Hashes are required in --require-hashes mode.*?^\s+(\S+) --hash=", re.DOTALL | re.MULTILINE)


def installed(requirements: Path, *, architecture: Architecture, cache: Path) -> Path:
    """The cached folder with the installed requirements. Do not write to it.

    About 15 s and network access the first time, one file stat afterwards. Raises OverdueError if a file cannot be
    downloaded or does not match its hash.
    """
    key = hashlib.sha256(
        b"\0".join((THIS_PYTHON.encode(), architecture.encode(), requirements.read_bytes()))
    ).hexdigest()[:24]
    ready = cache / f"{requirements.parent.name}-{architecture}-{key}"
    if ready.exists():
        return ready
    if THIS_PYTHON not in PYTHONS:
        raise OverdueError(
            f"{requirements.name} has hashes for Python {PYTHONS[0]} to {PYTHONS[-1]}, but this is {THIS_PYTHON}. "
            "Deploy with one of those versions."
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
        target = Path(folder) / "target"
        target.mkdir()
        _install(requirements, target, architecture)
        _put(target, ready)
    return ready


def _install(requirements: Path, into: Path, architecture: Architecture) -> None:
    """Install exactly the listed packages, each from a file with one of its hashes. Raises OverdueError."""
    command = ["install", "--quiet", "--require-hashes", "--no-deps", "--no-compile", "--no-user"]
    platform = [*ONLY_WHEELS, *for_lambda(architecture, THIS_PYTHON)]
    done = pip([*command, "--target", str(into), *platform, "--requirement", str(requirements)])
    if done.returncode:
        raise OverdueError(_why(done.stderr, requirements))


def pip(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run the pip of this Python with the user's settings, but without AWS credentials in its environment."""
    environ = without_aws(os.environ) | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", *arguments, "--no-input"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # pip


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables of AWS's libraries: credentials, profiles, roles, endpoints."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}


def for_lambda(architecture: Architecture, python: str) -> list[str]:
    """pip's options for wheels that run on Lambda. pip matches platform names literally and prefers the first."""
    newest = _GLIBC_OF_AL2 if python == "3.11" else _GLIBC_OF_AL2023
    machine, abi = _MACHINES[architecture], f"cp{python.replace('.', '')}"
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, _OLDEST_GLIBC - 1, -1)]
    options = ["--python-version", python, "--implementation", "cp", "--abi", abi, "--abi", "abi3", "--abi", "none"]
    for platform_name in (*platforms, f"manylinux2014_{machine}"):
        options += ["--platform", platform_name]
    return options


def _why(stderr: str, requirements: Path) -> str:
    """The error message for pip's output."""
    if mismatch := _MISMATCH.search(stderr):
        return (
            f"{mismatch[1]} does not match its hash in {requirements.name}: the package index sent a file that the "
            "repository does not list. Nothing was packaged. Find out why before you continue. If you changed the "
            "version yourself, run: make lock"
        )
    if unhashed := _UNHASHED.search(stderr):
        return f"{unhashed[1]} has no hash in {requirements.name}. If you added it yourself, run: make lock"
    errors = [line.removeprefix("ERROR: ") for line in stderr.splitlines() if line.startswith("ERROR: ")]
    why = errors[-1] if errors else "pip gives no reason"
    return (
        f"pip could not install {requirements.name} for Python {THIS_PYTHON} ({why}). Check the network and pip's "
        "settings, then deploy again."
    )


def _put(target: Path, ready: Path) -> None:
    try:
        os.rename(target, ready)  # noqa: PTH104  # fails if a concurrent run was faster
    except OSError:
        if not ready.exists():
            raise
