"""A program, `make lock`: write the hashes of all files that packaging may install into the requirements files.

It asks the package index through pip, for each Python and each architecture of Lambda. Versions are changed by hand;
this only replaces the hashes behind them. A package without a wheel is refused: packaging builds nothing.
"""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chalicelib.domain.errors import OverdueError
from overdue.deploy.packaging.wheels import ONLY_WHEELS, PYTHONS, Architecture, for_lambda, pip

ROOT = Path(__file__).parents[3]
FILES = (ROOT / "requirements.txt", ROOT / "notifier" / "requirements.txt")
ARCHITECTURES: tuple[Architecture, ...] = ("arm64", "x86_64")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==\S+")


def main() -> None:
    """Rewrite both files."""
    for path in FILES:
        path.write_text(locked(path.read_text(encoding="utf-8"), PYTHONS), encoding="utf-8")


def locked(text: str, pythons: Sequence[str]) -> str:
    """A requirements file with today's hashes for these Pythons; comments and options stay. Raises OverdueError."""
    lines = text.replace("\\\n", " ").splitlines()
    pins = [match[0] for line in lines if (match := _PIN.match(line))]
    found: dict[str, set[str]] = {}
    for architecture in ARCHITECTURES:
        for python in pythons:
            _ask(pins, [*ONLY_WHEELS, *for_lambda(architecture, python)], found)
    return "".join(f"{_with_hashes(line, found)}\n" for line in lines)


def _name(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower()


def _ask(pins: Sequence[str], options: list[str], found: dict[str, set[str]]) -> None:
    """Add the hash of the file that pip would install for each pin."""
    with tempfile.TemporaryDirectory(prefix="overdue-lock-") as nowhere:
        asked = ["--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", "--target", nowhere]
        done = pip(["install", *asked, *options, *pins])
    if done.returncode:
        raise OverdueError(f"pip does not find {', '.join(pins)} with {' '.join(options[:6])}:\n{done.stderr}")
    for each in json.loads(done.stdout)["install"]:
        found.setdefault(_name(each["metadata"]["name"]), set()).add(
            each["download_info"]["archive_info"]["hashes"]["sha256"]
        )


def _with_hashes(line: str, found: dict[str, set[str]]) -> str:
    match = _PIN.match(line)
    if match is None:
        return line
    return " \\\n".join([match[0], *(f"    --hash=sha256:{each}" for each in sorted(found[_name(match[0])]))])


if __name__ == "__main__":
    try:
        main()
    except OverdueError as error:
        sys.exit(str(error))
