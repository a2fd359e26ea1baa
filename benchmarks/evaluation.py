"""CPU of the most expensive evaluation of a check: receive, advance, next_due, next five occurrences, description.

Each function is called on checks in expensive states (not evaluated for months, a hundred open runs), at instants
around which schedules and windows are dense or rare. All caches of the domain are empty, except those of the parsers.
The limit is 20 ms per function for accepted checks, and 40 ms for checks
stored earlier that are refused today. The baseline of the same run is a plain check. In addition to `costly.CASES`,
adversarial configurations are generated from a seed.
"""

import argparse
import functools
import gc
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from benchmarks.costly import CASES, is_accepted
from benchmarks.report import Row, report
from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Run, Status, Window
from chalicelib.domain.config import Config, Step
from chalicelib.domain.errors import BadInput
from chalicelib.domain.ids import Code
from chalicelib.domain.limits import evaluation_cost
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.rules import due
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.runs.recent_runs import Ended, appended
from chalicelib.domain.schedule import maintenance, search_cache
from chalicelib.domain.schedule.describe import in_words, occurrences
from chalicelib.domain.schedule.maintenance import parse_window
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.check.next_times import upcoming

MOST_MS = 20.0
DRAWN = 150  # configurations
_CODE = Code("7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab")
_INSTANTS = tuple(
    datetime.fromisoformat(text).astimezone(UTC)
    for text in (
        "2026-01-01T00:00Z",
        "2026-03-28T23:30Z",
        "2026-10-24T23:30Z",
        "2026-12-01T00:00Z",
        "2028-02-28T23:59Z",
    )
)
_CACHES = (
    due._expected_after,
    maintenance.expected_outside,
    maintenance.window_end,
    maintenance._spans_of_thread,
    evaluation_cost._problem,
    search_cache._cached_for_thread,
)


@dataclass(frozen=True, slots=True)
class Measured:
    """The duration of the most expensive call, and what was evaluated."""

    ms: float
    what: str


def main() -> None:
    """Measure, print a table, write JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=13)
    parser.add_argument("--drawn", type=int, default=DRAWN)
    said = parser.parse_args()
    baseline = _worst([("one an hour", CASES[0].config())])
    stored = [(case.name, case.stored()) for case in CASES if case.is_stored]
    accepted = [(name, config) for name, config in stored if is_accepted(config)]
    drawn = [(f"drawn {number}", config) for number, config in enumerate(_drawn(said.seed, said.drawn))]
    worst = _worst([*accepted, *((name, config) for name, config in drawn if is_accepted(config))])
    refused = [pair for pair in (*stored, *drawn) if not is_accepted(pair[1])]
    before = _worst(refused)
    rows = [
        Row(f"{name}: most expensive", f"{found.what}; plain check {baseline[name].ms:.2f} ms", found.ms, MOST_MS, "ms")
        for name, found in worst.items()
    ]
    rows += [
        Row(f"{name}: stored earlier, refused today", found.what, found.ms, 2 * MOST_MS, "ms")
        for name, found in before.items()
    ]
    accepting = [(name, _ms(functools.partial(is_accepted, config))) for name, config in (*stored, *drawn)]
    name, ms = max(accepting, key=lambda pair: pair[1])
    rows.append(Row("accept or refuse", name, ms, 3 * MOST_MS, "ms"))
    report("evaluation", rows)


def _is_unreadable(make: Callable[[], object]) -> bool:
    """Whether its schedule cannot be parsed at all."""
    try:
        make()
    except BadInput:
        return True
    return False


def _worst(configs: list[tuple[str, Config]]) -> dict[str, Measured]:
    """The most expensive call of each function."""
    worst: dict[str, Measured] = {}
    for name, config in configs:
        for function, state, call in _calls(config):
            ms = _ms(call)
            if function not in worst or ms > worst[function].ms:
                ms = min(ms, _ms(call), _ms(call))  # the minimum, to exclude the time of other processes
                if function not in worst or ms > worst[function].ms:
                    worst[function] = Measured(ms, f"{name}, {state}")
    return worst


def _ms(call: Callable[[], object]) -> float:
    for cache in _CACHES:
        cache.cache_clear()
    gc.collect(0)
    began = time.thread_time()
    call()
    return (time.thread_time() - began) * 1000


def _calls(config: Config) -> Iterator[tuple[str, str, Callable[[], object]]]:
    for begin in _INSTANTS:
        for state, check in _states(config, begin):
            now = begin + timedelta(days=90)
            at = f"{state}, since {begin:%Y-%m-%d}"
            ping = Ping(at=now, signal=Signal.SUCCESS)
            yield "receive", at, functools.partial(receive, check, ping, Signal.SUCCESS)
            yield "receive of a failure", at, functools.partial(receive, check, ping, Signal.FAIL)
            yield "advance", at, functools.partial(advance, check, now=now)
            yield "next_due", at, functools.partial(next_due, check)
        clock = WallClock(tz="UTC", now=begin)
        check = _up(config, begin)
        yield "next five", f"{begin:%Y-%m-%d}", functools.partial(upcoming, check, clock)
        if not isinstance(config.schedule, Every):
            yield (
                "next five",
                f"plain, {begin:%Y-%m-%d}",
                functools.partial(occurrences, config.schedule, after=begin, count=5),
            )
    yield "words", "", functools.partial(in_words, config.schedule)


def _up(config: Config, begin: datetime) -> Check:
    check = Check(
        code=_CODE,
        project="default",
        config=config,
        created_at=begin,
        status=Status.UP,
        since=begin,
        settled_at=begin,
        n_flips=1,
        last_ping=begin,
        last_success=begin,
    )
    return replace(check, due_at=begin)


def _states(config: Config, begin: datetime) -> Iterator[tuple[str, Check]]:
    check = _up(config, begin)
    yield "up", check
    recent = b""
    for second in range(30):
        recent = appended(recent, Ended.SUCCESS, timedelta(seconds=second + 1))
    runs = tuple(Run(rid=str(number), at=begin - timedelta(seconds=number), overran=True) for number in range(100))
    yield (
        "a hundred runs",
        replace(
            check,
            recent=recent,
            runs=runs,
            config=replace(config, learns_max_runtime=True, remind_every=timedelta(minutes=1)),
        ),
    )
    far = replace(config, max_runtime=timedelta(days=365))
    yield (
        "a hundred runs that are held",
        replace(check, runs=tuple(replace(run, overran=False) for run in runs), config=far),
    )
    counted = replace(config, min_count=5, count_window=timedelta(minutes=1))
    yield "count windows", replace(check, config=counted, window=Window(at=begin, count=5))
    steps = tuple(Step(after=timedelta(minutes=number + 1), channels=(str(number),)) for number in range(10))
    loud = replace(config, escalation=steps, remind_every=timedelta(minutes=1))
    yield "down with steps", replace(check, config=loud)


def _drawn(seed: int, count: int) -> Iterator[Config]:
    """Random schedules and windows that combine dense and rare parts."""
    draw = random.Random(seed)  # no secret

    def minute() -> str:
        return draw.choice(["*", "*/2", "1-59/2", "0", str(draw.randrange(60)), "0-29", "50", "*/7", "0,30"])

    def hour() -> str:
        return draw.choice(["*", "*", "0-22", "23", "*/3", str(draw.randrange(24)), "8-18"])

    def day() -> str:
        return draw.choice(["*", "*", "*", "1-30", "29", "13", "*/31", "L", "1"])

    def month() -> str:
        return draw.choice(["*", "*", "*", "12", "2", "1,7"])

    def weekday() -> str:
        return draw.choice(["*", "*", "1-5", "6,0", "*/7", "1#1", "1"])

    def cron() -> str:
        return f"{minute()} {hour()} {day()} {month()} {weekday()}"

    def length() -> str:
        return draw.choice(["60s", "5m", "20m", "59m", "1h", "14h", "24h", "30d", "365d"])

    def line() -> str:
        zone = draw.choice(["", "", " in America/New_York", " in Australia/Lord_Howe", " in Asia/Kathmandu"])
        return f"{cron()} for {length()}{zone}"

    while count:
        tz = draw.choice(["UTC", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Apia"])
        lines = []
        for _ in range(draw.choice([1, 2, 5, 20])):
            text = line()
            if not _is_unreadable(functools.partial(parse_window, text, tz)):
                lines.append(text)
        try:
            schedule = parse_schedules([cron() for _ in range(draw.choice([1, 1, 3, 10]))], tz)
        except BadInput:
            continue
        count -= 1
        yield Config(
            schedule=draw.choice([schedule, schedule, Every(timedelta(minutes=1))]),
            tz=tz,
            windows=tuple(lines),
            grace=draw.choice([timedelta(minutes=1), timedelta(hours=1), timedelta(days=300)]),
            early=draw.choice([timedelta(), timedelta(hours=1)]),
            misses_before_alert=draw.choice([1, 3, 20, 100]),
        )


if __name__ == "__main__":
    main()
