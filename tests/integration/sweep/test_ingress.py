"""The door is open, or nothing is called missed
(docs/reference/rules.md, rule 15): a sweep that lives while pings cannot come in.
"""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

import app as lambda_app
from chalicelib.alerts.text import Message
from chalicelib.domain.check import Status
from chalicelib.domain.errors import NotFound, Undelivered
from chalicelib.domain.ids import Code
from chalicelib.domain.ingress.ingress_ledger import is_blind
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.services.record_ping import take
from chalicelib.store.registry import ingress
from chalicelib.sweep.loop import sweep
from overdue.local.clock import Clock
from overdue.local.server import Server, serve
from tests.builders import hours, minutes, utc
from tests.integration.conftest import Aws, Deployment, StillClock
from tests.integration.faults import away
from tests.integration.web.calling import Api
from tests.stand_in import Says, stand_in

WHY = "no answer (ConnectTimeoutError)"


def at(clock: str) -> datetime:
    return utc(f"2026-03-01T{clock}Z")


def an_hourly(deployment: Deployment, name: str = "nightly-backup", **config: Any) -> Code:
    """Expected at 13:00, missed at 13:05."""
    code = deployment.add(name=name, schedule=Every(hours(1)), grace=minutes(5), **config)
    deployment.ping(code, at=at("12:00"))
    return code


def subjects(deployment: Deployment) -> list[str]:
    return [message.subject for message in deployment.way.told]


def test_a_miss_is_told_when_the_door_has_been_seen_open(deployment: Deployment) -> None:
    an_hourly(deployment)
    deployment.sweep(at("13:04"))
    assert (deployment.way.looks, len(deployment.alerts())) == (1, 1)
    assert ingress.read().blindness == ()


def test_nobody_looks_at_the_door_while_no_miss_is_at_stake(deployment: Deployment) -> None:
    code = an_hourly(deployment)
    deployment.ping(code, "/fail", at=at("12:30"))
    for clock in ("12:31", "13:04", "13:06"):
        deployment.sweep(at(clock))
    assert deployment.way.looks == 0


def test_thirty_misses_take_one_look(deployment: Deployment) -> None:
    for number in range(30):
        an_hourly(deployment, f"job-{number}")
    deployment.sweep(at("13:06"))
    [digest] = deployment.alerts()
    assert (deployment.way.looks, len(digest["digest"]["members"])) == (1, 30)


def test_while_it_is_closed_checks_are_held_and_operators_hear_of_it_once(deployment: Deployment) -> None:
    codes = [an_hourly(deployment, f"job-{number}") for number in range(3)]
    deployment.way.why = WHY
    for clock in ("13:05:30", "13:06:30", "13:07:30"):
        done = deployment.sweep(at(clock))
        assert (done.held, done.is_full) == (3, False)
    assert {deployment.check(code).status for code in codes} == {Status.UP}
    assert (deployment.alerts(), subjects(deployment)) == ([], ["Overdue is unreachable: pings cannot come in"])
    assert WHY in deployment.way.told[0].text
    shown = Api(deployment).get(f"/checks/{codes[0]}", at=at("13:08"))
    assert (shown["status"], shown["unknown_since"]) == ("grace", "2026-03-01T13:05:00+00:00")


def test_after_it_misses_are_judged_when_their_grace_has_passed_again(deployment: Deployment) -> None:
    silent, alive = an_hourly(deployment, "silent"), an_hourly(deployment, "alive")
    deployment.way.why = WHY
    deployment.sweep(at("13:05:30"))
    deployment.way.why = None
    deployment.sweep(at("13:30:00"))
    deployment.ping(alive, at=at("13:31"))
    deployment.sweep(at("13:33"))
    assert deployment.alerts() == []
    deployment.sweep(at("13:36"))
    [alert] = deployment.alerts()
    assert (alert["check"]["name"], alert["kind"]) == ("silent", "down")
    assert alert["blind"] == ["2026-03-01T13:05:00+00:00", alert["blind"][1]]
    assert alert["blind"][1].startswith("2026-03-01T13:30:")
    assert "reports of that time were lost" in alert["text"]
    assert deployment.check(silent).status is Status.DOWN
    assert subjects(deployment)[1].startswith("Overdue is reachable again")


def test_a_success_within_the_grace_that_is_owed_leaves_no_trace_of_a_miss(deployment: Deployment) -> None:
    code = an_hourly(deployment)
    deployment.way.why = WHY
    deployment.sweep(at("13:05:30"))
    deployment.ping(code, at=at("13:20"))  # it has opened, and no sweep has seen that
    deployment.way.why = None
    deployment.sweep(at("13:21"))
    assert ([each.flip.new for each in deployment.flips(code)], deployment.alerts()) == ([Status.UP], [])
    assert not is_blind(ingress.read())


def test_what_need_not_wait_for_the_door_does_not(deployment: Deployment) -> None:
    failed, pending = an_hourly(deployment, "failed"), an_hourly(deployment, "pending")
    an_hourly(deployment, "silent")
    with away(deployment.wiring.publisher._sns, "Publish"):
        deployment.ping(pending, "/fail", at=at("13:04:59"))
    heard: list[int] = []

    class Slow(type(deployment.way)):  # type: ignore[misc]
        def why_closed(self, *, now: datetime) -> str:  # noqa: ARG002
            give_up_s = time.monotonic() + 10
            while not (alerts := deployment.alerts()) and time.monotonic() < give_up_s:
                continue
            heard.append(len(alerts))
            return WHY

    sweep(deployment.wiring.ports, StillClock(at("13:06")), Slow())
    assert heard[0] == 1, "the failure was told while somebody still looked at the door"
    deployment.ping(failed, "/fail", at=at("13:07"))
    assert [alert["reason"] for alert in deployment.alerts()] == ["failed"]


def test_pings_that_come_in_prove_it_open_whatever_the_look_says(
    deployment: Deployment, caplog: pytest.LogCaptureFixture
) -> None:
    an_hourly(deployment)
    busy = deployment.add(name="busy", schedule=Every(minutes(1)), grace=minutes(5))
    deployment.ping(busy, at=at("13:05:50"))
    deployment.way.why = WHY
    with caplog.at_level(logging.INFO, "overdue"):
        deployment.sweep(at("13:06"))
    assert [alert["check"]["name"] for alert in deployment.alerts()] == ["nightly-backup"]
    assert (ingress.read().blindness, subjects(deployment)) == ((), [])
    assert "door_not_seen" in caplog.text


def inside(deployment: Deployment, code: Code, scheme: str) -> None:
    ping = Ping(at=at("13:05:50"), signal=Signal.SUCCESS, scheme=scheme)
    take(deployment.wiring.ports, code, ping, lambda _: Signal.SUCCESS)


@pytest.mark.parametrize(
    "come_from_inside",
    [
        pytest.param(
            lambda deployment: inside(
                deployment,
                deployment.add(name="probed", schedule=Every(minutes(1)), probe=Probe(url="https://example.com/")),
                "https",
            ),
            id="a probe",
        ),
        pytest.param(lambda deployment: inside(deployment, deployment.add(name="queue"), "cloudwatch"), id="an alarm"),
        pytest.param(
            lambda deployment: inside(deployment, deployment.add(name="overdue-canary"), "https"), id="the canary"
        ),
        pytest.param(
            lambda deployment: deployment.ping(deployment.add(name="early"), at=at("13:04:59")), id="too long ago"
        ),
    ],
)
def test_what_does_not_come_by_the_door_just_now_proves_nothing(
    deployment: Deployment, come_from_inside: Callable[[Deployment], object]
) -> None:
    an_hourly(deployment)
    come_from_inside(deployment)
    deployment.way.why = WHY
    assert deployment.sweep(at("13:06")).held == 1


def test_what_operators_could_not_be_told_a_later_sweep_tells(deployment: Deployment) -> None:
    an_hourly(deployment)
    deployment.way.why = WHY

    class Deaf(type(deployment.way)):  # type: ignore[misc]
        def tell(self, message: Message) -> None:
            raise Undelivered(message.subject)

    sweep(deployment.wiring.ports, StillClock(at("13:05:30")), Deaf(why=WHY))
    assert subjects(deployment) == []
    deployment.sweep(at("13:06:30"))
    deployment.sweep(at("13:07:30"))
    assert len(subjects(deployment)) == 1


def test_two_sweeps_that_find_it_closed_at_once_hold_and_tell_it_once(deployment: Deployment) -> None:
    code = an_hourly(deployment)

    class Twice(type(deployment.way)):  # type: ignore[misc]
        def why_closed(self, *, now: datetime) -> str:  # noqa: ARG002
            deployment.sweep(at("13:06"))
            return WHY

    deployment.way.why = WHY
    sweep(deployment.wiring.ports, StillClock(at("13:06")), Twice())
    assert (deployment.check(code).status, deployment.alerts()) == (Status.UP, [])
    assert subjects(deployment) == ["Overdue is unreachable: pings cannot come in"]


def test_while_the_registry_cannot_be_read_nothing_is_called_missed(deployment: Deployment) -> None:
    code = an_hourly(deployment)
    client = deployment.wiring.ports.tables.client

    class Away(type(deployment.way)):  # type: ignore[misc]
        def why_closed(self, *, now: datetime) -> None:  # noqa: ARG002
            broken.enter_context(away(client, "PutItem"))

    with ExitStack() as broken:
        deployment.way.why = WHY
        deployment.sweep(at("13:05:30"))
        sweep(deployment.wiring.ports, StillClock(at("13:06:30")), Away())
    assert deployment.check(code).status is Status.UP
    assert deployment.alerts() == []


@pytest.fixture
def ingest(aws: Aws, deployment: Deployment) -> Iterator[Callable[..., Server]]:  # noqa: ARG001  # moto first
    """The real HTTP server in front of the app, on a port that can be closed and opened."""
    servers: list[Server] = []

    def opened(port: int = 0) -> Server:
        clock = Clock(1)
        servers.append(serve(lambda_app.app, host="127.0.0.1", port=port, clock=clock, local_routes={}))
        return servers[-1]

    yield opened
    for server in servers:
        server.stop()


def fronted(deployment: Deployment, base: str) -> FrontDoor:
    """The real door, at this address."""
    return FrontDoor(replace(deployment.wiring.settings, base_url=base), deployment.wiring.registry)


@pytest.mark.not_on_dynalite("the second server's tables are moto's")
def test_an_ingest_that_is_really_down_while_the_sweep_lives(
    deployment: Deployment, ingest: Callable[..., Server]
) -> None:
    code = an_hourly(deployment)
    server = ingest()
    way = fronted(deployment, server.base)

    def swept(clock: str) -> int:
        return sweep(deployment.wiring.ports, StillClock(at(clock)), way).held

    assert way.why_closed(now=at("13:00")) is None
    server.stop()
    assert (swept("13:05:30"), deployment.check(code).status) == (1, Status.UP)
    assert ingress.read().why == "no answer (NewConnectionError)"
    ingest(server.port)
    assert (swept("13:30"), deployment.check(code).status, deployment.alerts()) == (0, Status.UP, [])
    swept("13:36:30")
    assert (deployment.check(code).status, len(deployment.alerts())) == (Status.DOWN, 1)


@pytest.mark.parametrize(
    ("says", "why"),
    [
        pytest.param(Says(status=502), "it answered 502", id="a gateway whose function fails"),
        pytest.param(Says(status=429), "it answered 429", id="throttled"),
        pytest.param(Says(status=301, headers={"Location": "/"}), "it answered 301", id="jobs would not follow"),
        pytest.param(Says(body=b"OK"), "something else answered there", id="another server of that name"),
    ],
)
def test_an_answer_that_is_not_ours_is_a_door_that_is_closed(deployment: Deployment, says: Says, why: str) -> None:
    with stand_in(lambda _: says) as other:
        assert fronted(deployment, other.base).why_closed(now=at("13:00")) == why
        assert len({asked.path for asked in other.asked}) == 1
        assert other.asked[0].path.startswith("/ping/door/")


def test_a_nonce_is_answered_by_the_way_of_pings_and_nothing_else_is(deployment: Deployment) -> None:
    found = deployment.request("GET", f"/ping/door/{'0f' * 16}")
    assert (found.status, len(found.text)) == (200, 64)
    for path in ("/ping/door/0f", "/ping/door/nightly-backup", f"/ping/door/{'0F' * 16}"):
        assert deployment.request("GET", path).status == 404
    with away(deployment.wiring.ports.tables.client, "GetItem"):
        assert deployment.request("GET", f"/ping/door/{'0f' * 16}").status == 503


def test_a_check_that_is_deleted_while_held_is_let_go(deployment: Deployment) -> None:
    code = an_hourly(deployment)
    deployment.way.why = WHY
    deployment.sweep(at("13:05:30"))
    Api(deployment).call("DELETE", f"/checks/{code}")
    assert deployment.sweep(at("13:06:30")).held == 0
    with pytest.raises(NotFound):
        deployment.check(code)
