"""The files that a running `overdue local` writes, so that commands and scripts know its address and its keys.

`.overdue/local.json` is for commands in this directory. `announced` writes it; `find` uses it only if it belongs to
this user alone and names a server on loopback that is running. `ready_file` writes the file of `--ready-file`. Both
files hold keys, so only their owner can read them, and symbolic links are never followed.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from chalicelib.domain.errors import OverdueError

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
    access_key: str  # for signing requests to `dynamodb`
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
            access_key=str(said["access_key"]),
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
    from http.client import HTTPConnection, HTTPException  # 20 ms, which `exec` waits for only beside a local server

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
def announced(server: "Ready", *, dynamodb: str, access_key: str, directory: Path) -> Iterator[Path | None]:
    """Leave the file while the block runs; where that cannot be written, say None and go on without.

    Another server of the same directory that came later keeps its own.
    """
    path = directory / FILE
    try:
        more = {"dynamodb": dynamodb, "access_key": access_key, "pid": os.getpid()}
        written = _write(path, asdict(server) | more)
    except OSError:
        written = None
    try:
        yield None if written is None else path
    finally:
        _remove(path, written)


def _write(path: Path, said: object) -> int:
    """Write the file atomically; return its inode. Raises OSError, also if the folder belongs to another user."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    folder = path.parent.lstat()
    if not stat.S_ISDIR(folder.st_mode) or folder.st_uid != os.getuid():
        raise PermissionError(f"{path.parent} is a link, or another user's")
    with _draft(path, said) as (draft, number):
        draft.replace(path)
    return number


def _remove(path: Path, written: int | None) -> None:
    """Delete the file unless another server has replaced it."""
    with suppress(FileNotFoundError, NotADirectoryError):
        if path.lstat().st_ino == written:
            path.unlink()


@contextmanager
def _draft(path: Path, said: object) -> Iterator[tuple[Path, int]]:
    """A complete file beside `path`, readable by its owner only, and its inode. Deleted at the end of the block."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        with os.fdopen(os.open(draft, flags, 0o600), "w") as file:
            json.dump(said, file, indent=2)
            file.write("\n")
            number = os.fstat(file.fileno()).st_ino
        yield draft, number
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def ready_file(path: Path, server: "Ready") -> Iterator[None]:
    """Create the file of `--ready-file` for the duration of the block. It is complete from the moment it exists.

    Raises OverdueError if a file exists already (see `clear_ready_file`) or none can be created.
    """
    try:
        with _draft(path, {name: value for name, value in asdict(server).items() if value is not None}) as (draft, own):
            os.link(draft, path)  # like O_EXCL, it fails if anything exists, and follows no link
    except OSError as error:
        raise OverdueError(f"{path} cannot be created: {(error.strerror or str(error)).lower()}") from error
    try:
        yield
    finally:
        _remove(path, own)


def clear_ready_file(path: Path) -> None:
    """Delete the ready file of a server that was killed. Call it before the next one starts at the same address.

    Raises OverdueError if anything else is in its place: another file, a link, the file of a running server.
    """
    if not os.path.lexists(path):
        return
    try:
        with os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            state = os.fstat(file.fileno())
            said = json.load(file) if stat.S_ISREG(state.st_mode) and state.st_uid == os.getuid() else {}
        base, is_ours = str(said["base"]), isinstance(said["ping_key"], str)
    except (OSError, ValueError, KeyError, TypeError):
        base, is_ours = "", False
    if not is_ours:
        raise OverdueError(f"{path} exists already, and no local server wrote it. Delete it, or name another file")
    if urlsplit(base).hostname in LOOPBACK and _answers(base):
        raise OverdueError(
            f"{path} belongs to the local server running at {base}. Stop that server, or name another file"
        )
    path.unlink(missing_ok=True)
