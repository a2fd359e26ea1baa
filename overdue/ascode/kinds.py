"""The kinds of values that a field of the file takes: how each is read, written, and described to an editor.

What a schedule, a zone or a duration is, the domain's own parsers say. Start at `Kind`; which field is of which kind
is told in `fields`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain import several
from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import (
    LONGEST,
    LONGEST_TAGS,
    MOST_ITEMS,
    SHORTEST,
    parse_count,
    parse_duration,
    parse_instant,
)
from chalicelib.domain.probe import Probe
from chalicelib.domain.schedule import LONGEST as LONGEST_SCHEDULE
from chalicelib.domain.schedule import current_zone
from chalicelib.domain.windows import LONGEST_TEXT, MOST, parse_window
from overdue.ascode.document import Problem, Scalar, Series, Value, Wrong
from overdue.ascode.quoting import humane, quoted
from overdue.expressions import without_alias

Setting = str | int | bool | tuple[str, ...] | Probe | None  # durations in seconds; None: off
Schema = Mapping[str, object]

OFF = "off"
EVERY_CHANNEL = "*"
_LOCAL = re.compile(r"[0-9-]+([T ][0-9:.]+)?")  # an instant without an offset
_PERIOD = re.compile(r"(?:every )?([0-9]+[smhdw])")


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


def a_schedule() -> Kind:
    """Cron with its aliases, or OnCalendar; or several of them, kept as lines of one text."""

    def read(name: str, value: Value) -> Setting:
        found = [value.text] if isinstance(value, Scalar) else [item.text for item in _items(name, value)]
        for text in found:
            if period := _PERIOD.fullmatch(text.strip()):
                raise BadInput(f'{name} "{text}" is a period: write every: {period[1]}')
        return several.parse_schedules([without_alias(text) for text in found], "UTC").expression

    def written(setting: Setting) -> str:
        lines = tuple(str(setting).split("\n"))
        return quoted(lines[0]) if len(lines) == 1 else _listed(lines)

    examples = ["0 2 * * *", "@daily", "Mon..Fri 12:00"]
    one = {"type": "string", "maxLength": LONGEST_SCHEDULE, "examples": examples}
    several_of_them = {"items": one, "minItems": 1, "maxItems": several.MOST}
    return Kind(read, written, one | several_of_them | {"type": ["string", "array"]})


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


def windows() -> Kind:
    """Windows of maintenance: a list, or one text."""

    def read(name: str, value: Value) -> Setting:
        found = tuple(_text_of_item(name, item).strip() for item in _items(name, value))
        for text in found:
            parse_window(text, "UTC")
        if len(found) > MOST:
            raise BadInput(f"{name}: {len(found)} are too many, a check has {MOST} at most")
        return found

    return Kind(read, _listed, _texts({"type": "string", "maxLength": LONGEST_TEXT}))


def a_zone() -> Kind:
    """A name of the IANA's."""

    def read(name: str, value: Value) -> Setting:
        return current_zone(scalar(name, value).text)

    return Kind(read, str, {"type": "string", "examples": ["Europe/Berlin", "UTC"]})


def words() -> Kind:
    """Tags: a list, or one text with blanks between them."""

    def read(name: str, value: Value) -> Setting:
        found = [word for item in _items(name, value) for word in _words(name, item, is_listed=item is not value)]
        if (length := len(" ".join(found))) > LONGEST_TAGS:
            raise BadInput(f"{name} have {length} characters together, {LONGEST_TAGS} are allowed")
        return tuple(dict.fromkeys(found))

    return Kind(read, _listed, _texts({"type": "string", "pattern": "^\\S+$"}))


def _words(name: str, item: Scalar, *, is_listed: bool) -> list[str]:
    found = _text_of_item(name, item).split()
    if is_listed and len(found) != 1:
        raise Wrong(Problem(item.line, f'{name}: "{item.text[:40]}" is not one word: a tag has no blanks'))
    return found


def destinations() -> Kind:
    """Channels by name or id: a list, or one text with commas between them; `*` is all, those of later days, too."""

    def read(name: str, value: Value) -> Setting:
        if isinstance(value, Scalar):
            found = [word.strip() for word in _text_of_item(name, value).split(",")]
            found = [] if found == [""] else found
        else:
            found = [_text_of_item(name, item) for item in _items(name, value)]
        if found == [EVERY_CHANNEL]:
            return EVERY_CHANNEL
        if EVERY_CHANNEL in found:
            raise BadInput(f'{name}: "*" is all of them, so it stands alone')
        if "" in found:
            raise BadInput(f"{name}: a name is empty")
        return tuple(dict.fromkeys(found))

    def written(setting: Setting) -> str:
        return f'"{EVERY_CHANNEL}"' if setting == EVERY_CHANNEL else _listed(setting)

    return Kind(read, written, _texts({"type": "string", "minLength": 1}))


def _items(name: str, value: Value) -> list[Scalar]:
    match value:
        case Scalar():
            return [value]
        case Series():
            found = [item for item in value.items if isinstance(item, Scalar)]
            if len(found) == len(value.items):
                return found
    raise BadInput(f"{name} takes a list of names, such as [first, second]")


def _text_of_item(name: str, item: Scalar) -> str:
    try:
        return text(name, item)
    except BadInput as error:
        raise Wrong(Problem(item.line, str(error))) from error


def _listed(setting: Setting) -> str:
    assert isinstance(setting, tuple), "tags and channels are"
    return f"[{', '.join(map(quoted, setting))}]"


def _texts(of: Mapping[str, object]) -> Schema:
    return {"oneOf": [{"type": "string"}, {"type": "array", "items": of, "uniqueItems": True}]}
