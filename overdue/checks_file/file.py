"""A file of checks: read whole, and refused with everything that is wrong with it, line by line.

Decides the grammar. Start at `examined`. YAML is parsed in `document`, values are read in `reading`, and what
contradicts itself is decided in `chalicelib.fields`.
"""

from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from chalicelib.domain.config import DAILY
from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.limits.evaluation_cost import require_affordable
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.domain.slugs import LONGEST_SLUG, SLUG, slug_of
from chalicelib.fields.consistency import contradictions
from overdue.checks_file.document import Problem, Scalar, Table, Value, Wrong, parse
from overdue.checks_file.fields import FIELDS, Settings, completed, config_of, in_words, yaml_name
from overdue.checks_file.reading import read as read_value
from overdue.checks_file.reading import text

VERSION = "1"
LARGEST_BYTES = 4_000_000
_TOP = ("version", "defaults", "checks")
NOT_IN_DEFAULTS = ("name", "desc", "probe", "group")
_OTHERS_WORDS = {  # what a field is called elsewhere
    "timeout": "every",
    "period": "every",
    "interval": "every",
    "cron": "schedule",
    "timezone": "tz",
    "description": "desc",
    "title": "name",
    "integrations": "channels",
    "reminder": "remind_every",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A check as the file wants it, and where the file says so."""

    slug: str
    line: int
    settings: Settings  # the value of every field; channels by name or id, as they were written
    lines: Mapping[str, int]  # of the fields that are written at the check or in the defaults


class InvalidFile(OverdueError):
    """The file cannot be applied; each line of the text names one reason, its place first."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(f"{name}:{problem.line}: {problem.text}" for problem in self.problems))


@dataclass(frozen=True, slots=True)
class _Said:
    """The fields of one table that could be read."""

    settings: Settings
    lines: dict[str, int]
    unread: frozenset[str] = frozenset()  # fields that are there, and of which nobody knows what they should be


def decoded(raw: bytes, *, name: str) -> str:
    """The text of a file. Raises InvalidFile."""
    if len(raw) > LARGEST_BYTES:
        raise InvalidFile(name, [Problem(1, f"has {len(raw):,} bytes, {LARGEST_BYTES:,} are allowed")])
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise InvalidFile(name, [Problem(line, "is not UTF-8: save the file in that encoding")]) from error


def read(source: str, *, name: str) -> tuple[Wanted, ...]:
    """The checks of a file, in its order; errors call it by its name. Raises InvalidFile with all that is wrong."""
    found, problems = examined(source, name=name)
    if problems:
        raise InvalidFile(name, problems)
    return found


def examined(source: str, *, name: str) -> tuple[tuple[Wanted, ...], list[Problem]]:
    """The checks of a file as far as they can be read, and what is wrong with it: a field that cannot be read is as if
    it were not there. Raises InvalidFile where there is nothing to go by.
    """
    try:
        root, problems = parse(source)
    except Wrong as error:
        raise InvalidFile(name, error.problems) from error
    if not isinstance(root, Table):
        line = 1 if root is None else root.line
        raise InvalidFile(
            name, [*problems, Problem(line, "has no checks: write checks: and below it each by its slug")]
        )
    reading = _Reading(problems)
    return reading.checks(root), reading.problems


@dataclass
class _Reading:
    problems: list[Problem]

    def checks(self, root: Table) -> tuple[Wanted, ...]:
        for key in root.entries.values():
            if key.key.text not in _TOP:
                self._say(key.key.line, f'"{key.key.text}" is not known here{_near(key.key.text, _TOP)}')
        self._version(root)
        defaults = self._defaults(root)
        if "checks" not in root.entries:
            self._say(root.line, "has no checks: write checks: and below it each by its slug")
            return ()
        table = root.entries["checks"].value
        if not isinstance(table, Table):
            hint = "{} for none" if isinstance(table, Scalar) else "a mapping"
            self._say(root.entries["checks"].key.line, f"checks takes each check below its slug: write {hint}")
            return ()
        return tuple(
            wanted
            for entry in table.entries.values()
            if (wanted := self._check(entry.key, entry.value, defaults)) is not None
        )

    def _version(self, root: Table) -> None:
        if "version" not in root.entries:
            return
        value = root.entries["version"].value
        if not isinstance(value, Scalar) or value.text != VERSION:
            self._say(value.line, f"version is {VERSION}: another is not known to this overdue")

    def _defaults(self, root: Table) -> _Said:
        if "defaults" not in root.entries:
            return _Said({}, {})
        said = self._fields("defaults", root.entries["defaults"].value)
        for field in NOT_IN_DEFAULTS:
            if field in said.lines:
                self._say(said.lines[field], f"defaults: {field} belongs to each check alone")
        return said

    def _check(self, key: Scalar, value: Value, defaults: _Said) -> Wanted | None:
        slug = self._slug(key)
        said = self._fields(key.text, value)
        if slug is None:
            return None
        lines = defaults.lines | said.lines
        unread = said.unread | (defaults.unread - said.settings.keys())
        try:
            settings = completed(said.settings, slug=slug, defaults=defaults.settings)
        except FieldError as error:
            self._say(lines.get(error.field, key.line), f"{slug}: {in_words(error)}")
            return None
        for problem in _contradictions(settings, unread=unread):
            place = lines.get(yaml_name(problem.field), lines.get("schedule", key.line))
            self._say(place, f"{slug}: {in_words(problem)}")
        return Wanted(slug=slug, line=key.line, settings=settings, lines=lines)

    def _slug(self, key: Scalar) -> str | None:
        try:
            slug = text("slug", key)
        except BadInput as error:
            self._say(key.line, str(error))
            return None
        if len(slug) > LONGEST_SLUG:
            self._say(key.line, f"slug {slug[:20]}… has {len(slug)} characters, {LONGEST_SLUG} are allowed")
            return None
        if not SLUG.fullmatch(slug):
            self._say(key.line, f'slug "{slug[:60]}" may have a-z, 0-9, - and _: write {slug_of(slug) or "a name"}')
            return None
        return slug

    def _fields(self, owner: str, value: Value) -> _Said:
        if isinstance(value, Scalar) and value.is_nothing:
            return _Said({}, {})
        if not isinstance(value, Table):
            self._say(value.line, f"{owner}: takes fields, such as every: 1h")
            return _Said({}, {})
        settings: dict[str, Any] = {}
        for name, entry in value.entries.items():
            if name not in FIELDS:
                self._say(entry.key.line, f'{owner}: there is no field "{name}"{_near(name, FIELDS)}')
                continue
            try:
                settings[name] = read_value(name, FIELDS[name].kind, entry.value)
            except Wrong as error:
                for problem in error.problems:
                    self._say(problem.line, f"{owner}: {problem.text}")
            except BadInput as error:
                self._say(entry.value.line, f"{owner}: {in_words(error)}")
        lines = {name: value.entries[name].key.line for name in value.entries if name in FIELDS}
        if "every" in lines and "schedule" in lines:
            first, second = sorted((lines["every"], lines["schedule"]))
            self._say(second, f"{owner}: every and schedule exclude each other (the other is at line {first})")
        return _Said(settings, lines, unread=frozenset(lines.keys() - settings.keys()))

    def _say(self, line: int, problem: str) -> None:
        self.problems.append(Problem(line, problem))


def _contradictions(settings: Settings, *, unread: AbstractSet[str]) -> Iterator[FieldError]:
    """How the values of a check contradict each other, as far as they could be read."""
    config = config_of(settings, DAILY)
    if (lines := settings["schedule"]) is not None:
        try:
            config = config_of(settings, parse_schedules(lines, settings["tz"]))
        except BadInput:  # it is valid in UTC
            yield FieldError("schedule", "never_occurs", value=settings["tz"])
    yield from (error for error in contradictions(config) if error.bound not in unread)
    if unread:
        return
    try:
        require_affordable(config)
    except FieldError as error:
        yield error


def _near(word: str, known: Iterable[str]) -> str:
    names = list(known)
    meant = _OTHERS_WORDS.get(word.lower())
    near = [meant] if meant in names else get_close_matches(word.lower().replace("-", "_"), names, n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else f". Known are: {', '.join(names)}"
