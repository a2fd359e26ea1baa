"""The package as `overdue deploy` makes it, made once a test run for each architecture: it takes some 15 s."""

import fcntl
import os
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from overdue.deploy.packaging.bundle import Archive
from overdue.deploy.packaging.package import Package, package
from overdue.deploy.packaging.template import load
from overdue.deploy.packaging.wheels import Architecture


def packaged(factory: pytest.TempPathFactory, architecture: Architecture) -> Package:
    """Of all workers the first makes it, the others wait."""
    own = factory.getbasetemp()
    shared = own.parent if "PYTEST_XDIST_WORKER" in os.environ else own
    made = shared / f"package-{architecture}"
    with (shared / f"package-{architecture}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished = made.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            package(unfinished, architecture=architecture)
            unfinished.rename(made)
    return Package(load(made / "template.json"), _archive(made / "functions.zip"), _archive(made / "notifier.zip"))


def _archive(path: Path) -> Archive:
    return Archive(path, sha256(path.read_bytes()).hexdigest())
