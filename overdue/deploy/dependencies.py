"""What a requirements file asks for, unpacked for Lambda's machine; fetched once and then kept.

Chalice's own builder does the fetching: wheels for the function's architecture, and a wheel built here for what is
published as source only (oncalendar 1.1). What of it ships is `trim`'s business.
"""

import hashlib
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import Literal

from chalicelib.domain.errors import OverdueError

Architecture = Literal["arm64", "x86_64"]
THIS_MACHINE: Architecture = "arm64" if platform.machine() in ("arm64", "aarch64") else "x86_64"

ABI = f"cp{sys.version_info.major}{sys.version_info.minor}"  # Chalice: the functions run what packages them


def installed(requirements: Path, *, architecture: Architecture, cache: Path) -> Path:
    """The folder that holds them, in the cache: never write to it.

    About 15 s the first time, with network; a file stat afterwards. Raises OverdueError for what cannot be had.
    """
    wanted = requirements.read_bytes()
    key = hashlib.sha256(b"\0".join((ABI.encode(), architecture.encode(), wanted))).hexdigest()[:24]
    ready = cache / f"{requirements.parent.name}-{architecture}-{key}"
    if ready.exists():
        return ready
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix="fetching-") as folder:
        made = Path(folder) / "made"
        made.mkdir()
        _fetch(requirements, made, architecture=architecture)
        _put(made, ready)
    return ready


def _fetch(requirements: Path, into: Path, *, architecture: Architecture) -> None:
    # Imported here: half a second, and only a packaging needs it.
    from chalice.deploy import packager
    from chalice.utils import OSUtils

    builder = packager.DependencyBuilder(OSUtils(), architecture=architecture)
    try:
        builder.build_site_packages(ABI, str(requirements), str(into))
    except packager.MissingDependencyError as error:
        missing = ", ".join(sorted(package.identifier for package in error.missing))
        raise OverdueError(
            f"{missing}: not to be had for Python {ABI[2]}.{ABI[3:]} on {architecture}, as {requirements.name} asks. "
            "Package with another Python, or pin another version"
        ) from error
    except (packager.NoSuchPackageError, packager.PackageDownloadError) as error:
        last = str(error).strip().splitlines()[-1]
        raise OverdueError(
            f"pip could not fetch what {requirements.name} asks for ({last}): check the network and pip's own "
            "settings, then deploy again"
        ) from error


def _put(made: Path, ready: Path) -> None:
    try:
        os.rename(made, ready)  # noqa: PTH104  # Path.rename would read the same; both fail when another was faster
    except OSError:
        if not ready.exists():
            raise
