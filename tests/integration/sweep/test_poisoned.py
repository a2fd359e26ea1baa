"""Checks that cannot be evaluated: what they cost their neighbours, and what becomes of them (docs/adr/0016).

A poisoned check's item holds a text that raises, burns CPU or kills when it is decoded: whatever slips through the
limits of a configuration ends there or in the evaluation, which runs under the same limits.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from benchmarks.in_memory import plainly
from chalicelib.clock import SystemClock
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from chalicelib.domain.limits.steps import limited_to, spend
from chalicelib.domain.rules.due import next_due
from chalicelib.store import checks
from chalicelib.store.registry import in_flight, projects
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem
from chalicelib.sweep.loop import sweep
from chalicelib.sweep.process import Swept
from tests.builders import minutes, seconds
from tests.integration.conftest import Deployment, StillClock
from tests.integration.dying import Killed
from tests.integration.sweep.test_storms import (
    MISSED,
    NOON,
    Dying,
    InMemory,
    code_of,
    due,
    members,
    missed,
    overdue,
    settled,
    stage,
)

__all__ = ["stage"]
pytestmark = pytest.mark.not_on_dynalite("its engines are in memory")


ROOT = Path(__file__).parents[3]


class Poison(str):
    """A stored text that does something when it is decoded."""

    act: Callable[[], Any]

    def __hash__(self) -> int:
        self.act()
        return 0


def poison(stage: InMemory, code: Code, act: Callable[[], Any]) -> None:
    text = Poison("{}")
    text.act = act
    stage.dynamo.rows["checks"][code][""]["config"] = {"S": text}


def burn() -> None:
    """Use the CPU for as long as nobody stops it."""
    while True:
        pass


def recurse() -> None:
    recurse()


def use_up_the_memory() -> None:
    raise MemoryError


def use_up_the_budget() -> None:
    with limited_to(10):
        spend(11)


def divide_by_zero() -> None:
    _ = 1 // 0


def refuse_to_exist() -> None:
    raise KeyError("schedule")


def due_at(stage: Deployment, code: Code) -> datetime | None:
    """When it is due, though it cannot be decoded."""
    item = stage.wiring.ports.tables.client.get_item(TableName="overdue-test-checks", Key={"code": {"S": code}})["Item"]
    return datetime.fromtimestamp(float(item["due_at"]["N"]), UTC) if "due_at" in item else None


def flights() -> list[Any]:
    return list(RegistryItem.query("sweep", RegistryItem.sk.startswith("flight#")))


@pytest.mark.parametrize(
    "act",
    [burn, recurse, use_up_the_memory, use_up_the_budget, divide_by_zero, refuse_to_exist],
    ids=lambda a: a.__name__,
)
@pytest.mark.parametrize("number", [3, 60], ids=["few", "as in a storm"])
def test_whatever_a_check_does_it_is_pushed_back_and_alerts_of_others_are_sent(
    stage: InMemory, caplog: pytest.LogCaptureFixture, act: Callable[[], None], number: int
) -> None:
    poisoned, *sound = overdue(stage, number)
    poison(stage, poisoned, act)
    stage.wiring.ports.tally.take()

    done = stage.sweep(MISSED + seconds(30))

    assert (done.looked_at, done.pushed_back, done.is_full) == (number - 1, 1, False)
    assert len(set(members(stage.alerts()))) == number - 1
    assert settled(stage, sound)
    assert due_at(stage, poisoned) == MISSED + seconds(30) + minutes(5)
    assert stage.wiring.ports.tally.take()["PushedBack"] == 1
    [logged] = [line for line in caplog.messages if "check_failed" in line]
    assert poisoned[:8] in logged
    assert poisoned not in logged
    assert flights() == [], "nothing is in flight when a sweep has ended"


def test_a_check_is_pushed_back_for_longer_each_time_up_to_an_hour(stage: InMemory) -> None:
    [code] = overdue(stage, 1)
    poison(stage, code, divide_by_zero)
    at, waits = MISSED + seconds(30), []

    for _ in range(7):
        stage.sweep(at)
        later = due_at(stage, code)
        assert later is not None
        waits.append(round((later - at) / minutes(1)))
        at = later + seconds(1)

    assert waits == [5, 10, 20, 40, 60, 60, 60]


def test_a_check_that_works_again_is_evaluated_as_it_is_and_forgets_its_setbacks(stage: InMemory) -> None:
    [code] = overdue(stage, 1)
    config = stage.dynamo.rows["checks"][code][""]["config"]
    poison(stage, code, divide_by_zero)
    stage.sweep(MISSED + seconds(30))
    stage.dynamo.rows["checks"][code][""]["config"] = config

    done = stage.sweep(MISSED + minutes(6))

    assert (done.suspects, done.looked_at) == (1, 1)
    assert [alert["at"] for alert in stage.alerts()] == ["2026-03-01T13:05:00+00:00"]
    assert settled(stage, [code])
    assert "setbacks" not in stage.dynamo.rows["checks"][code][""]


def test_a_check_that_was_pushed_back_is_evaluated_after_all_other_alerts_were_sent(stage: InMemory) -> None:
    poisoned, *sound = overdue(stage, 10)
    poison(stage, poisoned, divide_by_zero)
    stage.sweep(MISSED + seconds(30))
    late = overdue(stage, 30, first=100)
    told: list[int] = []

    def note_and_fail() -> None:
        told.append(len(stage.topic.published))
        divide_by_zero()

    poison(stage, poisoned, note_and_fail)

    def report(done: Swept) -> None:
        assert (done.looked_at, done.suspects) == (30, 1)
        assert told == []

    sweep(stage.wiring.ports, StillClock(MISSED + minutes(6)), stage.way, report=report)

    assert told == [len(sound) + 1], "nine alone, and a digest of thirty"
    assert settled(stage, sound + late)


def test_the_ingress_check_runs_even_if_a_check_cannot_be_decoded(stage: InMemory) -> None:
    codes = overdue(stage, 2)
    later = replace(missed(Code("0000ffff-0000-4000-8000-000000000000")), due_at=MISSED + minutes(30))
    checks.create(stage.wiring.ports.tables, later)
    poison(stage, later.code, divide_by_zero)
    stage.way.why = "it did not answer"

    done = stage.sweep(MISSED + seconds(30))

    assert done.held == len(codes)


def test_a_check_that_dynamodb_leaves_out_delays_no_other(stage: InMemory) -> None:
    hot, *others = overdue(stage, 10)

    def leave_out(operation: str, asked: Any, effect: Callable[[], Any]) -> Any:
        answer = effect()
        if operation != "BatchGetItem":
            return answer
        [(table, rows)] = answer["Responses"].items()
        wanted = asked["RequestItems"][table]["Keys"]
        left = {table: {"Keys": [key for key in wanted if key["code"]["S"] == hot]}}
        unprocessed = left if left[table]["Keys"] else {}
        return {"Responses": {table: [row for row in rows if row["code"]["S"] != hot]}, "UnprocessedKeys": unprocessed}

    stage.dynamo.between = leave_out
    stage.wiring.ports = replace(stage.wiring.ports, sleep=lambda _: pytest.fail("the others would wait"))
    stage.sweep(MISSED + seconds(30))
    assert settled(stage, others)

    stage.dynamo.between = plainly
    stage.sweep(MISSED + seconds(120))
    assert settled(stage, [hot])


# --- an invocation that dies


def die() -> None:
    raise Killed


def killed(stage: InMemory, at: datetime) -> None:
    """A sweep whose invocation dies."""
    with pytest.raises(Killed):
        stage.sweep(at)
    stage.restart()


def test_what_killed_an_invocation_is_pushed_back_before_it_is_evaluated_again(stage: InMemory) -> None:
    poisoned, *sound = overdue(stage, 10)
    poison(stage, poisoned, die)
    killed(stage, MISSED + seconds(30))
    assert due_at(stage, poisoned) == MISSED, "nothing could be written any more"

    others = overdue(stage, 5, first=100)
    killed(stage, MISSED + seconds(90))

    assert settled(stage, others), "whatever was not in flight is told before"
    assert due_at(stage, poisoned) == MISSED + seconds(100) + minutes(5), "a round of ten seconds comes first"
    stage.sweep(MISSED + seconds(150))
    assert settled(stage, sound), "the next sweep does not meet it, and evaluates what it was in flight with"
    assert len(set(members(stage.alerts()))) == 14
    assert stage.sweep(MISSED + seconds(210)).is_full
    assert flights() == []
    killed(stage, MISSED + minutes(7))
    assert due_at(stage, poisoned) == MISSED + minutes(17) + seconds(10)


def test_only_checks_in_flight_that_are_still_due_are_suspects(stage: InMemory) -> None:
    codes = overdue(stage, 3)
    in_flight.write("dead", [(MISSED, code) for code in codes], now=MISSED)
    for code in codes[1:]:
        stage.ping(code, at=MISSED + seconds(20))  # they have come after all, and are due an hour later

    done = stage.sweep(MISSED + minutes(65) + seconds(40))

    assert (done.suspects, done.looked_at) == (1, 3)


def test_sweeps_that_overlap_do_not_suspect_each_other(stage: InMemory) -> None:
    codes = overdue(stage, 5)
    in_flight.write("another", [(MISSED, code) for code in codes], now=MISSED + seconds(25))

    done = stage.sweep(MISSED + seconds(30))

    assert (done.suspects, done.looked_at) == (0, 5)


@pytest.mark.parametrize("after", [False, True])
def test_wherever_the_evaluation_of_suspects_is_killed_all_alerts_are_sent_in_the_end(
    stage: InMemory, *, after: bool
) -> None:
    dies_at = 0
    while True:
        dies_at += 1
        codes = overdue(stage, 3, first=16 * dies_at)
        in_flight.write("dead", [(MISSED, code) for code in codes], now=MISSED)
        stage.dynamo.between = stage.topic.between = dying = Dying(dies_at, after=after)
        with suppress(Killed):
            stage.sweep(MISSED + seconds(30))
        stage.dynamo.between = stage.topic.between = plainly
        stage.restart()
        for later in (minutes(2), minutes(10), minutes(30), minutes(90)):
            stage.sweep(MISSED + later)
        alerts = {alert["id"]: alert for alert in stage.alerts()}
        assert len(set(members(list(alerts.values())))) == 3, dies_at
        assert settled(stage, codes), dies_at
        assert all(stage.check(code).due_at == next_due(stage.check(code)) for code in codes), dies_at
        if dying.calls < dies_at:
            break
    overdue(stage, 1, first=9_000)
    stage.sweep(MISSED + minutes(91))
    assert flights() == [], "a row is removed by the next sweep that has anything to do"
    assert dies_at > 40, "for each of three: read, push back, read, write, put, publish, note, acknowledge, clear"


STAGE = """
import os, sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from overdue.local.engines import moto as engine, resources

running = engine.start(os.environ)
names = resources.create(engine.dynamodb(running.endpoint), engine.sns(running.endpoint), stage="test")

from chalicelib.domain.check import Status
from chalicelib.domain.ids import Code
from chalicelib.store.codecs import check_codec
from benchmarks.in_memory import plainly
from tests.integration.sweep.test_storms import missed

now = datetime.now(UTC)
for number, due in enumerate((0, 0, 110)):
    check = missed(Code(f"0000000{number}-0000-4000-8000-000000000000"))
    item = check_codec.to_item(replace(check, due_at=now + timedelta(seconds=due)))
    engine.dynamodb(running.endpoint).put_item(TableName=names.checks, Item=item)
print(running.endpoint, os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"], flush=True)
sys.stdin.read()
"""

SWEEP = """
import os, signal, sys
from datetime import timedelta
from benchmarks.open_door import Open
from chalicelib.sweep.loop import sweep
from chalicelib.clock import SystemClock
from chalicelib.runtime import Wiring

poisoned, ahead = "00000000-0000-4000-8000-000000000000", timedelta(seconds=float(sys.argv[1]))

class Ahead(SystemClock):
    def now(self):
        return super().now() + ahead

def kill(params, **_):
    body = str(params["body"])
    if poisoned in body and "read_version" in body:
        os.kill(os.getpid(), signal.SIGKILL)

wiring = Wiring(os.environ)
client = wiring.ports.tables.client
client.meta.events.register("before-call.dynamodb.UpdateItem", kill)
wiring.publisher._sns.meta.events.register("before-call.sns.Publish", lambda **_: print("told", flush=True))
sweep(wiring.ports, Ahead(), Open(), report=lambda done: print("suspects", done.suspects, flush=True))
"""


def test_a_process_that_is_really_killed_meets_the_check_again_only_after_all_others() -> None:
    with served() as environ:
        first, second, third, fourth = (swept(environ, ahead_s=ahead_s) for ahead_s in (5, 120, 180, 300))

    assert first.returncode == -signal.SIGKILL
    assert second.returncode == -signal.SIGKILL
    before, _, suspects = second.stdout.partition("suspects")
    assert "told" in before, "by then, a neighbour whose verdict was written is told, too"
    assert suspects.split()[0] in ("1", "2")
    assert third.returncode == 0, "it is pushed back"
    assert "".join(each.stdout for each in (first, second, third)).count("told") >= 2, "both of its neighbours"
    assert (fourth.returncode, fourth.stdout) == (0, "suspects 0\n")


@contextmanager
def served() -> Iterator[dict[str, str]]:
    """The environment of a stage with three overdue checks, one of which comes later."""
    names = {f"OVERDUE_{name.upper()}_TABLE": f"overdue-test-{name}" for name in ("checks", "history", "registry")}
    more = {"OVERDUE_ALERTS_TOPIC": "arn:aws:sns:us-east-1:123456789012:overdue-test-alerts", "PYTHONPATH": str(ROOT)}
    environ = {"PATH": os.environ["PATH"], "OVERDUE_BASE_URL": "https://overdue.example.com", **names, **more}
    command = [sys.executable, "-c", STAGE]
    with subprocess.Popen(command, env=environ, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as stage:
        assert stage.stdout is not None
        url, key, secret = stage.stdout.readline().split()
        aws = {"AWS_ACCESS_KEY_ID": key, "AWS_SECRET_ACCESS_KEY": secret, "AWS_REGION": "us-east-1"}
        yield environ | aws | {"OVERDUE_DYNAMODB_URL": url, "OVERDUE_SNS_URL": url}
        stage.kill()


def swept(environ: dict[str, str], *, ahead_s: float) -> "subprocess.CompletedProcess[str]":
    """A sweep in a process of its own, by a clock that is ahead."""
    command = [sys.executable, "-c", SWEEP, str(ahead_s)]
    return subprocess.run(command, env=environ, text=True, capture_output=True, timeout=90, check=False)


# --- what else could end or hold up every sweep


def test_a_check_that_stays_due_at_the_same_instant_waits_for_the_next_look(stage: InMemory) -> None:
    """Its acknowledgement always loses to another writer; evaluated again at once, it would never let the round end."""
    [code] = overdue(stage, 1)
    tries = 0

    def lost(operation: str, asked: Any, effect: Callable[[], Any]) -> Any:
        nonlocal tries
        if operation == "UpdateItem" and "REMOVE records" in asked["UpdateExpression"]:
            tries += 1
            if tries < 1_000:  # a test must end
                refused: Any = {"Error": {"Code": CONDITION_FAILED, "Message": ""}, "ResponseMetadata": {}}
                raise ClientError(refused, operation)
        return effect()

    stage.dynamo.between = lost
    stage.wiring.ports = replace(stage.wiring.ports, sleep=lambda _: None)
    stage.sweep(MISSED + seconds(30))

    assert 10 <= tries <= 100, "ten for each look"
    assert len(members(stage.alerts())) == 1
    stage.dynamo.between = plainly
    stage.sweep(MISSED + minutes(2))
    assert settled(stage, [code])


def test_a_round_whose_time_is_up_ends_though_nothing_can_be_read(stage: InMemory) -> None:
    """5,000 checks, and DynamoDB refuses each batch after five seconds: Lambda allows 120 s in all."""
    codes = overdue(stage, 5_000)
    clock = StillClock(MISSED + seconds(2))
    failed = 0

    def refuse(operation: str, _: Any, effect: Callable[[], Any]) -> Any:
        nonlocal failed
        if operation == "BatchGetItem":
            failed += 1
            clock.at += seconds(5)
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
        return effect()

    stage.dynamo.between = refuse
    done = sweep(stage.wiring.ports, clock, stage.way)
    stage.dynamo.between = plainly

    assert (clock.at - MISSED).total_seconds() <= 115
    assert not done.is_full
    stage.sweep(clock.at + seconds(1))
    assert settled(stage, codes[::50])


@pytest.mark.parametrize("row", ["flight", "ledger"])
def test_a_damaged_row_of_the_registry_does_not_end_the_sweep(
    stage: InMemory, caplog: pytest.LogCaptureFixture, row: str
) -> None:
    """For what needs no proof, at least: nobody is called missed while the ledger of the door cannot be read."""
    codes = overdue(stage, 2)
    if row == "flight":
        RegistryItem("sweep", "flight#dead", created_at=NOON.timestamp(), in_flight="bewitched").save()
    else:
        RegistryItem("door", "ledger", ledger="bewitched").save()

    stage.sweep(MISSED + seconds(30))

    if row == "flight":
        assert settled(stage, codes)
        assert "in_flight_unread" in caplog.text
    else:
        assert {stage.check(code).status for code in codes} == {Status.UP}
        assert "door_unknown" in caplog.text
        RegistryItem("door", "ledger").delete()
        stage.sweep(MISSED + minutes(2))
        assert settled(stage, codes)


def test_the_row_of_what_is_in_flight_fits_into_an_item(stage: InMemory) -> None:
    in_flight.write("busy", [(MISSED, code_of(number)) for number in range(20_000)], now=MISSED)

    assert len(stage.dynamo.rows["registry"]["sweep"]["flight#busy"]["in_flight"]["S"]) < 400_000


# --- by the real clock


def test_poisoned_checks_of_one_project_do_not_delay_another_projects_alerts(stage: InMemory) -> None:
    """40 checks that burn CPU without end, 40 that raise; 30 victims that come due meanwhile: p99 within 2 s."""
    projects.add_channel("victims", Channel(id="c9", name="x", kind="email", target="", subscription=""), now=NOON)
    began = datetime.now(UTC)
    a_moment_ago = began - seconds(1)
    for number in range(80):
        code = put(stage, number, project="poisoned", at=a_moment_ago)
        poison(stage, code, burn if number % 2 else divide_by_zero)
    instants = {
        put(stage, 100 + i, project="victims", at=began + seconds(i / 6)): began + seconds(i / 6) for i in range(30)
    }
    told: dict[str, datetime] = {}

    def heard(_: str, asked: Any, effect: Callable[[], Any]) -> Any:
        told[asked["Subject"]] = datetime.now(UTC)
        return effect()

    stage.topic.between = heard
    done = sweep(replace(stage.wiring.ports, together=None), SystemClock(), stage.way)

    lags = sorted(
        (told[f"DOWN job-{code[:8]}: missed, expected {at - minutes(5):%H:%M}"] - at).total_seconds()
        for code, at in instants.items()
    )
    print(f"lag of {len(lags)} victims: median {lags[15]:.2f} s, worst {lags[-1]:.2f} s")
    assert lags[-1] <= 2.0
    assert (done.looked_at, done.pushed_back) == (30, 80)


def put(stage: InMemory, number: int, *, project: str, at: datetime) -> Code:
    """An hourly check of a project that is missed at this instant."""
    check = due(code_of(number), at, project=project)
    checks.create(stage.wiring.ports.tables, check)
    return check.code
