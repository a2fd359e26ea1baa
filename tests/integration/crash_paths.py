"""Paths for the crash points: what was done before, what is done now, and what must have come of it in the end.

The latter is written by hand: all else is compared with a run that nothing disturbed, which may be as wrong as they.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config, Group, Step
from chalicelib.domain.errors import Undelivered
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from tests.builders import CODE, hours, minutes, utc
from tests.integration.conftest import Answer, Deployment

API_KEY = "r" * 32
OTHER = Code("0c9b8a7d-6e5f-4a3b-9c2d-0123456789ae")
NOON = utc("2026-03-01T12:00Z")
MISSED = utc("2026-03-01T13:05Z")  # of an hourly check with 5 minutes of grace that was pinged at noon

Work = Callable[[Deployment, datetime], Answer | None]


def ping(action: str = "", *, to: Code = CODE, **request: Any) -> Work:
    return lambda deployment, at: deployment.ping(to, action, at=at, **request)


def ask(path: str, body: str = "") -> Work:
    headers = {"X-Api-Key": API_KEY, "Content-Type": "application/json"}
    return lambda deployment, at: deployment.request(
        "POST", f"/api/v3/checks/{CODE}{path}", at=at, body=body.encode(), headers=headers
    )


def sweep(deployment: Deployment, at: datetime) -> None:
    deployment.sweep(at)


def unheard(work: Work) -> Work:
    """The same while SNS takes nothing."""

    def refuse(check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        raise Undelivered(f"SNS takes no {alert.kind} of {check.config.name} at {now}")

    def worked(deployment: Deployment, at: datetime) -> Answer | None:
        ports = deployment.wiring.ports
        deployment.wiring.ports = replace(ports, publish=refuse)
        try:
            return work(deployment, at)
        finally:
            deployment.wiring.ports = ports

    return worked


@dataclass(frozen=True)
class End:
    """What must have become of a check when sweeps have run: each alert stands here once, with an id of its own."""

    status: Status
    flips: int
    told: tuple[str, ...] = ()  # in their order: "down missed", "reminder missed 2"
    waits: int = 0  # alerts that its parents hold


@dataclass(frozen=True, kw_only=True)
class Path:
    """What was done before, and what is done now, each at its instant, to checks like these."""

    before: tuple[tuple[datetime, Work], ...]
    work: Work
    at: datetime
    config: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] | None = None  # the configuration of another check, OTHER; None: there is none
    ends: tuple[End, ...]  # of the check, and of the other

    def checks(self) -> Iterator[tuple[Code, Config]]:
        """Each by its code."""
        yield CODE, Config(name="nightly-backup", schedule=Every(hours(1)), grace=minutes(5), **self.config)
        if self.other is not None:
            yield OTHER, Config(schedule=Every(hours(1)), grace=minutes(5), **self.other)


def up(flips: int, *told: str) -> End:
    return End(Status.UP, flips, told)


def down(flips: int, *told: str, waits: int = 0) -> End:
    return End(Status.DOWN, flips, told, waits)


def paused(flips: int, *told: str) -> End:
    return End(Status.PAUSED, flips, told)


UP = ((NOON, ping()),)
DOWN = (*UP, (MISSED + minutes(1), sweep))
SNOOZED = (*UP, (NOON + minutes(30), ask("/snooze", '{"for": 7200}')), (MISSED + minutes(1), sweep))
RUNNING = (*UP, (NOON + minutes(30), ping("/start")))
COUNTED = ((NOON, ping(query={"count": "1"})),)
REMIND = {"remind_every": hours(1)}
ESCALATE = {"escalation": (Step(after=minutes(30), channels=("c1",)),)}
GROUP = {"name": "web", "group": Group(members=(CODE,))}
CHILD = {"name": "web-1", "depends_on": (CODE,)}
FAILED = (NOON + minutes(30), ping("/fail"))
UNHEARD = (*UP, (NOON + minutes(30), unheard(ping("/fail"))))
KNOWN = (*UP, (NOON + minutes(29), sweep))  # to its group, which is not looked at again before 12:44 if nobody asks
BOTH = (*UP, (NOON, ping(to=OTHER)), FAILED)
HELD = (*BOTH, (MISSED + minutes(1), sweep))

PATHS = {
    "a first success": Path(before=(), work=ping(), at=NOON, ends=(down(2, "down missed"),)),
    "a start": Path(before=UP, work=ping("/start"), at=NOON + minutes(30), ends=(down(2, "down overrun"),)),
    "a failure that flips": Path(
        before=UP, work=ping("/fail", body=b"disk full"), at=NOON + minutes(30), ends=(down(2, "down failed"),)
    ),
    "a failure that is borne": Path(
        before=UP,
        work=ping("/fail"),
        at=NOON + minutes(30),
        config={"failures_before_alert": 2},
        ends=(down(2, "down missed"),),
    ),
    "a success that recovers": Path(
        before=DOWN, work=ping(), at=MISSED + hours(1), ends=(down(4, "down missed", "up missed", "down missed"),)
    ),
    "a success that ends a miss which nobody has seen": Path(
        before=UP, work=ping(), at=MISSED + minutes(1), ends=(down(4, "down missed", "up missed", "down missed"),)
    ),
    "a sweep that finds a miss": Path(before=UP, work=sweep, at=MISSED + minutes(1), ends=(down(2, "down missed"),)),
    "a sweep that finds a miss which is borne": Path(
        before=UP, work=sweep, at=MISSED + minutes(1), config={"misses_before_alert": 2}, ends=(down(2, "down missed"),)
    ),
    "a sweep that finds an overrun": Path(
        before=RUNNING,
        work=sweep,
        at=NOON + minutes(41),
        config={"max_runtime": minutes(10)},
        ends=(down(2, "down overrun"),),
    ),
    "a sweep that ends a window": Path(
        before=COUNTED,
        work=sweep,
        at=NOON + minutes(11),
        config={"min_count": 3, "count_window": minutes(10)},
        ends=(down(2, "down stalled"),),
    ),
    "a sweep that reminds": Path(
        before=DOWN,
        work=sweep,
        at=MISSED + minutes(61),
        config=REMIND,
        ends=(down(2, "down missed", "reminder missed 1", "reminder missed 3"),),
    ),
    "a sweep that escalates": Path(
        before=DOWN,
        work=sweep,
        at=MISSED + minutes(31),
        config=ESCALATE,
        ends=(down(2, "down missed", "escalation missed 1"),),
    ),
    "a success that ends what was escalated": Path(
        before=(*DOWN, (MISSED + minutes(31), sweep)),
        work=ping(),
        at=MISSED + minutes(40),
        config=ESCALATE,
        ends=(down(4, "down missed", "escalation missed 1", "up missed", "down missed", "escalation missed 1"),),
    ),
    "a sweep that ends a snooze": Path(
        before=SNOOZED, work=sweep, at=NOON + minutes(151), ends=(down(2, "down missed"),)
    ),
    "an edit that finds a miss": Path(
        before=UP, work=ask("", '{"timeout": 60}'), at=MISSED + minutes(1), ends=(down(2, "down missed"),)
    ),
    "an edit": Path(
        before=UP, work=ask("", '{"timeout": 7200}'), at=NOON + minutes(30), ends=(down(2, "down missed"),)
    ),
    "a pause": Path(before=DOWN, work=ask("/pause"), at=MISSED + minutes(9), ends=(paused(3, "down missed"),)),
    "a snooze": Path(
        before=UP, work=ask("/snooze", '{"for": 7200}'), at=NOON + minutes(30), ends=(down(2, "down missed"),)
    ),
    "the end of a snooze on request": Path(
        before=SNOOZED, work=ask("/unsnooze"), at=MISSED + minutes(9), ends=(down(2, "down missed"),)
    ),
    "an acknowledgement": Path(
        before=DOWN, work=ask("/ack"), at=MISSED + minutes(9), config=REMIND, ends=(down(2, "down missed"),)
    ),
    "a failure of a member of a group": Path(
        before=KNOWN,
        work=ping("/fail"),
        at=NOON + minutes(30),
        other=GROUP,
        ends=(down(2, "down failed"), down(2, "down failed")),
    ),
    "a sweep that finds a member of a group down": Path(
        before=(*KNOWN, FAILED),
        work=sweep,
        at=NOON + minutes(31),
        other=GROUP,
        ends=(down(2, "down failed"), down(2, "down failed")),
    ),
    "a sweep that finds a miss while a parent is down": Path(
        before=BOTH,
        work=sweep,
        at=MISSED + minutes(1),
        other=CHILD,
        ends=(down(2, "down failed"), down(2, waits=1)),
    ),
    "a parent's success that lets a child's alert out": Path(
        before=HELD,
        work=ping(),
        at=MISSED + minutes(2),
        other=CHILD,
        ends=(down(4, "down failed", "up failed", "down missed"), down(2, "down missed")),
    ),
    "a sweep that lets a child's alert out": Path(
        before=(*HELD, (MISSED + minutes(2), ping())),
        work=sweep,
        at=MISSED + minutes(8),
        other=CHILD,
        ends=(down(4, "down failed", "up failed", "down missed"), down(2, "down missed")),
    ),
    "a success that drops an alert which was held": Path(
        before=HELD,
        work=ping(to=OTHER),
        at=MISSED + minutes(2),
        other=CHILD,
        ends=(down(2, "down failed"), down(4, waits=1)),
    ),
    "a success that finds an alert undelivered": Path(
        before=UNHEARD,
        work=ping(),
        at=NOON + minutes(31),
        ends=(down(4, "down failed", "up failed", "down missed"),),
    ),
    "a sweep that finds an alert undelivered": Path(
        before=UNHEARD, work=sweep, at=NOON + minutes(31), ends=(down(2, "down failed"),)
    ),
}
