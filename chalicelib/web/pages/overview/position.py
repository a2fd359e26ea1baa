"""Where each check stands on the overview: its group, its next success, its place among others.

Statuses are `domain.shown`'s; here they become the groups that people look for. Start at `standing`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.check import Check, Code, short, unique_key
from chalicelib.domain.rules.due import expected, expected_after
from chalicelib.domain.rules.first_ping import first_ping_at
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.text import display_status
from chalicelib.domain.text.display_status import Shown
from chalicelib.domain.text.inert import inert


class Group(StrEnum):
    """In the order of the page: trouble first. Each is also the name of its mark."""

    DOWN = "down"
    LATE = "late"
    RUNNING = "running"
    UP = "up"
    PAUSED = "paused"
    NEW = "new"


_GROUPS = {
    Shown.DOWN: Group.DOWN,
    Shown.GRACE: Group.LATE,
    Shown.UNKNOWN: Group.LATE,  # `line` says what it is
    Shown.UP: Group.UP,
    Shown.PAUSED: Group.PAUSED,
    Shown.NEW: Group.NEW,
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A check at an instant: what `shown.as_of` returned, and what follows from it."""

    check: Check
    group: Group
    next_at: datetime | None  # of its next success; None: nothing is expected
    name: str
    path: str  # of its page


def standing(check: Check, slugs: Mapping[str, int], *, now: datetime) -> Standing:
    """`slugs`: how many checks have each, since only one that is a check's own leads to it."""
    check = display_status.as_of(check, now=now)
    group = _GROUPS[display_status.status(check, now=now)]
    if group in (Group.UP, Group.LATE, Group.NEW) and display_status.is_running(check, now=now):
        group = Group.RUNNING
    return Standing(check, group, _next(check, group, now=now), name_of(check), path_of(check, slugs))


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


def _next(check: Check, group: Group, *, now: datetime) -> datetime | None:
    """The next instant at which a success is expected; of one that is late, the one that has passed.

    A schedule goes on while a check is down; a period begins anew with each failure.
    """
    due = expected(check)
    if group is not Group.PAUSED and due is not None and due > now:
        return due
    config = check.config
    match group:
        case Group.PAUSED:
            return None
        case Group.NEW:
            return first_ping_at(check)
        case Group.LATE | Group.UP:
            return due
        case Group.RUNNING:
            return expected_after(config, max(run.at for run in check.runs))
        case _:
            if not isinstance(config.schedule, Every):
                return expected_after(config, now)
            again = None if check.last_ping is None else expected_after(config, check.last_ping)
            return again if again is not None and again > now else due


def place(each: Standing, *, now: datetime) -> tuple[datetime | str, str, Code]:
    """What a group is ordered by: the longest trouble first, what goes well by name."""
    check, name = each.check, each.name.casefold()
    match each.group:
        case Group.DOWN:
            return (check.since or now, name, check.code)
        case Group.LATE:
            return (each.next_at or now, name, check.code)
        case Group.RUNNING:
            return (min(run.at for run in check.runs), name, check.code)
        case _:
            return (name, name, check.code)
