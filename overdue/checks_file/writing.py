"""A file of checks from their values: defaults are left out, so that it reads as if written by hand.

Start at `written_file`. `file.read` returns the same values again.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.config import Group, Step
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.kinds import OFF, Kind, Tags, Text
from chalicelib.fields.list_kinds import Channels, Texts
from chalicelib.fields.object_kinds import Grouping, Headers, Probing, Steps
from chalicelib.fields.schedule_kinds import Expression
from overdue.checks_file.fields import FIELDS, Settings, completed
from overdue.checks_file.file import VERSION
from overdue.checks_file.quoting import block, quoted


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A check of the file, with comments above it."""

    slug: str
    settings: Settings
    comments: Sequence[str] = field(default=())


def written_file(entries: Sequence[Entry], *, defaults: Settings, comments: Sequence[str]) -> str:
    """The text of a file; comments at its top."""
    return "\n".join(_lines(entries, defaults, comments)) + "\n"


def _lines(entries: Sequence[Entry], defaults: Settings, comments: Sequence[str]) -> Iterator[str]:
    yield from map(_comment, comments)
    yield f"version: {VERSION}"
    if defaults:
        yield "\ndefaults:"
        for name, value in defaults.items():
            yield f"  {name}: {written(name, value)}"
    yield "\nchecks:" if entries else "\nchecks: {}"
    for number, entry in enumerate(entries):
        if number and entry.comments:
            yield ""
        yield from (f"  {_comment(each)}" for each in entry.comments)
        said = dict(_said(entry, defaults))
        yield f"  {quoted(entry.slug)}:" + ("" if said else " {}")
        yield from (f"    {name}: {_on_lines(name, value)}" for name, value in said.items())


def _said(entry: Entry, defaults: Settings) -> Iterator[tuple[str, Any]]:
    """The values that differ from those that the file would give without them."""
    unsaid = completed({}, slug=entry.slug, defaults=defaults)
    for name in FIELDS:
        value = entry.settings[name]
        if value != unsaid[name] and not is_replaced(name, value):
            yield name, value


def is_replaced(name: str, value: Any) -> bool:
    """Whether it is the period of a check with a schedule, or the schedule of one with a period: neither has a word."""
    return value is None and name in ("every", "schedule")


def _on_lines(name: str, value: Any) -> str:
    if name == "desc":
        return block(value, indent="      ") or written(name, value)
    return written(name, value)


def written(name: str, value: Any) -> str:
    """A value as the file has it, on one line; `–` for a period or a schedule that another replaces."""
    return "–" if is_replaced(name, value) else _written(FIELDS[name].kind, value)


def _written(kind: Kind, value: Any) -> str:
    match kind, value:
        case Probing(), Probe():
            parts = {part: getattr(value, part) for part in kind.parts if part != "every"}
            plain = Probe(url="")
            said = {part: each for part, each in parts.items() if each != getattr(plain, part)}
            return _table((part, _written(kind.parts[part], each)) for part, each in said.items())
        case Headers(), _:
            return _table((quoted(name), quoted(each)) for name, each in value)
        case Grouping(), Group(members=members, tag=tag):
            who = ("tag", quoted(tag)) if tag else ("members", _list(members))
            return _table([who, ("down_when", kind.parts["down_when"].text(value.down_when))])
        case Steps(), [Step(), *_]:
            return f"[{', '.join(_step(kind, step) for step in value)}]"
        case Grouping() | Steps(), None | ():
            return OFF
        case Channels(), [str(only)] if only == EVERY_CHANNEL:
            return f'"{EVERY_CHANNEL}"'
        case Expression(), [str(only)]:
            return quoted(only)
        case ((Channels() | Texts() | Expression()), _):
            return _list(value)
        case Tags(), _:
            return _list(value.split())
        case (Text() | Steps(), _) | (_, datetime()):
            return quoted(value if isinstance(value, str) else kind.text(value))
        case _:
            return kind.text(value)


def _step(kind: Steps, step: Step) -> str:
    return _table([("after", kind.after.text(step.after)), ("channels", _written(kind.channels, step.channels))])


def _table(pairs: Iterable[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{name}: {value}" for name, value in pairs) + "}"


def _list(items: Iterable[str]) -> str:
    return f"[{', '.join(map(quoted, items))}]"


def _comment(text: str) -> str:
    """On one line, whatever it quotes."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return f"# {shown}".rstrip()
