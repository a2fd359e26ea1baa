"""What a requirements file asks for, unpacked for Lambda's machine; fetched once and then kept.

pip fetches wheels for the function's architecture and checks each file against the hashes in the requirements file,
which `lock` writes. It never builds a source distribution. `trim` decides what ships. Start at `installed`.
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
PYTHONS = ("3.11", "3.12", "3.13", "3.14")  # that `lock` knows the wheels of
THIS_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"  # Chalice: the functions run what packages them
_MACHINES: Mapping[Architecture, str] = {"arm64": "aarch64", "x86_64": "x86_64"}
_OLDEST_GLIBC, _GLIBC_OF_AL2, _GLIBC_OF_AL2023 = 5, 26, 34  # of 2.x; Lambda's Python 3.11 runs on Amazon Linux 2
_MISMATCH = re.compile(r"DO NOT MATCH THE HASHES.*?^\s+(\S+) from ", re.DOTALL | re.MULTILINE)
_UNHASHED = re.compile(r"Hashes are required in --require-hashes mode.*?^\s+(\S+) --hash=", re.DOTALL | re.MULTILINE)


def installed(requirements: Path, *, architecture: Architecture, cache: Path) -> Path:
    """The folder that holds them, in the cache: never write to it.

    About 15 s the first time, with network; a file stat afterwards. Raises OverdueError for what cannot be fetched, or
    does not match its hash.
    """
    key = hashlib.sha256(
        b"\0".join((THIS_PYTHON.encode(), architecture.encode(), requirements.read_bytes()))
    ).hexdigest()[:24]
    ready = cache / f"{requirements.parent.name}-{architecture}-{key}"
    if ready.exists():
        return ready
    if THIS_PYTHON not in PYTHONS:
        raise OverdueError(
            f"{requirements.name} has hashes for Python {PYTHONS[0]} to {PYTHONS[-1]}, and this is {THIS_PYTHON}. "
            "Package with one of those"
        )
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
        made = Path(folder) / "made"
        made.mkdir()
        _install(requirements, made, architecture)
        _put(made, ready)
    return ready


def _install(requirements: Path, into: Path, architecture: Architecture) -> None:
    """Install exactly what a requirements file lists, if each file has one of its hashes. Raises OverdueError."""
    command = ["install", "--quiet", "--require-hashes", "--no-deps", "--no-compile", "--no-user"]
    platform = [*ONLY_WHEELS, *for_lambda(architecture, THIS_PYTHON)]
    done = pip([*command, "--target", str(into), *platform, "--requirement", str(requirements)])
    if done.returncode:
        raise OverdueError(_why(done.stderr, requirements))


def pip(arguments: list[str]) -> "subprocess.CompletedProcess[str]":
    """Run this Python's pip with its settings, but without AWS credentials in its environment."""
    environ = without_aws(os.environ) | {"PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    command = [sys.executable, "-m", "pip", *arguments, "--no-input"]
    return subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603  # our own


def without_aws(environ: Mapping[str, str]) -> dict[str, str]:
    """An environment without what AWS's libraries read: credentials, profiles, roles, endpoints."""
    return {name: value for name, value in environ.items() if not name.startswith("AWS_")}


def for_lambda(architecture: Architecture, python: str) -> list[str]:
    """pip's options that choose wheels for Lambda's machine. pip takes each platform literally, the first one first."""
    newest = _GLIBC_OF_AL2 if python == "3.11" else _GLIBC_OF_AL2023
    machine, abi = _MACHINES[architecture], f"cp{python.replace('.', '')}"
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in range(newest, _OLDEST_GLIBC - 1, -1)]
    chosen = ["--python-version", python, "--implementation", "cp", "--abi", abi, "--abi", "abi3", "--abi", "none"]
    for each in (*platforms, f"manylinux2014_{machine}"):
        chosen += ["--platform", each]
    return chosen


def _why(said: str, requirements: Path) -> str:
    if mismatch := _MISMATCH.search(said):
        return (
            f"{mismatch[1]} does not match its hash in {requirements.name}: the package index sent a file that the "
            "repository does not know. Nothing was packaged. Find out why before you go on; if you have changed the "
            "version yourself, run: make lock"
        )
    if unhashed := _UNHASHED.search(said):
        return f"{unhashed[1]} has no hash in {requirements.name}. If you have added it yourself, run: make lock"
    errors = [line.removeprefix("ERROR: ") for line in said.splitlines() if line.startswith("ERROR: ")]
    why = errors[-1] if errors else "pip does not say why"
    return (
        f"pip could not install what {requirements.name} asks for, for Python {THIS_PYTHON} ({why}): check the "
        "network and pip's own settings, then deploy again"
    )


def _put(made: Path, ready: Path) -> None:
    try:
        os.rename(made, ready)  # noqa: PTH104  # Path.rename would read the same; both fail when another was faster
    except OSError:
        if not ready.exists():
            raise
