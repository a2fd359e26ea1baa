"""A file of checks from their settings: what holds anyway is left out, so that it reads as if written by hand.

Start at `written_file`. What `file.read` makes of the text are the same settings again.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from overdue.checks_file.fields import FIELDS, Settings, completed, written
from overdue.checks_file.file import VERSION
from overdue.checks_file.kinds.quoting import block, quoted
from overdue.checks_file.kinds.value_kinds import Setting


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
        for name, setting in defaults.items():
            yield f"  {name}: {written(name, setting)}"
    yield "\nchecks:" if entries else "\nchecks: {}"
    for number, entry in enumerate(entries):
        if number and entry.comments:
            yield ""
        yield from (f"  {_comment(each)}" for each in entry.comments)
        said = dict(_said(entry, defaults))
        yield f"  {quoted(entry.slug)}:" + ("" if said else " {}")
        yield from (f"    {name}: {_value(name, setting)}" for name, setting in said.items())


def _said(entry: Entry, defaults: Settings) -> Iterator[tuple[str, Setting]]:
    """What differs from what the file would mean without it."""
    unsaid = completed({}, slug=entry.slug, defaults=defaults)
    for each in FIELDS:
        setting = entry.settings[each.name]
        is_no_word = setting is None and each.name in ("every", "schedule")
        if setting != unsaid[each.name] and not is_no_word:
            yield each.name, setting


def _value(name: str, setting: Setting) -> str:
    if name == "desc" and isinstance(setting, str):
        return block(setting, indent="      ") or written(name, setting)
    return written(name, setting)


def _comment(text: str) -> str:
    """On one line, whatever it quotes."""
    shown = "".join(char if char.isprintable() else " " for char in text)
    return f"# {shown}".rstrip()
