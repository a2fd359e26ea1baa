"""What is read of a check's past for its page: bounded, however long its history is. Start at `past`.

The newest pings without their bodies, the judgements of the same span of time, and the flips. What the check itself
still holds for the history (its outbox) counts as if it were there.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.domain.check import Check
from chalicelib.services import check_history
from chalicelib.store import history
from chalicelib.store.history import StoredFlip, StoredPing
from chalicelib.web.pages.check.old_rows import complete_old_rows
from chalicelib.web.pages.check.runs import Ran, past_runs, runs_still_open

MOST_PINGS: Final = 200  # of a timeline and its logs
MOST_FLIPS: Final = 300
_NEWEST = 10**12  # no ping has such a number
_TICK = timedelta(milliseconds=1)
_ALL = timedelta(days=3_650)


class Source(StrEnum):
    """Who reports."""

    JOB = "job"
    PROBE = "probe"
    ALARM = "alarm"  # of CloudWatch
    GROUP = "group"  # its members


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of the history ends: what has a smaller number, and was before that instant, stands on the next."""

    number: int
    at: datetime

    @classmethod
    def read(cls, text: str) -> "Cursor | None":
        """The cursor of an address; None for what is none."""
        found = re.fullmatch(r"([0-9]{1,12})-([0-9]{1,14})", text)
        return None if found is None else cls(int(found[1]), datetime.fromtimestamp(int(found[2]) / 1000, UTC))

    def __str__(self) -> str:
        """As it stands in an address."""
        return f"{self.number}-{round(self.at.timestamp() * 1000)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All newest first."""

    pings: tuple[StoredPing, ...]
    flips: tuple[StoredFlip, ...]
    open: tuple[Ran, ...]
    runs: tuple[Ran, ...]  # what is over
    has_more: bool  # pings that are older


def past(check: Check, *, now: datetime) -> Past:
    """The newest part, of a check as `shown.as_of` returns it: three queries. Raises Unavailable."""
    flips = tuple(check_history.flips(check, now=now, most=MOST_FLIPS))
    found = _read(check, flips, Cursor(_NEWEST, now + _TICK), most=MOST_PINGS, now=now)
    return replace(found, open=tuple(runs_still_open(check, found.pings, now=now)))


def older(check: Check, known: Past, before: Cursor, *, most: int, now: datetime) -> Past:
    """The part before a cursor: two queries. Raises Unavailable."""
    return _read(check, known.flips, before, most=most, now=now)


def _read(check: Check, known: tuple[StoredFlip, ...], before: Cursor, *, most: int, now: datetime) -> Past:
    pings = history.outlines(check.code, up_to=before.number - 1, now=now, most=most + 1)
    has_more = len(pings) > most
    pings = pings[:most]
    since = pings[-1].ping.at if has_more else before.at - _ALL
    judged = check_history.judged_between(check, since, before.at - _TICK, now=now, most=most)
    pings, judged = complete_old_rows(check, pings, judged, [stored.flip for stored in known])
    runs = past_runs(check, pings, judged)
    return Past(pings=tuple(pings), flips=known, open=(), runs=tuple(runs), has_more=has_more)


def source_of(check: Check, pings: Sequence[StoredPing]) -> Source:
    """Who reports, as far as its newest ping tells."""
    if check.config.group is not None:
        return Source.GROUP
    if check.config.probe is not None:
        return Source.PROBE
    return Source.ALARM if pings and pings[0].ping.is_from_alarm else Source.JOB
