"""The two writes of a check, and what guards them."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.check import Check, Outcome, Status, Verdict
from chalicelib.domain.configure import Edit, Pause, configure
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store import checks
from chalicelib.store.tables import Tables
from tests.builders import utc
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")

NOON = utc("2026-03-01T12:00Z")


def an_up_check(deployment: Deployment, max_runtime: timedelta | None = None) -> Code:
    """Up since 11:00, pinged at 11:59:59, missed if nothing comes by 13:04:59."""
    code = deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5), max_runtime=max_runtime)
    deployment.ping(code, at=utc("2026-03-01T11:00Z"))
    deployment.ping(code, at=utc("2026-03-01T11:59:59Z"))
    return code


def a_beat(check: Check, signal: Signal = Signal.SUCCESS, *, seconds: float = 0, rid: str = "") -> Outcome:
    """What a ping so many seconds after noon would make of a check."""
    return receive(check, Ping(at=NOON + timedelta(seconds=seconds), signal=signal, rid=rid), signal)


def write(tables: Tables, outcome: Outcome) -> Check:
    """Write either."""
    return checks.decide(tables, outcome) if isinstance(outcome, Verdict) else checks.beat(tables, outcome)


def test_two_heartbeats_from_the_same_reading_both_count(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    read = deployment.check(an_up_check(deployment, max_runtime=timedelta(hours=2)))

    write(tables, a_beat(read, Signal.START, rid="a"))
    write(tables, a_beat(read, Signal.START, rid="b", seconds=1))

    check = deployment.check(read.code)
    assert check.n_pings == read.n_pings + 2
    assert [run.rid for run in check.runs] == ["a", "b"]


@pytest.mark.not_on_dynalite("it does not tell the item that a condition failed on; `change` then reads again")
def test_a_heartbeat_older_than_the_newest_loses_and_learns_what_is(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    read = deployment.check(an_up_check(deployment))
    write(tables, replace_due(a_beat(read, seconds=5)))

    with pytest.raises(checks.Lost) as lost:
        write(tables, replace_due(a_beat(read, seconds=3)))

    assert lost.value.current == deployment.check(read.code)


def replace_due(outcome: Outcome) -> Outcome:
    """The same outcome, leaving the index alone."""
    return replace(outcome, after=replace(outcome.after, due_at=outcome.before.due_at))


def test_a_decision_loses_to_a_heartbeat_that_slipped_in(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    read = deployment.check(an_up_check(deployment))
    write(tables, a_beat(read, Signal.LOG))

    with pytest.raises(Conflict):
        write(tables, configure(read, Pause(), now=NOON))

    assert deployment.check(read.code).status is Status.UP


def test_a_heartbeat_loses_to_a_decision(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    read = deployment.check(an_up_check(deployment))
    write(tables, configure(read, Edit(replace(read.config, name="renamed")), now=NOON))

    with pytest.raises(Conflict):
        write(tables, a_beat(read, seconds=1))


def test_a_heartbeat_that_moves_the_deadline_loses_when_it_has_been_moved(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    read = deployment.check(an_up_check(deployment))
    moved = a_beat(read, seconds=3_500)
    assert moved.after.due_at != read.due_at
    write(tables, moved)

    with pytest.raises(Conflict):
        write(tables, a_beat(read, seconds=3_501))


def test_a_log_line_does_not_open_a_run_that_was_closed_meanwhile(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    code = an_up_check(deployment)
    deployment.ping(code, "/start", at=NOON)
    read = deployment.check(code)
    line = receive(read, Ping(at=NOON + timedelta(seconds=2), signal=Signal.LOG, body=b"half"), Signal.LOG)
    deployment.ping(code, at=NOON + timedelta(seconds=1))

    with pytest.raises(Conflict):
        write(tables, line)

    assert deployment.check(code).runs == ()


def test_a_log_line_that_pushes_out_others_opens_none_of_their_runs(deployment: Deployment) -> None:
    tables = deployment.wiring.ports.tables
    code = an_up_check(deployment)
    rids = [f"0f3a1b3c-7a51-4ac1-8d6f-{number:012}" for number in range(100)]
    for rid in rids:
        deployment.ping(code, "/start", query={"rid": rid}, at=NOON)
    for rid in rids[:4]:
        deployment.ping(code, "/log", query={"rid": rid, "msg": "x" * 120}, at=NOON + timedelta(seconds=1))
    read = deployment.check(code)
    assert [run.rid for run in read.runs if run.log] == rids[:4]
    long = Ping(at=NOON + timedelta(seconds=2), signal=Signal.LOG, rid=rids[99], body="🐘".encode() * 120)
    line = receive(read, long, Signal.LOG)
    assert [run.rid for run in line.after.runs if run.log] == rids[99:]
    deployment.ping(code, query={"rid": rids[2]}, at=NOON + timedelta(seconds=1))

    with pytest.raises(Conflict):
        write(tables, line)

    assert deployment.ping(code, "/log", query={"rid": rids[99], "msg": "🐘" * 120}, at=long.at).status == 200
    runs = {run.rid: run.log for run in deployment.check(code).runs}
    assert len(runs) == 99
    assert runs[rids[99]] == "🐘" * 120


def test_runs_of_forty_workers_on_one_check_lose_no_ping(deployment: Deployment) -> None:
    code = an_up_check(deployment)

    def work(i: int) -> tuple[int, int]:
        rid = f"0f3a1b3c-7a51-4ac1-8d6f-{i:012}"
        at = NOON + timedelta(milliseconds=i)
        return (
            deployment.ping(code, "/start", query={"rid": rid}, at=at).status,
            deployment.ping(code, query={"rid": rid}, at=at + timedelta(seconds=1)).status,
        )

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(work, range(40)))

    assert set(answers) == {(200, 200)}
    check = deployment.check(code)
    assert (check.n_pings, len(deployment.pings(code))) == (82, 82)
    assert sorted(stored.number for stored in deployment.pings(code)) == list(range(1, 83))


def test_a_code_that_is_taken_is_not_overwritten(deployment: Deployment) -> None:
    check = deployment.check(deployment.add())

    with pytest.raises(Conflict):
        checks.create(deployment.wiring.ports.tables, check)


def test_what_is_not_there_is_not_found(deployment: Deployment) -> None:
    with pytest.raises(NotFound):
        checks.get(deployment.wiring.ports.tables, Code("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"))


def test_a_heartbeat_that_cannot_bring_the_deadline_nearer_leaves_the_index_alone(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(timedelta(minutes=1)), grace=timedelta(minutes=5))
    deployment.ping(code, at=NOON)
    named: list[str] = []
    events = deployment.wiring.ports.tables.client.meta.events

    def note(params: dict[str, bytes], **_: object) -> None:
        named.append(params["body"].decode())

    events.register("before-call.dynamodb.UpdateItem", note)
    for minute in range(1, 5):
        deployment.ping(code, at=NOON + timedelta(minutes=minute))
    events.unregister("before-call.dynamodb.UpdateItem", note)

    assert len(named) == 4
    assert not any("due_at" in call or "due_shard" in call for call in named)
