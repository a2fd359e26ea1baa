"""A program, `make lock`: write the hashes of all files that packaging may install into the requirements files.

It asks the package index through pip, for each Python and each architecture of Lambda. Versions are changed by hand;
this only replaces the hashes behind them. A package behind `--no-binary` has no wheel and gets the hash of its source.
"""

import json
import re
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from chalicelib.domain.errors import OverdueError
from overdue.deploy.dependencies import BUILD_REQUIREMENTS, PYTHONS, Architecture, for_lambda, install_build_tools, pip

ROOT = Path(__file__).parents[2]
FILES = (BUILD_REQUIREMENTS, ROOT / "requirements.txt", ROOT / "notifier" / "requirements.txt")
ARCHITECTURES: tuple[Architecture, ...] = ("arm64", "x86_64")
_PIN = re.compile(r"([A-Za-z0-9._-]+)==\S+")


def main() -> None:
    """Rewrite all files, the build tools' first: what is built from source needs them."""
    with tempfile.TemporaryDirectory(prefix="overdue-lock-") as folder:
        tools = Path(folder) / "tools"
        for path in FILES:
            path.write_text(locked(path.read_text(encoding="utf-8"), PYTHONS, tools=tools), encoding="utf-8")
            if path == BUILD_REQUIREMENTS:
                install_build_tools(tools)


def locked(text: str, pythons: Sequence[str], *, tools: Path) -> str:
    """A requirements file with today's hashes for these Pythons; comments and options stay. Raises OverdueError."""
    lines = text.replace("\\\n", " ").splitlines()
    from_source = {line.split()[1] for line in lines if line.startswith("--no-binary ")}
    pins = [match[0] for line in lines if (match := _PIN.match(line))]
    built = [pin for pin in pins if _name(pin) in from_source]
    wheels = [pin for pin in pins if pin not in built]
    found: dict[str, set[str]] = {}
    for architecture in ARCHITECTURES:
        for python in pythons:
            _ask(wheels, ["--only-binary", ":all:", *for_lambda(architecture, python)], found, tools=tools)
    for pin in built:
        _ask([pin], ["--no-binary", _name(pin)], found, tools=tools)
    return "".join(f"{_with_hashes(line, found)}\n" for line in lines)


def _name(pin: str) -> str:
    return re.sub(r"[-_.]+", "-", pin.partition("==")[0]).lower()


def _ask(pins: Sequence[str], options: list[str], found: dict[str, set[str]], *, tools: Path) -> None:
    """Add the hash of the file that pip would install for each pin."""
    if not pins:
        return
    asked = ["--dry-run", "--ignore-installed", "--no-deps", "--quiet", "--report", "-", "--target", str(tools)]
    done = pip(["install", *asked, *options, *pins], tools=tools)
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
