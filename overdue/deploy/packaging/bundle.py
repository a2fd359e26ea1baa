"""Zip a folder for Lambda: trimmed, with bytecode, and byte for byte the same for the same content.

Start at `bundle`. `trim` decides what is left out; `package` fills the folder.
"""

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overdue.deploy.packaging import bytecode
from overdue.deploy.packaging.trim import trim

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can store
READABLE, RUNNABLE = 0o644, 0o755  # Lambda runs as a different user than the owner of the files


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip file on this machine and the hash of its content."""

    path: Path
    sha256: str


def bundle(folder: Path, out: Path, *, services: Sequence[str], ours: Sequence[str] = ()) -> Archive:
    """Zip a folder of installed packages and code. Trims and compiles the folder in place. About 5 s of CPU.

    `services`: the AWS services that the code calls, by botocore's names. `ours`: the top-level names whose sources
    ship with the bytecode; if empty, all sources ship.
    """
    trim(folder, services=services)
    _compile(folder, ours)
    _zip(folder, out)
    return Archive(out, hashlib.sha256(out.read_bytes()).hexdigest())


def _compile(folder: Path, ours: Sequence[str]) -> None:
    program = [sys.executable, "-S", "-P", bytecode.__file__, str(folder), *ours]
    subprocess.run(program, check=True, env={"PYTHONHASHSEED": "0"})  # noqa: S603  # a program of ours


def _zip(folder: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            if path.is_dir():
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=EPOCH)
            entry.create_system = 3  # Unix, so that the permissions below are used
            mode = RUNNABLE if path.suffix == ".so" else READABLE
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
