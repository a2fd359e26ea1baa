"""Write a stage into the settings file, so that no later command need be told where it is; and out of it again.

Whatever else stands there stays as it is, comments too. The file is replaced as a whole, readable by its owner only.
What the file means is `overdue.cli.settings`'s business. Start at `remember` and `forget`.
"""

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from chalicelib.domain.errors import BadInput
from overdue.cli.settings import Given, SettingsFile, read_file


def remember(path: Path, stage: str, values: Mapping[str, str]) -> None:
    """Set these values of a stage. Raises BadInput when the file is written in a way that cannot be added to safely."""
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is no file")
    before = read_file(path)
    old = before.stages.get(stage, Given(stage=stage))
    stages = {**before.stages, stage: replace(old, **values)}
    wanted = SettingsFile(stages=stages, default=before.default or (stage if len(stages) == 1 else None))
    try:
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        written = _with_stage(text, stage, values)
        if (
            before.default is not None
            and len(before.stages) == 1
            and stage not in before.stages
            and "stage" not in _top(text)
        ):
            written = f'stage = "{before.default}"\n{written}'  # what was meant when none was named stays it
        _replace(path, written, wanted)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error


def forget(path: Path, stage: str) -> str | None:
    """Take a stage out, with all its values; comments stay. The stage that is meant from now on when none is named.

    Raises BadInput when the file is written in a way that nothing can be taken out of safely.
    """
    path = path.resolve()
    before = read_file(path)
    stages = {name: given for name, given in before.stages.items() if name != stage}
    default = before.default if before.default != stage else None
    wanted = SettingsFile(stages=stages, default=default or (next(iter(stages)) if len(stages) == 1 else None))
    try:
        _replace(path, _without_stage(path.read_text(encoding="utf-8"), stage), wanted)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
    return wanted.default


def _without_stage(text: str, stage: str) -> str:
    lines = text.splitlines()
    section = _section(lines, stage)
    if section is not None:
        begin, end = section
        said = [line for line in lines[begin:end] if line.lstrip().startswith("#")]
        lines = [*lines[:begin], *said, *lines[end:]]
    top = next((number for number, line in enumerate(lines) if line.lstrip().startswith("[")), len(lines))
    is_default = re.compile(rf"\s*stage\s*=\s*([\"']){re.escape(stage)}\1\s*(#.*)?")
    lines = [line for number, line in enumerate(lines) if number >= top or not is_default.fullmatch(line)]
    return "\n".join([*lines, ""]).lstrip("\n")


def _section(lines: list[str], stage: str) -> tuple[int, int] | None:
    """Where the table of a stage begins, and where the next one does; None: there is none."""
    header = re.compile(rf"\s*\[\s*stages\s*\.\s*([\"']?){re.escape(stage)}\1\s*\]\s*(#.*)?")
    begin = next((number for number, line in enumerate(lines) if header.fullmatch(line)), None)
    if begin is None:
        return None
    rest = range(begin + 1, len(lines))
    return begin, next((number for number in rest if lines[number].lstrip().startswith("[")), len(lines))


def _top(text: str) -> set[str]:
    """The names that are set before the first table."""
    top = re.split(r"^\s*\[", text, maxsplit=1, flags=re.MULTILINE)[0]
    return set(re.findall(r"^\s*([\w-]+)\s*=", top, flags=re.MULTILINE))


def _with_stage(text: str, stage: str, values: Mapping[str, str]) -> str:
    lines = text.splitlines()
    if _section(lines, stage) is None:
        lines += [*([""] if lines else []), f"[stages.{stage}]"]
    begin, end = _section(lines, stage) or (len(lines) - 1, len(lines))
    section = lines[begin:end]
    for name, value in values.items():
        section = _with_value(section, name, value)
    return "\n".join([*lines[:begin], *section, *lines[end:]]) + "\n"


def _with_value(section: list[str], name: str, value: str) -> list[str]:
    """A section with a value in the place of the old one, or at its end, before the blank lines and comments there."""
    told = json.dumps(value, ensure_ascii=False)
    pattern = re.compile(rf"(\s*{name}\s*=\s*)(\"[^\"]*\"|'[^']*')(.*)")
    for number, line in enumerate(section):
        if found := pattern.fullmatch(line):
            return [*section[:number], f"{found[1]}{told}{found[3]}", *section[number + 1 :]]
    last = max(number for number, line in enumerate(section) if line.strip() and not line.lstrip().startswith("#"))
    return [*section[: last + 1], f"{name} = {told}", *section[last + 1 :]]


def _replace(path: Path, text: str, wanted: SettingsFile) -> None:
    """Write beside it, see that it reads as it shall, and only then put it in its place."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        try:
            reads_as_wanted = read_file(beside) == wanted
        except BadInput:
            reads_as_wanted = False
        if not reads_as_wanted:
            raise BadInput(f"{path} is written in a way that cannot be changed safely")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
