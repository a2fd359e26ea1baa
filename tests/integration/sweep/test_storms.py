"""Many checks due at one instant: few messages, nobody untold, whatever fails; and shards that others take.

The engines are in memory, where a thousand checks take a second; one storm is met by moto's.
"""

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

import app as lambda_app
from benchmarks.in_memory import Dynamo, Sns, in_memory, plainly
from chalicelib.clock import SystemClock
from chalicelib.domain.alerts import Kind
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Status
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.services.publisher import Publisher
from chalicelib.services.transaction import Together
from chalicelib.store import checks
from chalicelib.store.registry import projects
from chalicelib.sweep.fan_out import Part, Sharing
from chalicelib.sweep.loop import sweep, sweep_part
from tests.builders import a_check, hours, minutes, seconds, utc
from tests.integration.conftest import Deployment, StillClock
from tests.integration.dying import Killed

NOON, MISSED = utc("2026-03-01T12:00Z"), utc("2026-03-01T13:05Z")


@dataclass
class InMemory(Deployment):
    """A deployment whose DynamoDB and SNS are in memory."""

    dynamo: Dynamo = field(default_factory=Dynamo)
    topic: Sns = field(default_factory=Sns)

    def alerts(self) -> list[dict[str, Any]]:
        """Those that SNS has taken since the last call."""
        taken, self.topic.published[:] = list(self.topic.published), []
        bodies = [json.loads(message["Message"]) for message in taken]
        return [json.loads(body.get("https", body["default"])) for body in bodies]


@pytest.fixture
def stage(deployment: Deployment) -> Iterator[InMemory]:
    with in_memory(deployment.wiring) as (wiring, dynamo, sns):
        made = InMemory(wiring, "", None, dynamo=dynamo, topic=sns)
        channel = Channel(id="c1", name="ops-email", kind="email", target="ops@example.com", subscription="")
        projects.add_channel("default", channel, now=NOON)
        yield made


pytestmark = pytest.mark.not_on_dynalite("its engines are in memory")


def code_of(number: int) -> Code:
    """So that each shard has as many."""
    return Code(f"{number:08x}-0000-4000-8000-{number % 16:012x}")


def overdue(deployment: Deployment, number: int, *, first: int = 0, **config: Any) -> list[Code]:
    """So many hourly checks, missed at 13:05, and nobody has looked yet."""
    codes = [code_of(first + i) for i in range(number)]
    for code in codes:
        checks.create(deployment.wiring.ports.tables, missed(code, **config))
    return codes


def missed(code: Code, **config: Any) -> Check:
    up = a_check(last_success=NOON, schedule=Every(hours(1)), grace=minutes(5), name=f"job-{code[:8]}", **config)
    up = replace(up, code=code, n_pings=1)
    return replace(up, due_at=next_due(up))


def members(alerts: list[dict[str, Any]]) -> list[str]:
    """The ids of all that was told, alone or together."""
    digests = [alert["digest"]["members"] for alert in alerts if alert["digest"] is not None]
    alone = [alert["id"] for alert in alerts if alert["digest"] is None]
    return [*alone, *(member["id"] for bundle in digests for member in bundle)]


def settled(deployment: Deployment, codes: list[Code]) -> bool:
    """Whether all are down and nothing waits."""
    found = [deployment.check(code) for code in codes]
    return all((check.status, check.records, check.alerts) == (Status.DOWN, (), ()) for check in found)


def test_thirty_due_at_once_are_told_in_one_message(deployment: Deployment) -> None:
    codes = overdue(deployment, 30)

    done = deployment.sweep(MISSED + seconds(30))

    assert (done.looked_at, done.pushed_back, done.is_full) == (30, 0, True)
    [digest] = deployment.alerts()
    assert (digest["kind"], digest["subject"]) == ("digest", "DOWN 30 checks: missed")
    assert len(set(members([digest]))) == 30
    assert settled(deployment, codes)
    [flip] = [flip for flip in deployment.flips(codes[7]) if flip.flip.new is Status.DOWN]
    [sent] = flip.sent
    assert (sent.kind, sent.to) == (Kind.DOWN, ("ops-email",))
    assert sent.id in members([digest])


def test_the_door_is_proved_once_for_all_of_them(stage: InMemory) -> None:
    overdue(stage, 200)

    stage.sweep(MISSED + seconds(30))

    assert stage.way.looks == 1


def test_what_goes_elsewhere_or_is_few_is_told_apart(stage: InMemory) -> None:
    overdue(stage, 25)
    overdue(stage, 20, first=100, channels=("c2",))
    overdue(stage, 3, first=200, channels=("c3",))

    stage.sweep(MISSED + seconds(30))

    sizes = Counter(1 if alert["digest"] is None else len(alert["digest"]["members"]) for alert in stage.alerts())
    assert sizes == {25: 1, 20: 1, 1: 3}


def test_the_threshold_can_be_moved_and_switched_off(stage: InMemory) -> None:
    ports = stage.wiring.ports
    assert ports.together is not None
    overdue(stage, 30)

    sweep(replace(ports, together=None), StillClock(MISSED + seconds(30)), stage.way)
    assert len(stage.alerts()) == 30

    overdue(stage, 30, first=100)
    sweep(
        replace(ports, together=Together(at_least=31, publish=ports.together.publish)),
        StillClock(MISSED + seconds(30)),
        stage.way,
    )
    assert len(stage.alerts()) == 30


class HalfRefused:
    """SNS refuses the first message, the third, and so on."""

    def __init__(self) -> None:
        self.tries = 0

    def __call__(self, operation: str, _: Any, effect: Callable[[], Any]) -> Any:
        self.tries += 1
        if self.tries % 2:
            raise ClientError({"Error": {"Code": "Throttled", "Message": ""}}, operation)
        return effect()


def test_nothing_is_lost_while_half_of_all_messages_are_refused(stage: InMemory) -> None:
    codes = overdue(stage, 60)
    codes += overdue(stage, 60, first=100, channels=("c2",))
    codes += overdue(stage, 5, first=200, channels=("c3",))
    stage.topic.between = refusing = HalfRefused()

    stage.sweep(MISSED + seconds(30))
    stage.sweep(MISSED + minutes(2))

    told = members(stage.alerts())
    assert len(told) == len(set(told)) == 125, "each is told, and what was told is not told again"
    assert refusing.tries >= 14, "a digest or an alert for each of seven, and each refused once"
    assert settled(stage, codes)


def test_what_was_refused_as_a_digest_is_not_tried_one_by_one(stage: InMemory) -> None:
    codes = overdue(stage, 60)
    stage.topic.between = refusing = HalfRefused()

    stage.sweep(MISSED + seconds(30))

    [alert] = stage.alerts()
    assert (len(alert["digest"]["members"]), refusing.tries) == (60, 2)
    assert settled(stage, codes)


def test_a_digest_whose_acknowledgement_was_lost_is_told_again_under_the_same_id(stage: InMemory) -> None:
    codes = overdue(stage, 40)

    def lost(operation: str, asked: Any, effect: Callable[[], Any]) -> Any:
        if operation == "UpdateItem" and "REMOVE records" in asked["UpdateExpression"]:
            raise ClientError({"Error": {"Code": "ThrottlingException", "Message": ""}}, operation)
        return effect()

    stage.dynamo.between = lost
    stage.sweep(MISSED + seconds(30))
    stage.dynamo.between = plainly
    stage.restart()

    stage.sweep(MISSED + minutes(2))

    told = stage.alerts()
    assert len(told) > 1
    assert len({alert["id"] for alert in told}) == 1
    assert settled(stage, codes)


def test_a_digest_for_pagerduty_is_an_incident_for_each_check(stage: InMemory) -> None:
    channel = Channel(id="c9", name="oncall", kind="pagerduty", target="", subscription="")
    projects.add_channel("default", channel, now=NOON)
    topic = "arn:aws:sns:us-east-1:123456789012:overdue-test-pagerduty"
    settings, ports = replace(stage.wiring.settings, pagerduty_topic=topic), stage.wiring.ports
    publisher: Any = Publisher(settings, stage.wiring.registry)
    publisher._sns = stage.topic
    stage.wiring.ports = replace(ports, publish=publisher, together=Together(at_least=20, publish=publisher.digest))
    codes = overdue(stage, 30)

    stage.sweep(MISSED + seconds(30))
    stage.ping(codes[3], at=MISSED + minutes(1))
    stage.wiring.ports = ports

    by_topic = Counter(message["TopicArn"].rpartition("-")[2] for message in stage.topic.published)
    assert by_topic == {"alerts": 2, "pagerduty": 31}, "a digest and an up; a down each, and an up"
    alarms = [json.loads(each["Message"]) for each in stage.topic.published if each["TopicArn"] == topic]
    assert len({alarm["AlarmName"] for alarm in alarms}) == 30, "the recovery resolves what was opened"


@dataclass
class Dying:
    """A process that dies before its n-th call to AWS, or after it."""

    dies_at: int
    after: bool
    calls: int = 0
    lock: Any = field(default_factory=Lock)

    def __call__(self, _: str, __: Any, effect: Callable[[], Any]) -> Any:
        with self.lock:
            self.calls += 1
            number = self.calls
        if number == self.dies_at and self.after:
            effect()
        if number >= self.dies_at:
            raise Killed
        return effect()


@pytest.mark.parametrize("after", [False, True])
def test_wherever_a_storm_is_cut_off_everybody_is_told_in_the_end(stage: InMemory, *, after: bool) -> None:
    ports = stage.wiring.ports
    assert ports.together is not None
    stage.wiring.ports = replace(ports, together=replace(ports.together, at_least=2))
    for dies_at in itertools.count(1):
        codes = overdue(stage, 3, first=16 * dies_at)
        stage.dynamo.between = stage.topic.between = dying = Dying(dies_at, after=after)
        with suppress(Killed):
            stage.sweep(MISSED + seconds(30))
        stage.dynamo.between = stage.topic.between = plainly
        stage.restart()
        stage.sweep(MISSED + minutes(2))
        told = {alert["id"]: alert for alert in stage.alerts()}
        assert len(set(members(list(told.values())))) == 3, dies_at
        assert settled(stage, codes), dies_at
        if dying.calls < dies_at:
            break
    stage.wiring.ports = ports
    assert dies_at > 25, "its queries, its writes, its message"


def test_where_no_digest_can_be_made_each_is_told_alone(stage: InMemory, caplog: pytest.LogCaptureFixture) -> None:
    codes = overdue(stage, 30)

    def bewitched(*_: Any, **__: Any) -> Any:
        raise ZeroDivisionError("a bug of ours")

    ports = replace(stage.wiring.ports, together=Together(at_least=20, publish=bewitched))
    sweep(ports, StillClock(MISSED + seconds(30)), stage.way)

    assert len(stage.alerts()) == 30
    assert settled(stage, codes)
    assert "not_told_together" in caplog.text


def test_a_check_that_cannot_be_read_stops_nobody(stage: InMemory) -> None:
    codes = overdue(stage, 30)
    poisoned, *others = codes
    stage.dynamo.rows["checks"][poisoned][""]["status"] = {"S": "bewitched"}

    done = stage.sweep(MISSED + seconds(30))

    assert (done.looked_at, done.pushed_back) == (29, 1)
    [digest] = stage.alerts()
    assert len(members([digest])) == 29
    assert settled(stage, others)


class Slow(StillClock):
    """A clock by which each look at it takes half a second."""

    def now(self) -> datetime:
        self.at += timedelta(seconds=0.5)
        return self.at


def test_a_sweep_whose_time_is_up_leaves_the_rest_to_the_next(stage: InMemory) -> None:
    codes = overdue(stage, 1_500)
    clock = Slow(MISSED + seconds(2))

    first = sweep(stage.wiring.ports, clock, stage.way)

    assert 62 <= (clock.at - MISSED).total_seconds() <= 110, "Lambda allows 120 s"
    assert 0 < first.looked_at < 1_500
    assert not first.is_full

    told = stage.alerts()
    stage.sweep(MISSED + minutes(2))
    in_digests = stage.alerts()
    print(f"{len(told)} messages of {first.looked_at} checks, then {len(in_digests)}")
    assert len(in_digests) < 30, "the first may send each alone: it evaluates fewer than 20 in five seconds"
    told += in_digests
    ids = members(told)
    assert len(ids) == len(set(ids)) == 1_500
    assert settled(stage, codes[::50])


def taking(asked: list[Part]) -> Callable[[Part], bool]:
    """Another invocation takes what it is asked for."""

    def share(part: Part) -> bool:
        asked.append(part)
        return True

    return share


def test_a_storm_is_shared_out_and_each_part_does_its_own(stage: InMemory) -> None:
    codes = overdue(stage, 600)
    asked: list[Part] = []
    ports = stage.wiring.ports

    own = sweep(ports, StillClock(MISSED + seconds(30)), stage.way, share=taking(asked))

    assert own.looked_at == 0, "it has too little CPU for that"
    assert [part.shards for part in asked] == [(0, 1), (2, 3), (4, 5), (6, 7)]
    assert {part.until for part in asked} == {MISSED + seconds(92)}
    assert own.oldest_overdue_s is not None, "the sweep waits, and sees what is left"
    assert (own.is_full, own.oldest_overdue_s > 90) == (False, True)
    looked_at = [sweep_part(ports, StillClock(MISSED + seconds(31)), stage.way, part).looked_at for part in asked]
    assert looked_at == [150, 150, 150, 150]
    told = stage.alerts()
    assert (len(told), len(set(members(told)))) == (4, 600)
    assert settled(stage, codes[::20])


def test_what_nobody_could_be_asked_for_the_sweep_does_itself(stage: InMemory) -> None:
    overdue(stage, 600)

    done = sweep(stage.wiring.ports, StillClock(MISSED + seconds(30)), stage.way, share=lambda _: False)

    assert (done.looked_at, done.is_full) == (600, True)


def test_a_part_that_is_lost_or_late_is_found_by_the_next_sweep(stage: InMemory) -> None:
    overdue(stage, 600)
    asked: list[Part] = []
    ports = stage.wiring.ports
    sweep(ports, StillClock(MISSED + seconds(30)), stage.way, share=taking(asked))

    late = sweep_part(ports, StillClock(MISSED + seconds(95)), stage.way, asked[0])
    done = stage.sweep(MISSED + seconds(95))

    assert (late.looked_at, done.looked_at, done.is_full) == (0, 600, True)
    assert len(set(members(stage.alerts()))) == 600


def test_few_are_not_shared_out(stage: InMemory) -> None:
    overdue(stage, 100)
    asked: list[Part] = []

    done = sweep(
        stage.wiring.ports,
        StillClock(MISSED + seconds(30)),
        stage.way,
        share=taking(asked),
    )

    assert (asked, done.looked_at) == ([], 100)


def test_what_is_behind_a_closed_door_is_held_in_a_storm_too(stage: InMemory) -> None:
    codes = overdue(stage, 100)
    stage.way.why = "it did not answer"

    done = stage.sweep(MISSED + seconds(30))

    assert (done.held, done.looked_at, stage.alerts()) == (100, 100, [])
    assert stage.check(codes[0]).status is Status.UP


def test_the_sweep_reads_no_more_due_checks_than_fit_into_its_memory(stage: InMemory) -> None:
    stage.dynamo._due[0] = [
        (MISSED.timestamp(), str(code_of(16 * number))) for number in range(12_000)
    ]  # since deleted
    read: list[int] = []

    def counted(operation: str, _: Any, effect: Callable[[], Any]) -> Any:
        answer = effect()
        if operation == "Query":
            read.append(len(answer["Items"]))
        return answer

    stage.dynamo.between = counted
    stage.sweep(MISSED + seconds(30))

    assert max(read) == 10_000


@dataclass
class Lambda:
    """Takes invocations, and keeps them."""

    asked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **call: Any) -> None:
        self.asked.append(call)


def test_what_is_shared_out_is_understood_by_the_function_that_gets_it(
    stage: InMemory, caplog: pytest.LogCaptureFixture
) -> None:
    sharing: Any = Sharing(stage.wiring.settings, "overdue-prod-storm")
    sharing._lambda = functions = Lambda()
    part = Part((2, 3), MISSED)

    assert sharing(part)

    [call] = functions.asked
    assert (call["FunctionName"], call["InvocationType"]) == ("overdue-prod-storm", "Event")
    event = json.loads(call["Payload"])
    assert (Part.of(event), Part.of({})) == (part, None)
    with caplog.at_level("INFO"):
        lambda_app.storm(event, None)  # by the machine's clock, that part has ended long ago
        lambda_app.storm({}, None)
    assert [json.loads(line)["event"] for line in caplog.messages] == ["shared", "came_too_late", "no_part"]


def test_a_sweep_of_an_earlier_release_can_still_invoke_the_function_sweep_for_a_part(
    stage: InMemory,  # noqa: ARG001  # the app's tables
    caplog: pytest.LogCaptureFixture,
) -> None:
    names = ("version", "account", "region", "id", "source", "detail-type", "time")
    detail = {"shards": [2, 3], "until": MISSED.isoformat()}
    with caplog.at_level("INFO"):
        lambda_app.sweep(dict.fromkeys(names, "") | {"resources": [], "detail": detail}, None)
    assert "came_too_late" in caplog.text


def test_while_lambda_does_not_answer_nothing_is_shared_out(stage: InMemory) -> None:
    sharing: Any = Sharing(stage.wiring.settings, "overdue-prod-storm")

    class Away:
        def invoke(self, **_: Any) -> None:
            raise EndpointConnectionError(endpoint_url="https://lambda.example.com")

    sharing._lambda = Away()

    assert not sharing(Part((2, 3), MISSED))


def test_another_projects_alert_leaves_within_five_seconds_while_ten_thousand_checks_are_due(stage: InMemory) -> None:
    """One at the same instant, last in the order of the index, and one a second later; on an engine that is fast."""
    now = datetime.now(UTC)
    began = now + seconds(25)  # as long as they take to be made
    for number in range(10_000):
        checks.create(stage.wiring.ports.tables, due(code_of(number), began, project="busy"))
    others = {
        Code("ffffffff-0000-4000-8000-00000000000f"): began,
        Code("fffffffe-0000-4000-8000-00000000000e"): began + seconds(1),
    }
    for code, at in others.items():
        checks.create(stage.wiring.ports.tables, due(code, at, project="quiet"))
    assert datetime.now(UTC) < began
    told: dict[str, datetime] = {}

    def heard(_: str, asked: Any, effect: Callable[[], Any]) -> Any:
        told.setdefault(asked["MessageAttributes"]["project"]["StringValue"] + asked["Subject"][:17], datetime.now(UTC))
        return effect()

    stage.topic.between = heard

    done = sweep(stage.wiring.ports, SystemClock(), stage.way)

    lags = [(told[f"quietDOWN job-{code[:8]}"] - at).total_seconds() for code, at in others.items()]
    first = min(at for name, at in told.items() if name.startswith("busy"))
    print(f"other project {lags} s, first of the storm {(first - began).total_seconds()} s, {done}")
    assert max(lags) <= 5.0
    assert done.looked_at > 2_000


def due(code: Code, at: datetime, *, project: str) -> Check:
    """An hourly check of a project that is missed at this instant."""
    check = replace(missed(code), project=project, last_success=at - minutes(65), last_ping=at - minutes(65))
    return replace(check, due_at=next_due(check))
