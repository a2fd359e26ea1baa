"""Write a stage into the settings file, so that later commands need no options; and remove it again.

Everything else in the file keeps its place: comments, order, spelling. The file is replaced as a whole, and only its
owner can read it. `overdue.cli.settings` reads the file. Start at `remember` and `forget`.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import tomlkit
from tomlkit.items import Table

from chalicelib.domain.errors import BadInput
from overdue.cli.settings import Given, SettingsFile, read_file


def remember(path: Path, stage: str, values: Mapping[str, str]) -> None:
    """Set these values of a stage. Raises BadInput for a file that cannot be read, written, or changed safely."""
    path = path.resolve()  # a link stays one
    if path.exists() and not path.is_file():
        raise BadInput(f"{path} is no file")
    before = read_file(path)
    old = before.stages.get(stage, Given(stage=stage))
    stages = {**before.stages, stage: replace(old, **values)}
    wanted = SettingsFile(stages=stages, default=before.default or (stage if len(stages) == 1 else None))
    try:
        document = tomlkit.parse(path.read_text(encoding="utf-8") if path.exists() else "")
        tables = document.setdefault("stages", tomlkit.table(is_super_table=True))
        if stage in tables:
            _update(tables[stage], values)
        else:
            tables[stage] = dict(values)
        if before.default is not None and "stage" not in document and len(stages) > 1:
            document["stage"] = before.default  # the only stage was the default, and remains it
        _replace(path, document.as_string(), wanted)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error


def forget(path: Path, stage: str) -> str | None:
    """Remove a stage with all its values; comments on lines of their own stay. Return the default stage from now on.

    Raises BadInput for a file that cannot be read, written, or changed safely.
    """
    path = path.resolve()
    before = read_file(path)
    stages = {name: given for name, given in before.stages.items() if name != stage}
    default = before.default if before.default != stage else None
    wanted = SettingsFile(stages=stages, default=default or (next(iter(stages)) if len(stages) == 1 else None))
    try:
        text = path.read_text(encoding="utf-8")
        if stage in before.stages:
            text = _without(text, "stages", stage)
        if before.default == stage and "stage" in tomlkit.parse(text):
            text = _without(text, "stage")
        _replace(path, text.lstrip("\n"), wanted)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}") from error
    return wanted.default


def _update(table: Table, values: Mapping[str, str]) -> None:
    """Set the values; new ones go above the comments at the table's end, which may belong to the next table."""
    body = table.value.body
    end = 1 + max((number for number, (key, _) in enumerate(body) if key is not None), default=-1)
    after = body[end:]
    del body[end:]
    table.update(values)
    body.extend(after)


def _without(text: str, *keys: str) -> str:
    """The text without the value or table of these keys, but with the comments that have a line of their own."""
    document = tomlkit.parse(text)
    *outer, last = keys
    table = document
    for key in outer:
        table = table[key]
    del table[last]
    long, short = text.splitlines(keepends=True), document.as_string().splitlines(keepends=True)
    pairs = zip(long, short, strict=False)
    begin = next((number for number, lines in enumerate(pairs) if lines[0] != lines[1]), len(short))
    removed = long[begin : begin + len(long) - len(short)]
    comments = [line for line in removed if line.lstrip().startswith("#")]
    return "".join((*short[:begin], *comments, *short[begin:]))


def _replace(path: Path, text: str, wanted: SettingsFile) -> None:
    """Write a file beside it, check that it says what is wanted, and rename it: the settings are never half written.

    The check stays because tomlkit 0.15 puts a new table between dotted keys, whose meaning that changes.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # 0600
    beside = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        if not _says(beside, wanted):
            raise BadInput(f"{path} is written in a way that cannot be changed safely")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _says(path: Path, wanted: SettingsFile) -> bool:
    try:
        return read_file(path) == wanted
    except BadInput:
        return False
