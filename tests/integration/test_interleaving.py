"""Two sweeps and a ping, one let in before every single call that the other makes; and pings that cross each other."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.check import Status, Window
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.services.record_ping import take
from chalicelib.sweep.loop import sweep
from tests.builders import R1, R2, minutes, utc
from tests.integration.conftest import Deployment, StillClock
from tests.integration.dying import Killed

CALLS = [
    "read",
    "write the verdict",
    "publish",
    "put the miss",
    "write the flip with what was sent",
    "acknowledge",
]
STEPS = [pytest.param(step, id=f"before the sweep would {call}") for step, call in enumerate(CALLS)]
IN_TIME, LATE = utc("2026-03-01T13:04:59.990Z"), utc("2026-03-01T13:05:30Z")


class Interrupted:
    """A client that lets something else happen, once, just before its n-th call."""

    def __init__(self, client: object, step: int, meanwhile: Callable[[], object]) -> None:
        self._client, self._left, self._meanwhile = client, step, meanwhile

    def has_happened(self) -> bool:
        return self._left < 0

    def __getattr__(self, name: str) -> Any:
        return self.before(getattr(self._client, name))

    def before(self, call: Callable[..., Any]) -> Callable[..., Any]:
        """The same call, counted."""

        def called(*subject: Any, **arguments: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self._meanwhile()
            return call(*subject, **arguments)

        return called


class Dying:
    """The client of a process that dies when it has written what a check is now, before its first row of history."""

    def __init__(self, client: object) -> None:
        self._client = client

    def put_item(self, **_: Any) -> None:
        raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)


def take_and_die(deployment: Deployment, code: Code, *, at: datetime) -> None:
    """A success whose process dies before anything of it stands in the history."""
    with pytest.raises(Killed):
        take_over(deployment, Dying(deployment.wiring.ports.tables.client), code, Ping(at=at, signal=Signal.SUCCESS))


def take_over(deployment: Deployment, client: Any, code: Code, ping: Ping) -> None:
    """A ping is taken over this client."""
    ports = deployment.wiring.ports
    tables = replace(ports.tables, client=client)
    take(replace(ports, tables=tables, sleep=lambda _: None), code, ping, lambda _: ping.signal)


def sweep_interrupted(deployment: Deployment, step: int, meanwhile: Callable[[], object]) -> None:
    """A sweep at 13:06 that makes each call of CALLS, with something else happening before one of them."""
    ports = deployment.wiring.ports
    interrupted = Interrupted(ports.tables.client, step, meanwhile)
    client: Any = interrupted
    tables = replace(ports.tables, client=client)
    ports = replace(ports, tables=tables, publish=interrupted.before(ports.publish), sleep=lambda _: None)
    sweep(ports, StillClock(utc("2026-03-01T13:06Z")), deployment.way)
    assert interrupted.has_happened(), "the sweep makes fewer calls than the test says"


def a_pinged(deployment: Deployment, **config: Any) -> Code:
    """A success at 12:00; missed at 13:05."""
    code = deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5), **config)
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    return code


def told(deployment: Deployment) -> list[tuple[str, str]]:
    """What people were told, repeats of the same alert dropped."""
    alerts = {alert["id"]: (alert["kind"], alert["reason"]) for alert in deployment.alerts()}
    return list(alerts.values())


def assert_settled(deployment: Deployment, code: Code) -> None:
    """Nothing waits, and the history tells the same story as the check."""
    check = deployment.check(code)
    assert (check.records, check.alerts) == ((), ())
    flips = [stored.flip for stored in reversed(deployment.flips(code))]
    assert [flip.number for flip in flips] == list(range(1, check.n_flips + 1))
    assert all(before.new is after.old for before, after in itertools.pairwise(flips))
    assert flips[-1].new is check.status


@pytest.mark.parametrize("step", STEPS)
def test_two_sweeps_at_once_tell_it_once(deployment: Deployment, step: int) -> None:
    code = a_pinged(deployment)

    def other() -> object:
        return deployment.sweep(utc("2026-03-01T13:06Z"))

    sweep_interrupted(deployment, step, other)
    deployment.sweep(utc("2026-03-01T13:07Z"))

    assert told(deployment) == [("down", "missed")]
    assert deployment.check(code).n_flips == 2
    assert_settled(deployment, code)


@pytest.mark.parametrize("step", STEPS)
def test_a_ping_made_in_time_never_meets_a_second_alert_or_a_lost_one(deployment: Deployment, step: int) -> None:
    code = a_pinged(deployment)

    sweep_interrupted(deployment, step, lambda: deployment.ping(code, at=IN_TIME))
    deployment.sweep(utc("2026-03-01T13:07Z"))

    came_before_the_write = step <= CALLS.index("write the verdict")
    assert told(deployment) == ([] if came_before_the_write else [("down", "missed"), ("up", "missed")])
    assert deployment.check(code).status is Status.UP
    assert_settled(deployment, code)


@pytest.mark.parametrize("step", STEPS)
def test_a_late_ping_ends_the_miss_whoever_is_first(deployment: Deployment, step: int) -> None:
    code = a_pinged(deployment)

    sweep_interrupted(deployment, step, lambda: deployment.ping(code, at=LATE))
    deployment.sweep(utc("2026-03-01T13:07Z"))

    assert told(deployment) == [("down", "missed"), ("up", "missed")]
    assert_settled(deployment, code)


@pytest.mark.parametrize("step", STEPS)
def test_what_a_ping_has_written_is_told_though_it_dies_in_the_middle(deployment: Deployment, step: int) -> None:
    code = a_pinged(deployment)

    sweep_interrupted(deployment, step, lambda: take_and_die(deployment, code, at=LATE))
    deployment.sweep(utc("2026-03-01T13:07Z"))

    assert told(deployment) == [("down", "missed"), ("up", "missed")]
    assert_settled(deployment, code)


def a_ping(text: str) -> Ping:
    """ "start r1 12:01:01": signal, run id if any, and when it was made."""
    signal, *rid, clock = text.split()
    at = utc(f"2026-03-01T{clock}Z")
    return Ping(at=at, signal=Signal(signal), rid={"r1": R1, "r2": R2}[rid[0]] if rid else "")


@pytest.mark.parametrize(
    ("earlier", "first", "second", "opened"),
    [
        pytest.param([], "success 12:01:03", "start 12:01:02", {}, id="a success and its start"),
        pytest.param([], "success r1 12:01:03", "start r1 12:01:02", {}, id="the same with a rid"),
        pytest.param([], "success 12:01:03", "start r1 12:01:02", {}, id="the same, only the start has a rid"),
        pytest.param(
            ["success r2 12:01:09"], "success r1 12:01:03", "start r1 12:01:02", {}, id="both overtaken by another"
        ),
        pytest.param(
            ["success r2 12:01:09"], "start r1 12:01:02", "success r1 12:01:03", {}, id="… the start writes last"
        ),
        pytest.param(["success r2 12:01:09"], "start 12:01:02", "success 12:01:03", {}, id="… without a rid"),
        pytest.param(["success r2 12:01:09"], "start r1 12:01:02", "success 12:01:03", {}, id="… the start with one"),
        pytest.param(
            ["success r2 12:01:09"],
            "start r1 12:01:02",
            "start r1 12:01:03",
            {R1: "12:01:03"},
            id="two overtaken starts",
        ),
        pytest.param([], "start r1 12:01:02", "start r1 12:01:03", {R1: "12:01:03"}, id="two starts of one run"),
        pytest.param(
            ["start 12:01:01"],
            "success 12:01:02",
            "start 12:01:03",
            {"": "12:01:03"},
            id="a success and the next start",
        ),
        pytest.param(
            ["start r1 12:01:01"], "success 12:01:03", "start r2 12:01:02", {R1: "12:01:01"}, id="it closes the newest"
        ),
        pytest.param(
            ["start r1 12:01:01"], "success r1 12:01:04", "success r2 12:01:03", {}, id="two successes of two runs"
        ),
    ],
)
def test_pings_that_cross_leave_open_what_they_would_leave_one_after_the_other(
    deployment: Deployment, earlier: list[str], first: str, second: str, opened: dict[str, str]
) -> None:
    """The second is taken between the read and the write of the first. No deadline moves, so none guards the writes."""
    code = a_pinged(deployment, max_runtime=timedelta(hours=2))
    for each in earlier:
        take_over(deployment, deployment.wiring.ports.tables.client, code, a_ping(each))

    meanwhile = partial(take_over, deployment, deployment.wiring.ports.tables.client, code, a_ping(second))
    take_interrupted(deployment, code, a_ping(first), meanwhile)

    assert {run.rid: f"{run.at:%H:%M:%S}" for run in deployment.check(code).runs} == opened


def take_interrupted(deployment: Deployment, code: Code, ping: Ping, meanwhile: Callable[[], object]) -> None:
    """A ping that has read the check; something else happens before it writes."""
    client = Interrupted(deployment.wiring.ports.tables.client, 1, meanwhile)
    take_over(deployment, client, code, ping)
    assert client.has_happened()


def test_a_run_that_starts_while_a_success_moves_the_deadline_is_told_at_its_limit(deployment: Deployment) -> None:
    code = a_pinged(deployment, max_runtime=minutes(10))
    start = partial(deployment.ping, code, "/start", at=utc("2026-03-01T12:30Z"), query={"rid": R1})

    of_another = Ping(at=utc("2026-03-01T12:30:00.300Z"), signal=Signal.SUCCESS, rid=R2)
    take_interrupted(deployment, code, of_another, start)
    deployment.sweep(utc("2026-03-01T12:41Z"))

    assert told(deployment) == [("down", "overrun")]


def test_two_pings_that_begin_a_window_at_once_both_count(deployment: Deployment) -> None:
    code = a_pinged(deployment, min_count=10, count_window=timedelta(hours=2))
    first = partial(deployment.ping, code, at=utc("2026-03-01T12:01Z"), query={"count": "6"})

    take_interrupted(deployment, code, Ping(at=utc("2026-03-01T12:01:01Z"), signal=Signal.SUCCESS, count=4), first)

    assert deployment.check(code).window == Window(at=utc("2026-03-01T12:01Z"), count=10)


def test_a_log_line_that_crosses_with_the_end_of_its_run_does_not_open_it_again(deployment: Deployment) -> None:
    code = a_pinged(deployment, max_runtime=minutes(10))
    deployment.ping(code, "/start", at=utc("2026-03-01T12:30Z"))
    success = partial(deployment.ping, code, at=utc("2026-03-01T12:31Z"))

    line = Ping(at=utc("2026-03-01T12:30:59Z"), signal=Signal.LOG, body=b"half")
    take_interrupted(deployment, code, line, success)
    deployment.sweep(utc("2026-03-01T12:41Z"))

    assert deployment.check(code).runs == ()
    assert told(deployment) == []
