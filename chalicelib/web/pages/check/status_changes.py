"""Changes of status on a check's page: each with its reason and who was told; and how long it was down per month.

Start at `flip_rows` and `months`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chalicelib.domain.check import Check, Flip, Status
from chalicelib.domain.text.reasons import reason_name
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.domain.text.uptime import downtime, times_down
from chalicelib.web.pages.check.notifications import told
from chalicelib.web.pages.check.queries import MOST_FLIPS, Past
from chalicelib.web.pages.shell.instants import Instant, exact, local

SHOWN: Final = 8  # the others are folded away
MOST: Final = 100
MOST_MONTHS: Final = 13
_MARKS = {Status.UP: "up", Status.DOWN: "down", Status.PAUSED: "paused", Status.NEW: "new"}
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FlipRow:
    """One change."""

    mark: str
    what: str
    at: Instant
    down_for: str
    told: str
    is_folded: bool


@dataclass(frozen=True, slots=True)
class Month:
    """One month; `is_whole` tells whether all of it is known."""

    name: str
    down_for: str
    times: int


def flip_rows(check: Check, past: Past, clock: WallClock, *, names_channels: bool) -> tuple[FlipRow, ...]:
    """The newest first."""
    rows = []
    for place, stored in enumerate(past.flips[:MOST]):
        flip = stored.flip
        before = past.flips[place + 1].flip if place + 1 < len(past.flips) else None
        rows.append(
            FlipRow(
                mark=_MARKS[flip.new],
                what=flip.new.value if flip.reason is None else f"{flip.new.value}, {reason_name(flip.reason)}",
                at=Instant(exact(flip.at, clock.tz), clock.minute(flip.at)),
                down_for=_down_for(flip, before),
                told=told(check, stored, names_channels=names_channels),
                is_folded=place >= SHOWN,
            )
        )
    return tuple(rows)


def _down_for(flip: Flip, before: Flip | None) -> str:
    if flip.old is not Status.DOWN or before is None or before.new is not Status.DOWN:
        return ""
    return _coarse(flip.at - before.at)


def _coarse(span: timedelta) -> str:
    return duration(span if span < _MINUTE else span // _MINUTE * _MINUTE)


def months(check: Check, past: Past, clock: WallClock, *, history_days: int) -> tuple[Month, ...]:
    """This month and those before it that are known as a whole, by the reader's clock, the newest first."""
    flips = [stored.flip for stored in past.flips]
    kept_from = clock.now - timedelta(days=history_days)
    known_from = kept_from if len(flips) < MOST_FLIPS else max(kept_from, flips[-1].at)
    times = times_down(check, flips, since=max(known_from, check.created_at), now=clock.now)
    return tuple(
        Month(name, _coarse(spent) if times_ else "none", times_)
        for name, start, end in _spans(check, clock, known_from)
        for spent, times_ in (downtime(times, start, end),)
    )


def _spans(check: Check, clock: WallClock, known_from: datetime) -> Iterator[tuple[str, datetime, datetime]]:
    here = local(clock.now, clock.tz)
    start, end = here.replace(day=1, hour=0, minute=0, second=0, microsecond=0, fold=0), here
    yield f"{here:%B}, so far", start, end
    for _ in range(MOST_MONTHS):
        if start <= check.created_at:
            return
        start, end = _month_before(start), start
        if start < known_from:
            return
        yield f"{start:%B}" if start.year == here.year else f"{start:%B %Y}", start, end


def _month_before(start: datetime) -> datetime:
    return start.replace(year=start.year - (start.month == 1), month=(start.month + 10) % 12 + 1)
