"""The second engine: dynalite, a DynamoDB in Node that can keep its tables on disk (LevelDB), on loopback.

Start at `serving`. `make dynalite` installs it, into .venv/dynalite; nothing is ever downloaded from here. It has no
expiry and no transactions, and does not tell the item that a condition failed on: Overdue does without all three.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from chalicelib.domain.errors import OverdueError
from overdue.local.engines.access import access_key

ROOT = Path(__file__).parents[3]
INSTALLED = ROOT / ".venv" / "dynalite" / "node_modules" / "dynalite"
SERVE = Path(__file__).with_name("node") / "serve.js"
ENDING_S = 10.0


@contextmanager
def serving(folder: Path | None, *, package: Path) -> Iterator[str]:
    """An engine while the block runs: its URL. Its tables are in this folder, made if need be, or in memory.

    `package` is where dynalite is: INSTALLED. It starts within half a second, takes 100 MB, and ends with this
    process, however that ends. It answers only requests signed with `access_key`. Nothing else may use the folder
    meanwhile. Raises OverdueError if Node or dynalite is missing or does not start.
    """
    command = [_node(), str(SERVE), str(_checked(package))]
    if folder is not None:
        command.append(str(folder))
    with tempfile.TemporaryFile("w+") as complaints:
        process = subprocess.Popen(  # noqa: S603  # nothing of it is anybody's input but a folder's name
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            text=True,
            env=os.environ | {"OVERDUE_ENGINE_KEY": access_key()},  # no argument: `ps` shows those to everybody
            start_new_session=True,  # Ctrl-C is for who started this: requests under way still need the engine
        )
        try:
            yield f"http://127.0.0.1:{_port(process, complaints)}"
        finally:
            _end(process)


def _node() -> str:
    found = shutil.which("node")
    if found is None:
        raise OverdueError(
            'there is no "node" on the PATH, which dynalite runs on: install Node 20 or newer (https://nodejs.org), '
            f"then dynalite with: make -C {ROOT} dynalite"
        )
    return found


def _checked(package: Path) -> Path:
    if not package.is_dir():
        raise OverdueError(
            f"dynalite, which keeps tables on disk, is not installed. Install it with: make -C {ROOT} dynalite "
            "(npm; 25 packages, 10 MB, all below .venv/dynalite)"
        )
    return package


def _port(process: "subprocess.Popen[str]", complaints: IO[str]) -> int:
    """The port that it says once it listens."""
    assert process.stdout is not None, "it was asked for"
    said = process.stdout.readline()
    if said.strip().isdigit():
        return int(said)
    process.wait(ENDING_S)
    complaints.seek(0)
    why = next((line.strip() for line in complaints if "Error" in line), f"exit status {process.returncode}")
    raise OverdueError(f"dynalite did not start: {why}. It needs Node 20 or newer, and a folder that it may write to")


def _end(process: "subprocess.Popen[str]") -> None:
    """Let it write what it holds and go; not for ever."""
    assert process.stdin is not None, "it was asked for"
    assert process.stdout is not None, "it was asked for"
    process.stdin.close()
    try:
        process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    process.stdout.close()


def is_installed() -> bool:
    """Whether `serving` would find all that it needs."""
    return INSTALLED.is_dir() and shutil.which("node") is not None
