"""A folder as the zip that Lambda runs: trimmed, with bytecode, and the same bytes for the same content.

Start at `bundle`. What is left out is `trim`'s business, what goes into the folder `package`'s.
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

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can hold
READABLE, RUNNABLE = 0o644, 0o755  # Lambda runs as another user than owns the files


@dataclass(frozen=True, slots=True)
class Archive:
    """A zip on this machine, named by what it contains."""

    path: Path
    sha256: str


def bundle(folder: Path, out: Path, *, services: Sequence[str], ours: Sequence[str] = ()) -> Archive:
    """Zip a folder of installed packages and code, which is trimmed and compiled in place.

    `services` are the AWS services that the code calls, by botocore's names. Of `ours`, names at the folder's top, the
    sources ship, too; if there are none, of everything. About 5 s of CPU.
    """
    trim(folder, services=services)
    _compile(folder, ours)
    _zip(folder, out)
    return Archive(out, hashlib.sha256(out.read_bytes()).hexdigest())


def _compile(folder: Path, ours: Sequence[str]) -> None:
    program = [sys.executable, "-S", "-P", bytecode.__file__, str(folder), *ours]
    subprocess.run(program, check=True, env={"PYTHONHASHSEED": "0"})  # noqa: S603  # our own program


def _zip(folder: Path, out: Path) -> None:
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in sorted(folder.rglob("*"), key=lambda path: path.relative_to(folder).as_posix()):
            if path.is_dir():
                continue
            entry = zipfile.ZipInfo(path.relative_to(folder).as_posix(), date_time=EPOCH)
            entry.create_system = 3  # Unix: the permissions below are read
            mode = RUNNABLE if path.suffix == ".so" else READABLE
            entry.external_attr = (0o100000 | mode) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes(), compresslevel=9)
