"""What a local server keeps between two runs, in one folder: its tables, and the keys that people and jobs use.

Start at `kept`. The tables store only digests of keys, so that the keys themselves stand beside them, in a file for
their owner only. SNS is not kept: what goes out again after a restart is what the tables say.
"""

import fcntl
import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from chalicelib.domain.errors import OverdueError
from chalicelib.domain.keys import Scope
from chalicelib.store.registry.projects import new_secret
from overdue.local.engines import dynalite


@dataclass(frozen=True, slots=True)
class Kept:
    """The engine of a folder, and its keys: the same at each start."""

    endpoint: str
    keys: Mapping[Scope, str]


@contextmanager
def kept(folder: Path) -> Iterator[Kept]:
    """A folder's tables and keys while the block runs; the folder is made when it is not there.

    Raises OverdueError when another server has it, other users can change it, it cannot be written, or dynalite cannot
    run.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        _insist_on_private(folder)
        tables = folder / "tables"
        tables.mkdir(exist_ok=True)
        tables.chmod(0o700)  # whatever the folder's mode: ping URLs and bodies are in there
        lock = os.fdopen(os.open(folder / "lock", os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, 0o600), "w")
    except OSError as error:
        raise OverdueError(f"--keep {folder}: {(error.strerror or str(error)).lower()}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise OverdueError(
                f"--keep {folder}: another local server keeps its data there. End that one, or name another folder"
            ) from error
        with dynalite.serving(tables, package=dynalite.INSTALLED) as endpoint:
            yield Kept(endpoint, _keys(folder / "keys.json"))


def _insist_on_private(folder: Path) -> None:
    """Raise OverdueError for a folder in which another user could replace the keys and the tables."""
    found = folder.stat()
    if found.st_uid != os.geteuid():
        raise OverdueError(f"--keep {folder}: this folder belongs to another user. Name one of your own")
    if found.st_mode & stat.S_IWOTH:
        raise OverdueError(f"--keep {folder}: every user can write into this folder. Name another, or chmod 700 it")


def new_keys() -> dict[Scope, str]:
    """A key of each kind."""
    return {scope: new_secret(scope) for scope in Scope}


def _keys(path: Path) -> dict[Scope, str]:
    """Those of the last run; the first time, new ones."""
    if not path.exists():
        keys = new_keys()
        _write(path, keys)
        return keys
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return {scope: str(said[scope.value]) for scope in Scope}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise OverdueError(
            f"{path} does not hold the keys of a local server. Delete it: then new ones are made"
        ) from error


def _write(path: Path, keys: Mapping[Scope, str]) -> None:
    """In one move, for their owner only."""
    draft = path.with_suffix(".draft")
    draft.unlink(missing_ok=True)  # of a server that was killed
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w") as file:
        json.dump({scope.value: secret for scope, secret in keys.items()}, file, indent=2)
        file.write("\n")
        os.fsync(file.fileno())
    draft.replace(path)
