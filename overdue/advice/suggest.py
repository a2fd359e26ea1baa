"""Suggest a schedule, a run limit and a grace time for a check from its pings, each with the reason.

Start at `suggested`. A suggestion needs at least 10 measurements. Its bounds are those of `max_runtime: auto`
(docs/reference/rules.md, rule 16), which the outages in a history do not move. `replay` counts the alerts that a
suggestion would have sent.
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
_NEAR = 0.1  # of a period: a gap within this tolerance counts as on time
_MOST_PUNCTUAL = timedelta(minutes=5)  # a job started by cron begins within this time of its schedule


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A suggested value for a field of the API, the CLI option that sets it, and the reason."""

    field: str
    value: object  # as the API accepts it
    option: str  # as typed on the command line
    why: str


def suggested(config: Config, history: Sequence[Heard]) -> tuple[Suggestion, ...]:
    """The suggestions that differ from the configuration, in the order in which they build on each other.

    Empty when the configuration already fits or the history is too short. Each suggestion assumes those before it:
    with a run limit, for example, lateness is measured at the start of a run.
    """
    took = durations(history)
    limit = _limit(config, took)
    is_limited = limit is not None or config.max_runtime is not None or config.learns_max_runtime
    arrivals = _arrivals(history, by_start=is_limited)
    schedule = _schedule(config, arrivals)
    assumed = config.schedule if schedule is None else _meant(schedule, config.tz)
    return tuple(each for each in (schedule, limit, _grace(config, assumed, arrivals)) if each is not None)


def _limit(config: Config, took: Sequence[timedelta]) -> Suggestion | None:
    usual = middle(list(took))
    if usual is None or config.learns_max_runtime:
        return None
    why = f"learned from {len(took)} runs: usually {duration_range(*usual)}, limit {duration(bound(usual[1]))}"
    return Suggestion(field="max_runtime", value=AUTO, option=f"--max-runtime {AUTO}", why=why)


def _arrivals(history: Sequence[Heard], *, by_start: bool) -> list[datetime]:
    """When the job arrived: the starts if lateness is measured by them and at least 80 % of the runs send one, else
    the successes.
    """
    starts = [past.ping.at for past in history if past.signal is Signal.START]
    ends = [past.ping.at for past in history if past.signal is Signal.SUCCESS]
    return starts if by_start and len(starts) * 10 >= len(ends) * 8 else ends


def _schedule(config: Config, arrivals: Sequence[datetime]) -> Suggestion | None:
    """A cron expression if the job keeps to a time of the day or of the hour, else the period between its runs.

    None for a check that has a cron or OnCalendar schedule: somebody copied that from the job's own configuration.
    """
    gaps = [later - earlier for earlier, later in pairwise(arrivals)]
    if not isinstance(config.schedule, Every) or len(gaps) < FEWEST:
        return None
    usual = timedelta(seconds=median(gap.total_seconds() for gap in gaps))
    for length, fields in ((_HOUR, "{minute} * * * *"), (_DAY, "{minute} {hour} * * *")):
        if _is_near(usual, length) and (time := _time_within(arrivals, length, config.tz)) is not None:
            expression = fields.format(hour=time // _HOUR, minute=time % _HOUR // _MINUTE)
            words = in_words(parse_schedule(expression, config.tz))
            why = f'{_share(gaps, length)} runs match "{words}", {config.tz}'
            option = f'--schedule "{expression}" --tz {config.tz}'
            return Suggestion(field="schedules", value=[expression], option=option, why=why)
    period = min(_ROUND, key=lambda each: abs(each - usual))
    if not _is_near(usual, period):
        period = max(round(usual / _MINUTE), 1) * _MINUTE
    if period == config.schedule.period:
        return None
    why = f"{_share(gaps, period)} runs came about {duration(usual)} after the previous one"
    return Suggestion(field="timeout", value=int(period.total_seconds()), option=f"--every {spelled(period)}", why=why)


def _is_near(span: timedelta, length: timedelta) -> bool:
    return abs(span - length) <= length * _NEAR


def _share(gaps: Sequence[timedelta], period: timedelta) -> str:
    return f"{sum(_is_near(gap, period) for gap in gaps)} of {len(gaps)}"


def _time_within(arrivals: Sequence[datetime], length: timedelta, tz: str) -> timedelta | None:
    """The local time within each day or hour at which the arrivals begin, ignoring the earliest and latest tenth.

    None if the others spread over more than 5 minutes.
    """
    zone = ZoneInfo(tz)
    walls = [at.astimezone(zone) for at in arrivals]
    times = [timedelta(hours=at.hour, minutes=at.minute, seconds=at.second) % length for at in walls]
    pivot = times[0]
    offsets = sorted((time - pivot + length / 2) % length - length / 2 for time in times)  # works across midnight
    early, late = offsets[len(offsets) // 10], offsets[-1 - len(offsets) // 10]
    if late - early > _MOST_PUNCTUAL:
        return None
    first = next(each for each in offsets if each > early - _MOST_PUNCTUAL)
    return (pivot + first) % length // _MINUTE * _MINUTE


def _meant(schedule: Suggestion, tz: str) -> Schedule:
    match schedule.value:
        case [str(expression)]:
            return parse_schedule(expression, tz)
        case int(seconds):
            return Every(timedelta(seconds=seconds))
    raise AssertionError("_schedule suggests one expression or a number of seconds")


def _grace(config: Config, schedule: Schedule, arrivals: Sequence[datetime]) -> Suggestion | None:
    """A grace time that covers the lateness of 9 of 10 runs with a margin; None if it is set already or unknown."""
    late = [span for span in _lateness(schedule, arrivals) if span is not None]
    usual = middle(late)
    if usual is None:
        return None
    least = bound(usual[1])
    grace = next((each for each in _ROUND if each >= least), least)
    if grace == config.grace:
        return None
    why = f"9 of 10 runs came within {duration(usual[1])} of their time, measured over {len(late)} runs"
    value = int(grace.total_seconds())
    return Suggestion(field="grace", value=value, option=f"--grace {spelled(grace)}", why=why)


def _lateness(schedule: Schedule, arrivals: Sequence[datetime]) -> list[timedelta | None]:
    """How late each arrival was. None for one more than half a period late: that is a missed run, not a late one."""
    lateness: list[timedelta | None] = []
    for earlier, at in pairwise(arrivals):
        due = schedule.next_after(earlier)
        after_that = None if due is None else schedule.next_after(due)
        if due is None or after_that is None or at - due > (after_that - due) / 2:
            lateness.append(None)
        else:
            lateness.append(max(at - due, timedelta()))
    return lateness
