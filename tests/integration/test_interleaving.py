"""Two sweeps and a ping, one let in before every single call that the other makes."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.check import Code, Status
from chalicelib.domain.schedule import Every
from chalicelib.domain.signals import Ping, Signal
from chalicelib.sweep import sweep
from chalicelib.take import take
from tests.builders import R1, utc
from tests.integration.conftest import Deployment, StillClock

CALLS = [
    "read",
    "read again, the door being open",
    "write the verdict",
    "put the miss",
    "put the flip",
    "note what was sent",
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
        method = getattr(self._client, name)

        def called(**arguments: Any) -> Any:
            self._left -= 1
            if self._left == -1:
                self._meanwhile()
            return method(**arguments)

        return called


def sweep_interrupted(deployment: Deployment, step: int, meanwhile: Callable[[], object]) -> None:
    """A sweep at 13:06 that makes each call of CALLS, with something else happening before one of them."""
    ports = deployment.wiring.ports
    interrupted = Interrupted(ports.tables.client, step, meanwhile)
    client: Any = interrupted
    tables = replace(ports.tables, client=client)
    sweep(replace(ports, tables=tables, sleep=lambda _: None), StillClock(utc("2026-03-01T13:06Z")), deployment.way)
    assert interrupted.has_happened(), "the sweep makes fewer calls than the test says"


def an_overdue(deployment: Deployment) -> Code:
    """Missed at 13:05, and nobody has looked yet."""
    code = deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5))
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
    code = an_overdue(deployment)

    def other() -> object:
        return deployment.sweep(utc("2026-03-01T13:06Z"))

    sweep_interrupted(deployment, step, other)
    deployment.sweep(utc("2026-03-01T13:07Z"))

    assert told(deployment) == [("down", "missed")]
    assert deployment.check(code).n_flips == 2
    assert_settled(deployment, code)


@pytest.mark.parametrize("step", STEPS)
def test_a_ping_made_in_time_never_meets_a_second_alert_or_a_lost_one(deployment: Deployment, step: int) -> None:
    code = an_overdue(deployment)

    sweep_interrupted(deployment, step, lambda: deployment.ping(code, at=IN_TIME))
    deployment.sweep(utc("2026-03-01T13:07Z"))

    came_before_the_write = step <= CALLS.index("write the verdict")
    assert told(deployment) == ([] if came_before_the_write else [("down", "missed"), ("up", "missed")])
    assert deployment.check(code).status is Status.UP
    assert_settled(deployment, code)


@pytest.mark.parametrize("step", STEPS)
def test_a_late_ping_ends_the_miss_whoever_is_first(deployment: Deployment, step: int) -> None:
    code = an_overdue(deployment)

    sweep_interrupted(deployment, step, lambda: deployment.ping(code, at=LATE))
    deployment.sweep(utc("2026-03-01T13:07Z"))

    assert told(deployment) == [("down", "missed"), ("up", "missed")]
    assert_settled(deployment, code)


@pytest.mark.parametrize("query", [{}, {"rid": R1}], ids=["without a rid", "with a rid"])
def test_a_start_that_comes_in_while_its_success_does_opens_no_run(
    deployment: Deployment, query: dict[str, str]
) -> None:
    code = deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5))
    deployment.ping(code, at=utc("2026-03-01T12:00Z"))
    ports, success = deployment.wiring.ports, utc("2026-03-01T12:30:00.300Z")
    start = partial(deployment.ping, code, "/start", at=utc("2026-03-01T12:30Z"), query=query)
    client: Any = Interrupted(ports.tables.client, 1, start)

    ping = Ping(at=success, signal=Signal.SUCCESS, rid=query.get("rid", ""))
    tables = replace(ports.tables, client=client)
    take(replace(ports, tables=tables, sleep=lambda _: None), code, ping, lambda _: Signal.SUCCESS)
    deployment.sweep(utc("2026-03-01T12:40Z"))

    assert client.has_happened()
    assert deployment.check(code).runs == ()
    assert told(deployment) == []
