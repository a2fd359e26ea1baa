"""The prober's minute: what is due is asked once, a failure twice, and each check takes it as a ping."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Status
from chalicelib.domain.config import Filters
from chalicelib.domain.configure import Edit, Pause, configure
from chalicelib.domain.errors import Conflict
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Signal
from chalicelib.domain.runs.recent_runs import unpacked
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.probes.address import networks
from chalicelib.probes.exchange import Answered, Exchange, Unanswered
from chalicelib.probes.probing import Probed, invoked, out_by, probing
from chalicelib.store import checks
from chalicelib.store.registry import probes
from tests.answering import answering, saying
from tests.builders import hours, minutes, seconds, utc
from tests.integration.conftest import Deployment, StillClock

URL = "https://shop.example.com/"
NOON = utc("2026-03-01T12:00:17Z")
LATENCY, MINUTE = seconds(0.142), minutes(1)
ENOUGH = timedelta(seconds=50)
REFUSED = Unanswered(why="no answer: connection refused", took=seconds(0.002))


def an_answer(status: int = 200, took: timedelta = LATENCY) -> Answered:
    return Answered(status=status, text="", is_cut=False, took=took, certificate_ends=None)


def add(deployment: Deployment, *, name: str = "shop", every: timedelta = MINUTE, **config: Any) -> Code:
    """Make a probed check, as the API does."""
    probe = Probe(url=config.pop("url", URL), every=every)
    code = deployment.add(name=name, schedule=Every(every), grace=minutes(6), probe=probe, **config)
    probes.keep(code, every, now=deployment.now)
    return code


class Asking:
    """Answers as it is told, in turn, the last one for ever; counts."""

    def __init__(self, *answers: Exchange) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, probe: Probe) -> Exchange:
        with self._lock:
            self.asked.append(probe.url)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def run(
    deployment: Deployment, ask: Callable[[Probe], Exchange], at: datetime = NOON, *, box: timedelta = ENOUGH
) -> Probed:
    deployment.now = at
    return probing(deployment.wiring.ports, ask, lambda: at, until=at, box=box)


def change(deployment: Deployment, code: Code, what: Edit | Pause) -> None:
    checks.decide(deployment.wiring.ports.tables, configure(deployment.check(code), what, now=deployment.now))


def test_a_good_answer_is_a_success_with_its_latency(deployment: Deployment) -> None:
    code = add(deployment)

    assert run(deployment, Asking(an_answer())) == Probed(due=1, good=1)

    check, [stored] = deployment.check(code), deployment.pings(code)
    assert (check.status, check.last_success, check.last_duration) == (Status.UP, NOON, seconds(0.142))
    assert [(run.ended.name, run.took) for run in unpacked(check.recent)] == [("SUCCESS", seconds(0.142))]
    assert (stored.signal, stored.took, stored.ping.body) == (Signal.SUCCESS, seconds(0.142), b"status 200 in 142 ms")
    assert (stored.ping.scheme, stored.ping.ua, stored.ping.method) == ("probe", "Overdue-Probe", "GET")
    assert (stored.ping.rid, stored.ping.remote_addr) == ("", "")


def test_a_failing_probe_is_repeated_at_once_and_a_second_failure_makes_the_check_down(deployment: Deployment) -> None:
    code = add(deployment)
    run(deployment, Asking(an_answer()))
    failing = Asking(an_answer(status=503), REFUSED)

    assert run(deployment, failing, NOON + minutes(1)) == Probed(due=1, failed=1)

    check = deployment.check(code)
    assert len(failing.asked) == 2
    assert (check.status, check.reason, check.last_output) == (
        Status.DOWN,
        Reason.FAILED,
        "no answer: connection refused",
    )
    [alert] = deployment.alerts()
    assert "connection refused" in alert["text"]
    assert "got no answer." in alert["text"]
    assert "Look first at the server" in alert["text"]


def test_a_second_try_that_succeeds_is_no_failure(deployment: Deployment) -> None:
    code = add(deployment)

    run(deployment, Asking(REFUSED, an_answer()))

    [stored] = deployment.pings(code)
    assert (stored.signal, deployment.check(code).failures) == (Signal.SUCCESS, 0)
    assert stored.ping.body.endswith(b"at the second try (first: no answer: connection refused)")


def test_a_recovery_is_told(deployment: Deployment) -> None:
    code = add(deployment)
    run(deployment, Asking(an_answer()))
    run(deployment, Asking(REFUSED), NOON + minutes(1))
    run(deployment, Asking(an_answer()), NOON + minutes(2))

    assert deployment.check(code).status is Status.UP
    assert [alert["kind"] for alert in deployment.alerts()] == ["down", "up"]


def test_a_prober_that_is_dead_shows_as_a_miss(deployment: Deployment) -> None:
    code = add(deployment)
    run(deployment, Asking(an_answer()))

    deployment.sweep(NOON + minutes(1) + minutes(6) + seconds(2))

    assert (deployment.check(code).status, deployment.check(code).reason) == (Status.DOWN, Reason.MISSED)


def test_each_is_asked_in_its_own_turn(deployment: Deployment) -> None:
    add(deployment, name="often")
    add(deployment, name="rare", every=minutes(5), url="https://rare.example.com/")
    run(deployment, Asking(an_answer()))  # both are new
    asking = Asking(an_answer())

    for minute in range(1, 11):
        run(deployment, asking, NOON + minutes(minute))

    assert (asking.asked.count(URL), asking.asked.count("https://rare.example.com/")) == (10, 2)


def test_a_round_that_another_prober_does_is_left_to_it(deployment: Deployment) -> None:
    add(deployment)
    run(deployment, Asking(an_answer()))
    asking = Asking(an_answer())

    run(deployment, asking, NOON)
    assert asking.asked == []

    seen = probes.round_of_all().done_until
    probes.claim(NOON + minutes(1), instead_of=seen)
    with pytest.raises(Conflict, match="another prober is at work"):
        probes.claim(NOON + minutes(1), instead_of=seen)


def test_a_paused_check_is_not_asked_and_stays_paused(deployment: Deployment) -> None:
    code = add(deployment)
    change(deployment, code, Pause())
    asking = Asking(an_answer())

    run(deployment, asking)

    assert (asking.asked, deployment.check(code).status) == ([], Status.PAUSED)


def test_a_check_that_is_paused_or_edited_while_it_is_asked_takes_nothing(deployment: Deployment) -> None:
    paused, edited = add(deployment, name="paused"), add(deployment, name="edited")
    lock, done = threading.Lock(), list[bool]()

    def ask(_: Probe) -> Exchange:
        with lock:
            if not done:
                change(deployment, paused, Pause())
                other = replace(deployment.check(edited).config, probe=Probe(url="https://other.example.com/"))
                change(deployment, edited, Edit(other))
                done.append(True)
        return an_answer()

    run(deployment, ask)

    assert deployment.check(paused).status is Status.PAUSED
    assert deployment.pings(paused) == deployment.pings(edited) == []


def test_filters_of_requests_do_not_concern_a_probe(deployment: Deployment) -> None:
    code = add(deployment, filters=Filters(methods="POST", http_body=True))

    run(deployment, Asking(an_answer()))

    assert deployment.check(code).status is Status.UP


def test_a_row_without_a_probed_check_is_dropped_but_not_one_that_is_being_written(deployment: Deployment) -> None:
    gone, unprobed = Code("00000000-0000-4000-8000-000000000000"), deployment.add(name="job")
    probes.keep(gone, minutes(1), now=NOON - minutes(61))
    probes.keep(unprobed, minutes(1), now=NOON - minutes(61))
    young = Code("11111111-1111-4111-8111-111111111111")
    probes.keep(young, minutes(1), now=NOON)

    assert run(deployment, Asking(an_answer())) == Probed()

    assert [row.code for row in probes.round_of_all().rows] == [young]


def test_a_row_that_says_another_period_than_its_check_is_mended(deployment: Deployment) -> None:
    code = add(deployment)
    run(deployment, Asking(an_answer()), NOON)
    probes.keep(code, hours(2), now=NOON - hours(24))

    run(deployment, Asking(an_answer()), NOON + hours(2))

    assert [row.every for row in probes.round_of_all().rows] == [MINUTE]


def test_without_a_probe_nothing_is_written(deployment: Deployment) -> None:
    assert run(deployment, Asking(an_answer())) == Probed()

    assert probes.round_of_all() == probes.ProbeRound((), None)


def test_what_there_is_no_time_for_goes_first_in_the_next_round(deployment: Deployment) -> None:
    codes = [add(deployment, name=f"shop-{number}", url=f"https://{number}.example.com/") for number in range(3)]
    run(deployment, Asking(an_answer()))
    deployment.ping(codes[0], at=NOON + seconds(30))

    done = run(deployment, Asking(an_answer()), NOON + minutes(1), box=timedelta(0))
    asking = Asking(an_answer())
    run(deployment, asking, NOON + minutes(2))

    assert done == Probed(due=3, left=3)
    assert asking.asked[-1] == "https://0.example.com/"


def test_a_probe_that_raises_does_not_keep_its_neighbours_from_theirs(deployment: Deployment) -> None:
    bad = add(deployment, name="bad", url="https://bad.example.com/")
    good = add(deployment, name="good")

    def ask(probe: Probe) -> Exchange:
        if probe.url != URL:
            raise RuntimeError("a bug")
        return an_answer()

    assert run(deployment, ask) == Probed(due=2, good=1, failed=1)
    assert deployment.check(good).status is Status.UP
    [alert] = deployment.alerts()
    assert (alert["check"]["name"], alert["reason"]) == ("bad", "failed")
    assert "no answer: an error of the prober's own, see its log" in alert["text"]
    assert "Look first at Overdue itself: see the log of the prober function." in alert["text"]
    assert deployment.check(bad).status is Status.DOWN


def test_a_round_after_an_outage_asks_each_once(deployment: Deployment) -> None:
    add(deployment)
    run(deployment, Asking(an_answer()))
    asking = Asking(an_answer())

    run(deployment, asking, NOON + minutes(20))

    assert asking.asked == [URL]


def test_a_real_server_is_asked_where_the_deployment_has_opened_its_network(deployment: Deployment) -> None:
    with answering(saying(body="Welcome")) as server:
        code = add(deployment, url=server.url())
        run(deployment, out_by(networks("127.0.0.0/8")))

        deployment.now = NOON + minutes(1)
        invoked(deployment.wiring, StillClock(deployment.now), {"time": deployment.now.isoformat()})

    closed, opened = (stored.ping.body.decode() for stored in deployment.pings(code))
    assert opened.startswith("status 200 in ")
    assert closed == "no answer: 127.0.0.1 is an inside address (loopback), closed to probes"
    assert len(server.asked) == 1
