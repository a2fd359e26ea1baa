"""The file that a running `overdue local` leaves in its directory, so that commands there need no settings.

Decides when such a file may be followed: it is this user's alone, names a server on loopback, and that server
runs and answers. Start at `find`; `announced` is the other side. It holds keys.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from overdue.local.run import Ready

FILE = Path(".overdue", "local.json")
ANSWER_S = 1.0
LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """What a command needs to talk to a local server."""

    base: str
    api_key: str
    ping_key: str
    dynamodb: str
    pid: int


def find(directory: Path) -> Local | None:
    """The running server of this directory or the nearest one above; None: there is none that answers."""
    for place in (directory, *directory.parents):
        found = _read(place / FILE)
        if found is not None:
            return found if _is_running(found.pid) and _answers(found.base) else None
    return None


def _read(path: Path) -> Local | None:
    """What a file says that only its owner, who is us, could have written; None for any other."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_uid != os.getuid() or state.st_mode & 0o077:
                return None
            said = json.load(file)
        found = Local(
            base=str(said["base"]),
            api_key=str(said["api_key"]),
            ping_key=str(said["ping_key"]),
            dynamodb=str(said["dynamodb"]),
            pid=int(said["pid"]),
        )
        is_near = urlsplit(found.base).hostname in LOOPBACK
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return found if is_near else None


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except (OSError, OverflowError):
        return False
    return True


def _answers(base: str) -> bool:
    from http.client import HTTPConnection, HTTPException  # here because only a local server needs asking

    parts = urlsplit(base)
    connection = HTTPConnection(parts.hostname or "", parts.port, timeout=ANSWER_S)
    try:
        connection.request("GET", "/ping/nobody")
        answer = connection.getresponse()
        return answer.status == 404 and answer.read(64) == b"not found"
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


@contextmanager
def announced(server: "Ready", *, dynamodb: str, directory: Path) -> Iterator[Path | None]:
    """Leave the file while the block runs; where that cannot be written, say None and go on without.

    Another server of the same directory that came later keeps its own.
    """
    path = directory / FILE
    try:
        written = _write(path, asdict(server) | {"dynamodb": dynamodb, "pid": os.getpid()})
    except OSError:
        written = None
    try:
        yield None if written is None else path
    finally:
        with suppress(FileNotFoundError, NotADirectoryError):
            if path.stat().st_ino == written:
                path.unlink()


def _write(path: Path, said: object) -> int:
    """Write it in one move, for its owner only; the number of its inode."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(said, file, indent=2)
        file.write("\n")
        number = os.fstat(file.fileno()).st_ino
    draft.replace(path)
    return number
