"""How long a job usually takes: the middle 80 % of its recent successes; and the limit that is learnt from that
(docs/reference/rules.md, rule 16).
"""

from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache

from chalicelib.domain.runs.recent_runs import Ended, unpacked

FEWEST = 10  # below that it is not known, and says so
FACTOR = 2  # of the 90th percentile: a run that takes so long has hung
LEAST_MORE = timedelta(minutes=1)  # than the 90th percentile, for jobs of seconds
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """A limit, and what it is learnt from."""

    runs: int
    usual: tuple[timedelta, timedelta]
    limit: timedelta


def usual(recent: bytes) -> tuple[timedelta, timedelta] | None:
    """The 10th and 90th percentile of the successful durations; None from fewer than 10."""
    return middle(durations(recent))


def middle(took: list[timedelta]) -> tuple[timedelta, timedelta] | None:
    """The same of any durations."""
    if len(took) < FEWEST:
        return None
    ordered = sorted(each.total_seconds() for each in took)
    return timedelta(seconds=_tenth(ordered, 1)), timedelta(seconds=_tenth(ordered, 9))


def _tenth(ordered: list[float], tenths: int) -> float:
    """The value that so many tenths lie below, as `statistics.quantiles(…, method="inclusive")`: 8 ms to import."""
    place, part = divmod((len(ordered) - 1) * tenths, 10)
    return (ordered[place] * (10 - part) + ordered[place + 1] * part) / 10


def durations(recent: bytes) -> list[timedelta]:
    """How long the recent successes took that told it, oldest first."""
    successes = (run for run in unpacked(recent) if run.ended in (Ended.SUCCESS, Ended.LATE))
    return [run.took for run in successes if run.took is not None]


@lru_cache(maxsize=256)
def learnt(recent: bytes) -> Learnt | None:
    """The limit of a run for `max_runtime: auto`; None from fewer than 10 successes.

    Twice the 90th percentile, but at least a minute more than it, rounded up to whole minutes. Of 30 runs the two
    longest may be as long as they like: one that hung and was ended late moves nothing.
    """
    took = durations(recent)
    found = middle(took)
    if found is None:
        return None
    return Learnt(runs=len(took), usual=found, limit=bound(found[1]))


def bound(high: timedelta) -> timedelta:
    """What lies robustly above a 90th percentile."""
    return -(-max(FACTOR * high, high + LEAST_MORE) // _MINUTE) * _MINUTE
