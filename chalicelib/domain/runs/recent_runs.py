"""The last 30 runs of a check, packed: what a strip draws and what "usual" is learnt from.

Cosmetic: two beats that race may lose one; the history has the truth. Four bytes a run: the outcome in the
upper four bits, below it the duration in milliseconds, all ones when it is not known.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from functools import lru_cache
from struct import pack, unpack

MOST = 30
UNKNOWN = 0xFFFFFFF  # 28 bits: 72 h in ms fit below


class Ended(IntEnum):
    """How a run, or a period in which none came, ended. The numbers are stored."""

    SUCCESS = 1
    LATE = 2
    FAILED = 3
    MISSED = 4
    OVERRUN = 5
    TOO_SHORT = 6
    STALLED = 7


OF_PINGS = (Ended.SUCCESS, Ended.LATE, Ended.FAILED, Ended.TOO_SHORT)  # the others no ping reports


@dataclass(frozen=True, slots=True)
class RecentRun:
    """One slot of the strip."""

    ended: Ended
    took: timedelta | None


_ENDED = {ended.value: ended for ended in Ended}


@lru_cache(maxsize=256)
def unpacked(recent: bytes) -> tuple[RecentRun, ...]:
    """The runs, oldest first."""
    numbers = unpack(f">{len(recent) // 4}I", recent)
    return tuple(RecentRun(_ENDED[number >> 28], _duration(number & UNKNOWN)) for number in numbers)


def _duration(ms: int) -> timedelta | None:
    return None if ms == UNKNOWN else timedelta(milliseconds=ms)


def appended(recent: bytes, ended: Ended, took: timedelta | None) -> bytes:
    """The runs with one more at the end, the oldest dropped."""
    ms = UNKNOWN if took is None else min(round(took.total_seconds() * 1000), UNKNOWN - 1)
    return (recent + pack(">I", ended << 28 | ms))[-4 * MOST :]


def in_one_hour(last: datetime | None, at: datetime) -> bool:
    """Whether two successes fall into the same hour: of those without duration, one an hour is drawn, not each."""
    return last is not None and at.replace(minute=0, second=0, microsecond=0) <= last


def ends_with_plain_success(recent: bytes) -> bool:
    """Whether the newest run was a success without duration: only with such a one may another share a slot."""
    return recent[-4:] == pack(">I", Ended.SUCCESS << 28 | UNKNOWN)


def ends_without_duration(recent: bytes) -> bool:
    """Whether no duration would be taken for the newest run's when none is written down."""
    return not recent or int.from_bytes(recent[-4:]) & UNKNOWN == UNKNOWN
