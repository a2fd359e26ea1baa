"""Which schedule, grace and limit would suit a check, learnt from its pings; each with its reason, none without ten of
what it is learnt from.

Start at `suggested`. The bounds are those of `max_runtime: auto` (docs/reference/rules.md, rule 16): robust, since a
history has outages in it. What they would have told is `replay`'s business.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from zoneinfo import ZoneInfo

from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import spelled
from chalicelib.domain.ping import Signal
from chalicelib.domain.runs.duration_stats import FEWEST, bound, middle
from chalicelib.domain.schedule.describe import in_words
from chalicelib.domain.schedule.occurrences import Every, Schedule, parse_schedule
from chalicelib.domain.text.time_format import duration, duration_range
from chalicelib.fields.kinds import AUTO
from overdue.advice.replay import Heard, durations

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_ROUND = tuple(
    timedelta(minutes=minutes)
    for minutes in (1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 10080)
)
_NEAR = 0.1  # of a period: as near as a job keeps to it
_MOST_PUNCTUAL = timedelta(minutes=5)  # a job that a cron launches begins within so much of its time


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A field of the API with a value that would suit, in the words of an option, and why."""

    field: str
    value: object  # as the API takes it
    option: str  # as a person types it
    why: str


def suggested(config: Config, history: Sequence[Heard]) -> tuple[Suggestion, ...]:
    """What would suit better than what is; nothing where that is what it is, or too little is known.

    Each is meant together with those before it: with a limit, lateness is judged by the start.
    """
    took = durations(history)
    limit = _limit(config, took)
    is_limited = limit is not None or config.max_runtime is not None or config.learns_max_runtime
    arrivals = _arrivals(history, by_start=is_limited)
    schedule = _schedule(config, arrivals)
    meant = config.schedule if schedule is None else _meant(schedule, config.tz)
    return tuple(each for each in (schedule, limit, _grace(config, meant, arrivals)) if each is not None)


def _limit(config: Config, took: Sequence[timedelta]) -> Suggestion | None:
    found = middle(list(took))
    if found is None or config.learns_max_runtime:
        return None
    why = f"learnt from {len(took)} runs: usually {duration_range(*found)}, limit {duration(bound(found[1]))}"
    return Suggestion(field="max_runtime", value=AUTO, option=f"--max-runtime {AUTO}", why=why)


def _arrivals(history: Sequence[Heard], *, by_start: bool) -> list[datetime]:
    """When it came: by its starts, where those are what lateness is judged by and each run tells its own."""
    starts = [heard.ping.at for heard in history if heard.signal is Signal.START]
    ends = [heard.ping.at for heard in history if heard.signal is Signal.SUCCESS]
    return starts if by_start and len(starts) * 10 >= len(ends) * 8 else ends


def _schedule(config: Config, arrivals: Sequence[datetime]) -> Suggestion | None:
    """A time of day or of the hour where it keeps to one, else the period that it keeps to. One that is said as a
    schedule already is left alone: its owner has read it somewhere.
    """
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    if not isinstance(config.schedule, Every) or len(gaps) < FEWEST:
        return None
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    for length, fields in ((_HOUR, "{minute} * * * *"), (_DAY, "{minute} {hour} * * *")):
        if _is_near(usual, length) and (time := _time_within(arrivals, length, config.tz)) is not None:
            expression = fields.format(hour=time // _HOUR, minute=time % _HOUR // _MINUTE)
            words = in_words(parse_schedule(expression, config.tz))
            why = f"{_share(gaps, length)} came {words}, {config.tz}"
            option = f'--schedule "{expression}" --tz {config.tz}'
            return Suggestion(field="schedules", value=[expression], option=option, why=why)
    period = min(_ROUND, key=lambda each: abs(each - usual))
    if not _is_near(usual, period):
        period = max(round(usual / _MINUTE), 1) * _MINUTE
    if period == config.schedule.period:
        return None
    why = f"{_share(gaps, period)} came {duration(usual)} after the one before"
    return Suggestion(field="timeout", value=int(period.total_seconds()), option=f"--every {spelled(period)}", why=why)


def _is_near(span: timedelta, length: timedelta) -> bool:
    return abs(span - length) <= length * _NEAR


def _share(gaps: Sequence[timedelta], period: timedelta) -> str:
    return f"{sum(_is_near(gap, period) for gap in gaps)} of {len(gaps)}"


def _time_within(arrivals: Sequence[datetime], length: timedelta, tz: str) -> timedelta | None:
    """At what time of each day, or hour, by the clocks of a zone, none of them before it but for odd ones; None where
    they are apart.
    """
    zone = ZoneInfo(tz)
    walls = [at.astimezone(zone) for at in arrivals]
    times = [timedelta(hours=at.hour, minutes=at.minute, seconds=at.second) % length for at in walls]
    pivot = times[0]
    apart = sorted((time - pivot + length / 2) % length - length / 2 for time in times)  # around midnight, too
    early, late = apart[len(apart) // 10], apart[-1 - len(apart) // 10]
    if late - early > _MOST_PUNCTUAL:
        return None
    first = next(each for each in apart if each > early - _MOST_PUNCTUAL)
    return (pivot + first) % length // _MINUTE * _MINUTE


def _meant(schedule: Suggestion, tz: str) -> Schedule:
    match schedule.value:
        case [str(expression)]:
            return parse_schedule(expression, tz)
        case int(seconds):
            return Every(timedelta(seconds=seconds))
    raise AssertionError("it suggests one of the two")


def _grace(config: Config, schedule: Schedule, arrivals: Sequence[datetime]) -> Suggestion | None:
    """From how late it came, each time that it came at all: what is half a period late is another matter."""
    late = [span for span in _lateness(schedule, arrivals) if span is not None]
    found = middle(late)
    if found is None:
        return None
    least = bound(found[1])
    grace = next((each for each in _ROUND if each >= least), least)
    if grace == config.grace:
        return None
    why = f"9 of 10 times it came within {duration(found[1])} of its time; judged from {len(late)}"
    value = int(grace.total_seconds())
    return Suggestion(field="grace", value=value, option=f"--grace {spelled(grace)}", why=why)


def _lateness(schedule: Schedule, arrivals: Sequence[datetime]) -> list[timedelta | None]:
    found: list[timedelta | None] = []
    for earlier, at in pairwise(arrivals):
        due = schedule.next_after(earlier)
        after_that = None if due is None else schedule.next_after(due)
        if due is None or after_that is None or at - due > (after_that - due) / 2:
            found.append(None)
        else:
            found.append(max(at - due, timedelta()))
    return found
