"""The kinds of single values that a field of the file takes: how each is read, written, and described to an editor.

What a zone or a duration is, the domain's own parsers say. Start at `Kind`; which field is of which kind is told in
`fields`, lists are `list_kind`'s business.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from chalicelib.domain.config import Group
from chalicelib.domain.durations import LONGEST, SHORTEST, parse_duration, parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import current_zone
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.kinds import AUTO, MOST_ITEMS, parse_count
from overdue.checks_file.document import Scalar, Value
from overdue.checks_file.kinds.quoting import humane, quoted

if TYPE_CHECKING:  # it is made of kinds
    from overdue.checks_file.kinds.escalation_kind import Steps

# durations in seconds; None: off
Setting: TypeAlias = "str | int | bool | tuple[str, ...] | Probe | Steps | Group | None"
Schema = Mapping[str, object]

OFF = "off"
EVERY_CHANNEL = "*"
_LOCAL = re.compile(r"[0-9-]+([T ][0-9:.]+)?")  # an instant without an offset


@dataclass(frozen=True, slots=True)
class Kind:
    """Reads, writes and describes the values of a field."""

    read: Callable[[str, Value], Setting]  # by the field's name, for errors; raises BadInput, and Wrong for an item
    written: Callable[[Setting], str]  # as the file has it, on one line
    schema: Schema  # what an editor may accept: JSON Schema


def scalar(name: str, value: Value) -> Scalar:
    """A single value, whatever YAML takes it for. Raises BadInput."""
    if not isinstance(value, Scalar):
        raise BadInput(f"{name} takes one value, not a list or a mapping")
    if value.is_nothing:
        raise BadInput(f"{name} has no value: write one, or leave the line out")
    return value


def text(name: str, value: Value) -> str:
    """A single value that every YAML takes for text. Raises BadInput."""
    found = scalar(name, value)
    if found.reads_as is not None:
        raise BadInput(f'{name}: YAML takes {found.text} for {found.reads_as}. Put it into quotes: "{found.text}"')
    if "\0" in found.text:
        raise BadInput(f"{name} contains a NUL character")
    return found.text


def _number(name: str, value: Value) -> str:
    found = scalar(name, value).text
    if re.fullmatch(r"0[0-9]+[smhdw]?", found):
        raise BadInput(f"{name} {found}: some YAML takes a number with a leading 0 for octal. Write it without")
    return found


def a_text(longest: int) -> Kind:
    """Any text, up to a number of characters."""

    def read(name: str, value: Value) -> Setting:
        found = text(name, value)
        if len(found) > longest:
            raise BadInput(f"{name} has {len(found):,} characters, {longest:,} are allowed")
        return found

    return Kind(read, lambda setting: quoted(str(setting)), {"type": "string", "maxLength": longest})


def a_duration(*, can_be_off: bool, shortest: timedelta = SHORTEST) -> Kind:
    """Seconds, or a number with a unit; some can be off."""

    def read(name: str, value: Value) -> Setting:
        found = _number(name, value)
        if can_be_off and found == OFF:
            return None
        return int(parse_duration(name, found, shortest=shortest).total_seconds())

    def written(setting: Setting) -> str:
        return humane(setting) if isinstance(setting, int) else OFF

    pattern = "^([1-9][0-9]{0,8}[smhdw]?|off)$" if can_be_off else "^[1-9][0-9]{0,8}[smhdw]?$"
    least, most = int(shortest.total_seconds()), int(LONGEST.total_seconds())
    bounds = {"type": "integer", "minimum": least, "maximum": most}
    return Kind(read, written, {"oneOf": [{"type": "string", "pattern": pattern}, bounds]})


def a_limit() -> Kind:
    """A duration, or auto, or off."""
    span = a_duration(can_be_off=True)

    def read(name: str, value: Value) -> Setting:
        return AUTO if scalar(name, value).text == AUTO else span.read(name, value)

    def written(setting: Setting) -> str:
        return AUTO if setting == AUTO else span.written(setting)

    return Kind(read, written, {"oneOf": [span.schema, {"const": AUTO}]})


def a_count() -> Kind:
    """A number of items, or off."""

    def read(name: str, value: Value) -> Setting:
        found = _number(name, value)
        return None if found == OFF else parse_count(name, found, least=1)

    bounds = {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS}
    return Kind(read, lambda setting: OFF if setting is None else str(setting), {"oneOf": [{"const": OFF}, bounds]})


def a_flag() -> Kind:
    """True or false, and none of YAML's other words for them."""

    def read(name: str, value: Value) -> Setting:
        found = scalar(name, value).text
        if found not in ("true", "false"):
            raise BadInput(f"{name} {found[:40]}: write true or false")
        return found == "true"

    return Kind(read, lambda setting: "true" if setting else "false", {"type": "boolean"})


def a_choice(*words: str) -> Kind:
    """One of some words."""

    def read(name: str, value: Value) -> Setting:
        found = scalar(name, value).text
        if found not in words:
            raise BadInput(f'{name} "{found[:40]}": write {" or ".join(words)}')
        return found

    return Kind(read, str, {"enum": list(words)})


def a_number(most: int) -> Kind:
    """A whole number from 1 on."""

    def read(name: str, value: Value) -> Setting:
        found = parse_count(name, _number(name, value), least=1)
        if found > most:
            raise BadInput(f"{name} {found} is too large: {most} is the most")
        return found

    return Kind(read, str, {"type": "integer", "minimum": 1, "maximum": most})


def a_beginning() -> Kind:
    """A duration, or an instant, or off."""
    span = a_duration(can_be_off=True)

    def read(name: str, value: Value) -> Setting:
        found = scalar(name, value).text
        if "-" not in found:
            return span.read(name, value)
        if _LOCAL.fullmatch(found):
            raise BadInput(f"{name} {found}: say its offset, too, such as {found}Z or {found}+01:00")
        return parse_instant(name, found, "UTC").isoformat(timespec="seconds")

    def written(setting: Setting) -> str:
        return quoted(setting) if isinstance(setting, str) else span.written(setting)

    return Kind(read, written, {"oneOf": [span.schema, {"type": "string", "pattern": "^[0-9]{4}-"}]})


def a_zone() -> Kind:
    """A name of the IANA's."""

    def read(name: str, value: Value) -> Setting:
        return current_zone(scalar(name, value).text)

    return Kind(read, str, {"type": "string", "examples": ["Europe/Berlin", "UTC"]})
