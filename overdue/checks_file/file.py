"""A file of checks: read whole, and refused with everything that is wrong with it, line by line.

Decides the grammar, and what contradicts itself. Start at `examined`. YAML is `document`'s business, values are
`kinds`'.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches

from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.limits.evaluation_cost import require_affordable
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.domain.slugs import LONGEST_SLUG
from overdue.checks_file.document import Problem, Scalar, Table, Value, Wrong, parse
from overdue.checks_file.fields import BY_NAME, Settings, completed
from overdue.checks_file.kinds.value_kinds import Setting, text
from overdue.client.pinging import slug_of

VERSION = "1"
LARGEST_BYTES = 4_000_000
_TOP = ("version", "defaults", "checks")
_SLUG = re.compile(r"[a-z0-9_-]+")
NOT_IN_DEFAULTS = ("name", "desc", "probe", "group")
_COSTS = frozenset({"schedule", "every", "tz", "grace", "early", "windows", "misses_before_alert"})
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
    settings: Settings  # every field; channels by name or id, as they were written
    lines: Mapping[str, int]  # of the fields that are written at the check or in the defaults


class InvalidFile(OverdueError):
    """The file cannot be applied; each line of the text names one reason, its place first."""

    def __init__(self, name: str, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems))
        super().__init__("\n".join(f"{name}:{problem.line}: {problem.text}" for problem in self.problems))


@dataclass(frozen=True, slots=True)
class _Said:
    """The fields of one table that could be read."""

    settings: dict[str, Setting]
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
        settings = completed(said.settings, slug=slug, defaults=defaults.settings)
        lines = defaults.lines | said.lines
        unread = said.unread | (defaults.unread - said.settings.keys())
        for line, contradiction in _contradictions(settings, lines, key.line, unread=unread):
            self._say(line, f"{slug}: {contradiction}")
        return Wanted(slug=slug, line=key.line, settings=settings, lines=lines)

    def _slug(self, key: Scalar) -> str | None:
        try:
            slug = text("slug", key)
        except BadInput as error:
            self._say(key.line, str(error))
            return None
        if not _SLUG.fullmatch(slug):
            self._say(key.line, f'slug "{slug[:60]}" may have a-z, 0-9, - and _: write {slug_of(slug)}')
            return None
        if len(slug) > LONGEST_SLUG:
            self._say(key.line, f"slug {slug[:20]}… has {len(slug)} characters, {LONGEST_SLUG} are allowed")
            return None
        return slug

    def _fields(self, owner: str, value: Value) -> _Said:
        if isinstance(value, Scalar) and value.is_nothing:
            return _Said({}, {})
        if not isinstance(value, Table):
            self._say(value.line, f"{owner}: takes fields, such as every: 1h")
            return _Said({}, {})
        settings: dict[str, Setting] = {}
        for name, entry in value.entries.items():
            if name not in BY_NAME:
                self._say(entry.key.line, f'{owner}: there is no field "{name}"{_near(name, BY_NAME)}')
                continue
            try:
                settings[name] = BY_NAME[name].kind.read(name, entry.value)
            except Wrong as error:
                for problem in error.problems:
                    self._say(problem.line, f"{owner}: {problem.text}")
            except BadInput as error:
                self._say(entry.value.line, f"{owner}: {error}")
        lines = {name: value.entries[name].key.line for name in value.entries if name in BY_NAME}
        if "every" in lines and "schedule" in lines:
            first, second = sorted((lines["every"], lines["schedule"]))
            self._say(second, f"{owner}: every and schedule exclude each other (the other is at line {first})")
        return _Said(settings, lines, unread=frozenset(lines.keys() - settings.keys()))

    def _say(self, line: int, problem: str) -> None:
        self.problems.append(Problem(line, problem))


def _contradictions(
    settings: Settings, lines: Mapping[str, int], line: int, *, unread: AbstractSet[str]
) -> Iterator[tuple[int, str]]:
    """Where and how a check contradicts itself, as far as its fields could be read."""
    is_counted = [settings[name] is not None for name in ("min_count", "count_window")]
    if any(is_counted) and not all(is_counted) and not unread & {"min_count", "count_window"}:
        place = lines.get("min_count", lines.get("count_window", line))
        yield place, "min_count and count_window go together: so many items in each window"
    least, most = settings["min_runtime"], settings["max_runtime"]
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield lines.get("min_runtime", line), "min_runtime is above max_runtime: no run could ever be right"
    schedule, tz = settings["schedule"], settings["tz"]
    if isinstance(schedule, str) and isinstance(tz, str):
        try:
            parse_schedules([schedule], tz)
        except BadInput as error:  # it was valid in UTC
            yield lines.get("schedule", line), f"{error}, in {tz}"
    if settings["probe"] is not None and settings["schedule"] is not None:
        yield lines.get("schedule", line), "a probe comes every so often: write every, not schedule"
    if settings["group"] is not None and (settings["probe"], settings["first_ping_by"]) != (None, None):
        yield lines.get("group", line), "a group has no probe and no first ping: its members tell how it is"
    if not unread & _COSTS and (costs := _too_costly(settings)) is not None:
        yield lines.get(costs.field, lines.get("schedule", line)), str(costs)


def _too_costly(settings: Settings) -> FieldError | None:
    """The server's error for a check that costs too much to evaluate, as far as the file's fields tell; else None."""
    schedule, every, tz = settings["schedule"], settings["every"], settings["tz"]
    windows, misses = settings["windows"], settings["misses_before_alert"]
    assert isinstance(tz, str), "its reader has checked that"
    assert isinstance(windows, tuple), "as above"
    assert isinstance(misses, int), "as above"
    try:
        require_affordable(
            Config(
                schedule=parse_schedules([schedule], tz) if isinstance(schedule, str) else Every(_seconds(every)),
                tz=tz,
                grace=_seconds(settings["grace"]),
                early=_seconds(settings["early"]),
                windows=windows,
                misses_before_alert=misses,
            )
        )
    except FieldError as error:
        return error
    except BadInput:  # reported already
        return None
    return None


def _seconds(setting: Setting) -> timedelta:
    return timedelta(seconds=setting) if isinstance(setting, int) else timedelta()


def _near(word: str, known: Iterable[str]) -> str:
    names = list(known)
    meant = _OTHERS_WORDS.get(word.lower())
    near = [meant] if meant in names else get_close_matches(word.lower().replace("-", "_"), names, n=1, cutoff=0.6)
    return f": did you mean {near[0]}?" if near else f". Known are: {', '.join(names)}"
