"""Values of the file that are lists, or one value that stands for a list: each item is read by itself, and all that is
wrong with any of them is told.

Start at `each_of`. What a schedule or a window is, the domain's own parsers say.
"""

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule import parse
from chalicelib.domain.schedule.maintenance import LONGEST_TEXT, MOST, parse_window
from chalicelib.domain.schedule.occurrences import LONGEST as LONGEST_SCHEDULE
from chalicelib.domain.schedule.occurrences import parse_expression
from chalicelib.fields.kinds import LONGEST_TAGS
from overdue.checks_file.document import Gathered, Problem, Scalar, Series, Value, Wrong
from overdue.checks_file.kinds.quoting import quoted
from overdue.checks_file.kinds.value_kinds import EVERY_CHANNEL, Kind, Schema, Setting, text
from overdue.cli.offline.expressions import without_alias

Item = TypeVar("Item")

_PERIOD = re.compile(r"(?:every )?([0-9]+[smhdw])")


def a_schedule() -> Kind:
    """Cron with its aliases, or OnCalendar; or several of them, kept as lines of one text."""

    def read(name: str, value: Value) -> Setting:
        found = each_of(name, value, lambda item: _one_schedule(name, item.text))
        return parse.parse_schedules(found, "UTC").expression

    def written(setting: Setting) -> str:
        lines = tuple(str(setting).split("\n"))
        return quoted(lines[0]) if len(lines) == 1 else listed(lines)

    examples = ["0 2 * * *", "@daily", "Mon..Fri 12:00"]
    one = {"type": "string", "maxLength": LONGEST_SCHEDULE, "examples": examples}
    several_of_them = {"items": one, "minItems": 1, "maxItems": parse.MOST}
    return Kind(read, written, one | several_of_them | {"type": ["string", "array"]})


def _one_schedule(name: str, text: str) -> str:
    """A schedule that can be, without aliases. Raises BadInput."""
    if period := _PERIOD.fullmatch(text.strip()):
        raise BadInput(f'{name} "{text}" is a period: write every: {period[1]}')
    lines = without_alias(text).strip().split("\n")
    return "\n".join(parse_expression(line, "UTC").expression for line in lines)


def windows() -> Kind:
    """Windows of maintenance: a list, or one text."""

    def read(name: str, value: Value) -> Setting:
        found = each_of(name, value, lambda item: _one_window(text_of_item(name, item).strip()))
        if len(found) > MOST:
            raise BadInput(f"{name}: {len(found)} are too many, a check has {MOST} at most")
        return tuple(found)

    return Kind(read, listed, texts({"type": "string", "maxLength": LONGEST_TEXT}))


def _one_window(text: str) -> str:
    parse_window(text, "UTC")
    return text


def words() -> Kind:
    """Tags: a list, or one text with blanks between them."""

    def read(name: str, value: Value) -> Setting:
        of_items = each_of(name, value, lambda item: _words(name, item, is_listed=item is not value))
        found = [word for some in of_items for word in some]
        if (length := len(" ".join(found))) > LONGEST_TAGS:
            raise BadInput(f"{name} have {length} characters together, {LONGEST_TAGS} are allowed")
        return tuple(dict.fromkeys(found))

    return Kind(read, listed, texts({"type": "string", "pattern": "^\\S+$"}))


def _words(name: str, item: Scalar, *, is_listed: bool) -> list[str]:
    found = text_of_item(name, item).split()
    if is_listed and len(found) != 1:
        raise Wrong(Problem(item.line, f'{name}: "{item.text[:40]}" is not one word: a tag has no blanks'))
    return found


def destinations() -> Kind:
    """Channels by name or id: a list, or one text with commas between them; `*` is all, those of later days, too."""

    def read(name: str, value: Value) -> Setting:
        if isinstance(value, Scalar):
            found = [word.strip() for word in text_of_item(name, value).split(",")]
            found = [] if found == [""] else found
        else:
            found = each_of(name, value, lambda item: text_of_item(name, item))
        if found == [EVERY_CHANNEL]:
            return EVERY_CHANNEL
        if EVERY_CHANNEL in found:
            raise BadInput(f'{name}: "*" is all of them, so it stands alone')
        if "" in found:
            raise BadInput(f"{name}: a name is empty")
        return tuple(dict.fromkeys(found))

    def written(setting: Setting) -> str:
        return f'"{EVERY_CHANNEL}"' if setting == EVERY_CHANNEL else listed(setting)

    return Kind(read, written, texts({"type": "string", "minLength": 1}))


def items(name: str, value: Value) -> list[Scalar]:
    """The values of a list, or the one that stands for a list. Raises BadInput."""
    match value:
        case Scalar():
            return [value]
        case Series():
            found = [item for item in value.items if isinstance(item, Scalar)]
            if len(found) == len(value.items):
                return found
    raise BadInput(f"{name} takes a list of names, such as [first, second]")


def each_of(name: str, value: Value, read: Callable[[Scalar], Item]) -> list[Item]:
    """What is read of each item of a list. Raises BadInput, and Wrong with all that is wrong with the items."""
    gathered = Gathered()
    found = []
    for item in items(name, value):
        with gathered.at(item.line):
            found.append(read(item))
    gathered.insist()
    return found


def text_of_item(name: str, item: Scalar) -> str:
    """The text of one of them. Raises Wrong."""
    try:
        return text(name, item)
    except BadInput as error:
        raise Wrong(Problem(item.line, str(error))) from error


def listed(setting: Setting) -> str:
    """A list as the file has it."""
    assert isinstance(setting, tuple), "tags and channels are"
    return f"[{', '.join(map(quoted, setting))}]"


def texts(of: Mapping[str, object]) -> Schema:
    """What an editor may accept for a list of texts."""
    return {"oneOf": [{"type": "string"}, {"type": "array", "items": of, "uniqueItems": True}]}
