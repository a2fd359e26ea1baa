"""Where each check stands on the overview: its section, its next success, its place among others.

Statuses are `domain.shown`'s; here they become the sections that people look for. Start at `standing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.check import Check
from chalicelib.domain.ids import Code, short, unique_key
from chalicelib.domain.rules.due import expected, expected_after, first_ping_at
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.text import display_status
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.domain.text.inert import inert


class Section(StrEnum):
    """In the order of the page: trouble first. Each is also the name of its mark."""

    DOWN = "down"
    LATE = "late"
    RUNNING = "running"
    UP = "up"
    PAUSED = "paused"
    NEW = "new"


_SECTIONS = {
    DisplayStatus.DOWN: Section.DOWN,
    DisplayStatus.GRACE: Section.LATE,
    DisplayStatus.UNKNOWN: Section.LATE,  # `line` says what it is
    DisplayStatus.UP: Section.UP,
    DisplayStatus.PAUSED: Section.PAUSED,
    DisplayStatus.NEW: Section.NEW,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A check at an instant: what `shown.as_of` returned, and what follows from it."""

    check: Check
    section: Section
    next_at: datetime | None  # of its next success; None: nothing is expected
    name: str
    path: str  # of its page


def standing(check: Check, slugs: Mapping[str, int], *, now: datetime) -> Standing:
    """`slugs`: how many checks have each, since only one that is a check's own leads to it."""
    check = display_status.as_of(check, now=now)
    section = _SECTIONS[display_status.status(check, now=now)]
    if section in (Section.UP, Section.LATE, Section.NEW) and display_status.is_running(check, now=now):
        section = Section.RUNNING
    return Standing(check, section, _next(check, section, now=now), name_of(check), path_of(check, slugs))


def name_of(check: Check) -> str:
    """What people call it; nothing in it acts on the page."""
    return shown_text(check.config.name or check.config.slug) or short(check.code)


def shown_text(text: str) -> str:
    """A text of a job or an operator, without what acts on its surroundings. Most have nothing of that kind."""
    return text if text.isprintable() else inert(text)


def path_of(check: Check, slugs: Mapping[str, int]) -> str:
    """The path of a check's page, by which nobody can ping it: by its slug, or by its unique key."""
    slug = check.config.slug
    return f"/checks/{slug if slugs.get(slug) == 1 else unique_key(check.code)}"


def _next(check: Check, section: Section, *, now: datetime) -> datetime | None:
    """The next instant at which a success is expected; of one that is late, the one that has passed.

    A schedule goes on while a check is down; a period begins anew with each failure.
    """
    due = expected(check)
    if section is not Section.PAUSED and due is not None and due > now:
        return due
    config = check.config
    match section:
        case Section.PAUSED:
            return None
        case Section.NEW:
            return first_ping_at(check)
        case Section.LATE | Section.UP:
            return due
        case Section.RUNNING:
            return expected_after(config, max(run.at for run in check.runs))
        case _:
            if not isinstance(config.schedule, Every):
                return expected_after(config, now)
            again = None if check.last_ping is None else expected_after(config, check.last_ping)
            return again if again is not None and again > now else due


def place(each: Standing, *, now: datetime) -> tuple[datetime | str, str, Code]:
    """What a section is ordered by: the longest trouble first, what goes well by name."""
    check, name = each.check, each.name.casefold()
    match each.section:
        case Section.DOWN:
            return (check.since or now, name, check.code)
        case Section.LATE:
            return (each.next_at or now, name, check.code)
        case Section.RUNNING:
            return (min(run.at for run in check.runs), name, check.code)
        case _:
            return (name, name, check.code)
