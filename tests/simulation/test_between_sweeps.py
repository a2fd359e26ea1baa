"""What comes due while one sweep ends and the next begins."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import pytest

from benchmarks.canned import ENVIRONMENT
from benchmarks.in_memory import in_memory
from benchmarks.open_door import Open
from chalicelib import runtime
from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.runtime import Wiring
from chalicelib.services.record_ping import take
from chalicelib.services.transaction import Ports
from chalicelib.store import checks
from chalicelib.sweep.loop import sweep
from tests.builders import hours, minutes, seconds, utc

FIRST = utc("2026-03-01T13:00:00Z")
NEXT = FIRST + seconds(62)  # a minute later, and two seconds that its start takes


@dataclass
class Clock:
    """Moves only when somebody sleeps."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def sleep(self, wait_s: float) -> None:
        self.at += seconds(wait_s)


@pytest.fixture
def ports() -> Iterator[Ports]:
    with in_memory(Wiring(ENVIRONMENT)) as (wiring, _, _):
        yield wiring.ports
    runtime.wiring.cache_clear()  # the Models are pointed at other tables now


def test_what_comes_due_between_two_sweeps_is_told_within_two_seconds(ports: Ports) -> None:
    missed = [FIRST + seconds(55 + quarter / 4) for quarter in range(40)]
    for number, at in enumerate(missed):
        an_hourly(ports, number, missed_at=at)
    waited: dict[datetime, timedelta] = {}

    def publish(check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        waited[alert.at] = now - alert.at
        return check.config.channels

    for began in (FIRST, NEXT):
        sweep(replace(ports, publish=publish), Clock(began), Open())

    assert sorted(waited) == missed
    assert {at: wait for at, wait in waited.items() if wait > seconds(2)} == {}


def an_hourly(ports: Ports, number: int, *, missed_at: datetime) -> None:
    """A check that is missed at this instant if nothing comes."""
    code = Code(f"0f3a1b3c-7a51-4ac1-8d6f-{number:012x}")
    config = Config(name=f"job-{number}", schedule=Every(hours(1)), grace=minutes(5))
    at = missed_at - minutes(65)
    checks.create(ports.tables, new_check(code, project="default", config=config, now=at))
    take(ports, code, Ping(at=at, signal=Signal.SUCCESS), lambda _: Signal.SUCCESS)
