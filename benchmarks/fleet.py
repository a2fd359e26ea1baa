"""A fleet of checks and what their jobs send: on time, late, early, overlapping, hanging, failing, or not at all.

What is to be expected of each job is told twice: to Overdue as its configuration, to the judge as `Rules`. Whether
what they send is good or bad, nobody here knows. Start at `fleet`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from uuid import UUID

from benchmarks.judge import MINUTE, Ms, Rules, calendar, cron
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every, Schedule
from chalicelib.domain.schedule.parse import parse_schedules

SECOND: Ms = 1_000
HOUR: Ms = 60 * MINUTE
DAY: Ms = 24 * HOUR
BEGIN: Ms = int(datetime(2026, 3, 7, tzinfo=UTC).timestamp()) * SECOND  # clocks change on 8, 22, 29 March and 5 April

ZONES = (
    "UTC",
    "Europe/Berlin",  # 29 March, ahead
    "Europe/London",
    "America/New_York",  # 8 March, ahead
    "America/Havana",  # 8 March, ahead at midnight
    "America/Santiago",  # 5 April, back
    "Australia/Sydney",  # 5 April, back
    "Australia/Lord_Howe",  # 5 April, back by half an hour
    "Pacific/Chatham",  # 5 April, back; 12 h 45 min ahead
    "Asia/Kolkata",
    "Asia/Jerusalem",  # 27 March, ahead
    "Africa/Casablanca",  # 22 March, ahead: Ramadan is over
)
CRONS = (
    "30 2 * * *",
    "0 3 * * *",
    "15 1 * * *",
    "30 0 * * *",
    "59 23 * * *",
    "45 1,13 * * *",
    "0 */6 * * *",
    "*/15 2 * * *",
    "0 6 * * 1-5",
    "30 2 * * 0",
    "5 4 1,8,29 * *",
    "30 1 5-12 * 6",
    "0 0 */2 * *",
)
CALENDARS = ("*-*-* 12:15:00", "Mon..Fri *-*-* 18:00:00", "Sat,Sun *-*-* 10:30:00", "*-*-* 13:00:00 Asia/Tokyo")
SEVERAL = (
    ("0 9 * * 1-5", "0 12 * * 6"),
    ("30 2 * * *", "30 14 * * 1", "0 3 * * 0"),
    ("Mon..Fri *-*-* 17:00:00", "15 2 * * 0"),
)
PERIODS = (6 * HOUR, 12 * HOUR, DAY, DAY, 2 * DAY, 7 * DAY)
OFTEN = (HOUR, 30 * MINUTE)


@dataclass(frozen=True, slots=True)
class Sent:
    """A ping: when it was made, and how long it was on its way."""

    at: Ms
    signal: str
    rid: str
    took: Ms


@dataclass(frozen=True, slots=True)
class Job:
    """A check, what the judge knows of it, and all that is sent to it, by the instant of its making."""

    code: Code
    config: Config
    rules: Rules
    sent: tuple[Sent, ...]


def fleet(numbers: range, *, seed: int, days: int) -> Iterator[Job]:
    """The jobs of these numbers, the same whatever the range."""
    for number in numbers:
        random = Random(f"{seed}-{number}")
        config, rules = _expected(number, random, days)
        sent = tuple(sorted(_sent(rules, random, BEGIN + days * DAY), key=lambda ping: ping.at))
        yield Job(Code(str(UUID(int=number, version=4))), config, rules, sent)


def _expected(number: int, random: Random, days: int) -> tuple[Config, Rules]:
    """A quarter each: every so often, cron, OnCalendar, several of them; one of a hundred is often."""
    tz = random.choice(ZONES)
    rules = Rules(
        grace=random.choice([2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, HOUR]),
        max_runtime=random.choice([None, None, 20 * MINUTE, 2 * HOUR]),
        remind_every=random.choice([None] * 5 + [30 * MINUTE, 2 * HOUR, 12 * HOUR]),
        failures_before_alert=random.choice([1, 1, 1, 2]),
        misses_before_alert=random.choice([1, 1, 1, 2]),
    )
    schedule: Schedule
    if number % 4 == 0:
        period = random.choice(OFTEN if number % 100 == 0 else PERIODS)
        schedule, rules = Every(_span(period)), replace(rules, period=period)
    else:
        lines = [(random.choice(CRONS),), (random.choice(CALENDARS),), random.choice(SEVERAL)][number % 4 - 1]
        begin, end = BEGIN // MINUTE - 1440, (BEGIN + (days + 32) * DAY) // MINUTE
        occurrences = tuple(sorted({at for line in lines for at in _occurrences(line, tz, begin, end)}))
        early = random.choice([0, 0, 3 * MINUTE])
        schedule, rules = parse_schedules(lines, tz), replace(rules, occurrences=occurrences, early=early)
    return _config(f"job-{number}", schedule, tz, rules), rules


def _config(name: str, schedule: Schedule, tz: str, rules: Rules) -> Config:
    return Config(
        name=name,
        slug=name,
        schedule=schedule,
        tz=tz,
        grace=_span(rules.grace),
        max_runtime=None if rules.max_runtime is None else _span(rules.max_runtime),
        early=_span(rules.early),
        remind_every=None if rules.remind_every is None else _span(rules.remind_every),
        failures_before_alert=rules.failures_before_alert,
        misses_before_alert=rules.misses_before_alert,
    )


def _span(ms: Ms) -> timedelta:
    return timedelta(milliseconds=ms)


@cache
def _occurrences(line: str, tz: str, begin: int, end: int) -> tuple[int, ...]:
    return calendar(line, tz, begin, end) if ":" in line else cron(line, tz, begin, end)


def _sent(rules: Rules, random: Random, end: Ms) -> Iterator[Sent]:
    starts = random.random() < 0.5  # whether this job tells of its starts, too
    lasts = random.choice([5 * SECOND, MINUTE, 10 * MINUTE])
    for number, due in enumerate(_launches(rules, random, end)):
        rid = str(UUID(int=random.getrandbits(122) * 64 + number % 64, version=4)) if starts else ""
        begun = due + random.randrange(20 * SECOND)
        ended = begun + int(lasts * random.uniform(0.5, 1.5))
        deadline = due + rules.grace
        ends, start_took, other = ["success"], None, ""
        match random.choices(_CONDUCT, _WEIGHTS)[0]:
            case "missing":
                continue
            case "hanging":
                ends = []
            case "failing":
                ends = ["fail"]
            case "failing, then well":
                ends = ["fail", "success"]
            case "late":
                ended = deadline + random.randrange(SECOND, rules.grace)
            case "launched late":
                begun = deadline + random.randrange(SECOND, rules.grace)
                ended = begun + lasts
            case "in the last moment":
                ended = deadline - random.randrange(1, 400)
            case "just too late":
                ended = deadline + random.randrange(400)
            case "early":
                ended = due - random.randrange(1, 5 * MINUTE)
                begun = ended - lasts
            case "overlapping":
                ended = begun + (rules.period or 6 * HOUR) + random.randrange(HOUR)
            case "overtaken by its end":
                ended, start_took = begun + random.randrange(1, 400), 949
            case "hanging, overtaken by another" if starts:
                ends, start_took, other = [], 949, str(UUID(int=number, version=4))
        if starts:
            yield _made(begun, "start", rid, random, took=start_took)
        if other:
            yield _made(begun + random.randrange(1, 400), "success", other, random, took=500)
        for i, signal in enumerate(ends):
            yield _made(ended + i * MINUTE, signal, rid, random, took=None if start_took is None else 500)


_CONDUCT = (
    *("well", "missing", "hanging", "failing", "failing, then well", "late", "launched late"),
    *("in the last moment", "just too late", "early", "overlapping"),
    *("overtaken by its end", "hanging, overtaken by another"),
)
_WEIGHTS = (935, 8, 4, 4, 3, 4, 4, 10, 10, 5, 5, 4, 4)


def _made(at: Ms, signal: str, rid: str, random: Random, *, took: Ms | None = None) -> Sent:
    """On its way for less than the second that the sweep allows."""
    return Sent(at, signal, rid, random.randrange(5, 950) if took is None else took)


def _launches(rules: Rules, random: Random, end: Ms) -> Iterator[Ms]:
    """When it is due: by its schedule, or by its own rhythm, of which it is never far off."""
    if rules.period is None:
        yield from (at * MINUTE for at in rules.occurrences if BEGIN <= at * MINUTE < end)
        return
    due = BEGIN + random.randrange(rules.period)
    while due < end:
        yield due
        due += int(rules.period * random.uniform(0.9, 1.0))
