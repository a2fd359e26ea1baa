"""The program behind `make lock`: write the hashes of all files that packaging may install to the requirements files.

It queries the package index through pip, for each Python version and each architecture of Lambda. You change versions
by hand; this replaces only their hashes. A package without a wheel is an error, since packaging builds nothing.
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
    """Update the hashes in both requirements files."""
    for path in FILES:
        path.write_text(locked(path.read_text(encoding="utf-8"), PYTHONS), encoding="utf-8")


def locked(text: str, pythons: Sequence[str]) -> str:
    """A requirements file with new hashes for these Pythons. Keeps comments and options. Raises OverdueError."""
    lines = text.replace("\\\n", " ").splitlines()
    pins = [match[0] for line in lines if (match := _PIN.match(line))]
    hashes: dict[str, set[str]] = {}
    for architecture in ARCHITECTURES:
        for python in pythons:
            _ask(pins, [*ONLY_WHEELS, *for_lambda(architecture, python)], hashes)
    return "".join(f"{_with_hashes(line, hashes)}\n" for line in lines)


def _name(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower()


def _ask(pins: Sequence[str], options: list[str], hashes: dict[str, set[str]]) -> None:
    """Add the hash of the file that pip would install for each pin."""
    with tempfile.TemporaryDirectory(prefix="overdue-lock-") as unused:
        dry_run = ["--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", "--target", unused]
        done = pip(["install", *dry_run, *options, *pins])
    if done.returncode:
        raise OverdueError(f"pip cannot find {', '.join(pins)} with {' '.join(options[:6])}:\n{done.stderr}")
    for each in json.loads(done.stdout)["install"]:
        hashes.setdefault(_name(each["metadata"]["name"]), set()).add(
            each["download_info"]["archive_info"]["hashes"]["sha256"]
        )


def _with_hashes(line: str, hashes: dict[str, set[str]]) -> str:
    match = _PIN.match(line)
    if match is None:
        return line
    return " \\\n".join([match[0], *(f"    --hash=sha256:{each}" for each in sorted(hashes[_name(match[0])]))])


if __name__ == "__main__":
    try:
        main()
    except OverdueError as error:
        sys.exit(str(error))
