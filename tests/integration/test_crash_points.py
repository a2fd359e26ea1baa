"""Every call to AWS that a path makes: the process dies before it, after it, or its answer is lost (rule 13).

Which calls there are is found by recording them. Whatever happened, the next sweeps run, and then: the story is the
one that an undisturbed run tells, or, where a request was not answered with 200, the one without that request;
each alert of it has been told, under the one id that it can have; the history says what the check says; nothing waits.

The engines are in memory, where 1,000 such runs take seconds; that they answer as moto does is proved for each path.
"""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

from benchmarks.in_memory import Dynamo, Sns, in_memory, plainly
from chalicelib.domain.check import Check, Code, Config
from chalicelib.domain.due import next_due
from chalicelib.domain.escalation import Step
from chalicelib.domain.schedule import Every
from chalicelib.store import checks, history, registry
from chalicelib.store.registry import Channel, Key, Scope
from tests.builders import CODE, hours, minutes, utc
from tests.integration.conftest import Answer, Deployment
from tests.integration.dying import Call, Fault, Killed, Wire

pytestmark = pytest.mark.not_on_dynalite("its engines are in memory")

API_KEY = "r" * 32
NOON = utc("2026-03-01T12:00Z")
MISSED = utc("2026-03-01T13:05Z")  # of an hourly check with 5 minutes of grace that was pinged at noon
LATER = (minutes(1), hours(2))  # after the fault, sweeps begin

Work = Callable[[Deployment, Code, datetime], Answer | None]


def ping(action: str = "", **request: Any) -> Work:
    return lambda deployment, code, at: deployment.ping(code, action, at=at, **request)


def ask(path: str, body: str = "") -> Work:
    headers = {"X-Api-Key": API_KEY, "Content-Type": "application/json"}
    return lambda deployment, code, at: deployment.request(
        "POST", f"/api/v3/checks/{code}{path}", at=at, body=body.encode(), headers=headers
    )


def sweep(deployment: Deployment, _: Code, at: datetime) -> None:
    deployment.sweep(at)


@dataclass(frozen=True, kw_only=True)
class Path:
    """What was done before, and what is done now, each at its instant, to a check like this."""

    before: tuple[tuple[datetime, Work], ...]
    work: Work
    at: datetime
    config: dict[str, Any] = field(default_factory=dict)


UP = ((NOON, ping()),)
DOWN = (*UP, (MISSED + minutes(1), sweep))
SNOOZED = (*UP, (NOON + minutes(30), ask("/snooze", '{"for": 7200}')), (MISSED + minutes(1), sweep))
RUNNING = (*UP, (NOON + minutes(30), ping("/start")))
COUNTED = ((NOON, ping(query={"count": "1"})),)
REMIND = {"remind_every": hours(1)}
ESCALATE = {"escalation": (Step(after=minutes(30), channels=("c1",)),)}

PATHS = {
    "a first success": Path(before=(), work=ping(), at=NOON),
    "a start": Path(before=UP, work=ping("/start"), at=NOON + minutes(30)),
    "a failure that flips": Path(before=UP, work=ping("/fail", body=b"disk full"), at=NOON + minutes(30)),
    "a failure that is borne": Path(
        before=UP, work=ping("/fail"), at=NOON + minutes(30), config={"failures_before_alert": 2}
    ),
    "a success that recovers": Path(before=DOWN, work=ping(), at=MISSED + hours(1)),
    "a success that ends a miss which nobody has seen": Path(before=UP, work=ping(), at=MISSED + minutes(1)),
    "a sweep that finds a miss": Path(before=UP, work=sweep, at=MISSED + minutes(1)),
    "a sweep that finds a miss which is borne": Path(
        before=UP, work=sweep, at=MISSED + minutes(1), config={"misses_before_alert": 2}
    ),
    "a sweep that finds an overrun": Path(
        before=RUNNING, work=sweep, at=NOON + minutes(41), config={"max_runtime": minutes(10)}
    ),
    "a sweep that ends a window": Path(
        before=COUNTED, work=sweep, at=NOON + minutes(11), config={"min_count": 3, "count_window": minutes(10)}
    ),
    "a sweep that reminds": Path(before=DOWN, work=sweep, at=MISSED + minutes(61), config=REMIND),
    "a sweep that escalates": Path(before=DOWN, work=sweep, at=MISSED + minutes(31), config=ESCALATE),
    "a success that ends what was escalated": Path(
        before=(*DOWN, (MISSED + minutes(31), sweep)), work=ping(), at=MISSED + minutes(40), config=ESCALATE
    ),
    "a sweep that ends a snooze": Path(before=SNOOZED, work=sweep, at=NOON + minutes(151)),
    "an edit that finds a miss": Path(before=UP, work=ask("", '{"timeout": 60}'), at=MISSED + minutes(1)),
    "an edit": Path(before=UP, work=ask("", '{"timeout": 7200}'), at=NOON + minutes(30)),
    "a pause": Path(before=DOWN, work=ask("/pause"), at=MISSED + minutes(9)),
    "a snooze": Path(before=UP, work=ask("/snooze", '{"for": 7200}'), at=NOON + minutes(30)),
    "the end of a snooze on request": Path(before=SNOOZED, work=ask("/unsnooze"), at=MISSED + minutes(9)),
    "an acknowledgement": Path(before=DOWN, work=ask("/ack"), at=MISSED + minutes(9), config=REMIND),
}


@dataclass(frozen=True)
class Told:
    """An alert as its channel has it; its id stands apart."""

    kind: str
    reason: str | None
    flip: int
    ordinal: int
    at: str


@dataclass(frozen=True)
class Story:
    """What has become of a check: what it shows, what its history shows, what people have been told."""

    state: tuple[object, ...]
    config: Config
    flips: tuple[object, ...]
    judged: tuple[object, ...]
    told: frozenset[Told]
    due_at: datetime | None


@dataclass
class InMemory(Deployment):
    """A deployment whose DynamoDB and SNS are in memory."""

    dynamo: Dynamo = field(default_factory=Dynamo)
    topic: Sns = field(default_factory=Sns)

    def alerts(self) -> list[dict[str, Any]]:
        """Those that SNS has taken since the last call."""
        taken, self.topic.published[:] = list(self.topic.published), []
        return [json.loads(json.loads(message["Message"])["https"]) for message in taken]


@pytest.mark.parametrize("name", PATHS)
def test_wherever_it_is_cut_off_the_next_sweeps_tell_the_whole_story(deployment: Deployment, name: str) -> None:
    path = PATHS[name]
    furnish(deployment)
    on_moto = run(deployment, path).story
    with in_memory(deployment.wiring) as (_, dynamo, sns):
        stage = InMemory(deployment.wiring, "", None, dynamo=dynamo, topic=sns)
        furnish(stage)
        with_it, without_it = run(stage, path), run(stage, path, times=0)
        assert with_it.story == on_moto, "what is in memory answers as moto does"
        assert with_it.after != without_it.after, "the path changes something"
        allowed = {False: (with_it.story, without_it.story), True: (with_it.story,)}

        for call, fault in itertools.product(points(with_it.calls), Fault):
            where = f"{fault.value} {call.what} ({call.nth})"
            found = run(stage, path, cut=(call, fault))
            assert found.story in allowed[found.is_answered], where
            if not found.is_answered:
                again = run(stage, path, cut=(call, fault), times=2)
                assert kinds(again.story) >= kinds(with_it.story), f"asked again after {where}"


def test_what_was_written_when_the_answer_was_lost_is_not_counted_twice(deployment: Deployment) -> None:
    code = deployment.add(schedule=Every(hours(1)), failures_before_alert=2)
    deployment.ping(code, at=NOON)

    with answers_lost(deployment.wiring.ports.tables.client, "UpdateItem") as lost:
        assert deployment.ping(code, "/fail", at=NOON + minutes(30)).status == 200

    assert len(lost) == 1
    assert (deployment.check(code).failures, deployment.check(code).n_pings) == (1, 2)
    assert deployment.alerts() == []


@contextmanager
def answers_lost(client: Any, operation: str) -> Iterator[list[str]]:
    """Lose the answer to the first try of each call, which botocore then makes once more; yields where."""
    lost: list[str] = []

    def lose(request: Any, **_: Any) -> None:
        if b"attempt=1" in request.headers["amz-sdk-request"]:
            lost.append(request.url)
            botocore_stubber("", request)
            raise ReadTimeoutError(endpoint_url=request.url)

    def at_once(attempts: int, caught_exception: Exception | None, **_: Any) -> int | None:
        return 0 if attempts == 1 and caught_exception is not None else None  # as botocore, without its pause

    names = {f"before-send.dynamodb.{operation}": lose, f"needs-retry.dynamodb.{operation}": at_once}
    for name, handler in names.items():
        client.meta.events.register_first(name, handler)
    try:
        yield lost
    finally:
        for name, handler in names.items():
            client.meta.events.unregister(name, handler)


def furnish(deployment: Deployment) -> None:
    """A key for the API, a channel, and the secret that is made once."""
    registry.add_key(API_KEY, Key("default", Scope.READ_WRITE, "deploy"), now=NOON)
    channel = Channel(id="c1", name="ops-email", kind="email", target="ops@example.com", subscription="")
    registry.add_channel("default", channel, now=deployment.now)
    deployment.wiring.registry.badge_secret(now=NOON)


def kinds(story: Story) -> set[str]:
    """What people were told. A failure that is sent again may count again, and so be told sooner."""
    return {alert.kind for alert in story.told}


def points(calls: list[Call]) -> Iterator[Call]:
    """Of the queries of the other shards, which race and are alike, the first of each look."""
    for call in calls:
        if "another shard" not in call.what or call.nth % 7 == 1:
            yield call


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    after: Check  # just when the work was done, but for its code
    story: Story  # when sweeps have run
    calls: list[Call]
    is_answered: bool  # a sweep: nobody waits for its answer


def run(deployment: Deployment, path: Path, *, cut: tuple[Call, Fault] | None = None, times: int = 1) -> Ran:
    """The path with a check of its own, of which nothing is left. What is asked for again is not cut again."""
    code = deployment.add(schedule=Every(hours(1)), grace=minutes(5), **path.config)
    for at, work in path.before:
        work(deployment, code, at)
    alerts = deployment.alerts()
    wire = Wire(shard=int(code[-1], 16) % 8, cut=cut)
    is_answered = times > 0 and answered(deployment, code, path, wire)
    if times > 1:
        path.work(deployment, code, path.at)
    assert cut is None or cut[0] in wire.calls, f"the call is made: {cut}"
    after = replace(deployment.check(code), code=CODE)
    _let_sweeps_run(deployment, path)
    story = told(deployment, code, alerts + deployment.alerts())
    checks.delete(deployment.wiring.ports.tables, code, project="default")
    return Ran(after, story, wire.calls, is_answered or path.work is sweep)


def answered(deployment: Deployment, code: Code, path: Path, wire: Wire) -> bool:
    """Let the work be done by a process that remembers nothing; whether it said so."""
    deployment.wiring.registry.forget()
    engines: list[Dynamo | Sns] = [deployment.dynamo, deployment.topic] if isinstance(deployment, InMemory) else []
    for engine in engines:
        engine.between = wire.between
    try:
        answer = path.work(deployment, code, path.at)
    except Killed:
        return False
    finally:
        for engine in engines:
            engine.between = plainly
        deployment.wiring.registry.forget()
    return answer is None or answer.status == 200


def _let_sweeps_run(deployment: Deployment, path: Path) -> None:
    for later in LATER:
        deployment.sweep(path.at + later)


def told(deployment: Deployment, code: Code, alerts: list[dict[str, Any]]) -> Story:
    """The story of a check, which must be whole in itself."""
    check = deployment.check(code)
    assert (check.records, check.alerts) == ((), ()), "nothing waits"
    assert check.due_at == next_due(check), "it is looked at when something comes"
    flips = list(reversed(deployment.flips(code)))
    assert [each.flip.number for each in flips] == list(range(1, check.n_flips + 1)), "no flip is missing"
    assert all(old.flip.new is new.flip.old for old, new in itertools.pairwise(flips)), "each begins where one ended"
    assert not flips or flips[-1].flip.new is check.status, "the history ends where the check is"
    for alert in alerts:
        assert alert["id"] == str(uuid5(UUID(code), f"{alert['flip']}:{alert['kind']}:{alert['ordinal']}"))
    noted = {sent.id for each in flips for sent in each.sent}
    assert noted == {alert["id"] for alert in alerts}, "the history tells what people were told"
    return Story(
        state=(
            *(check.status, check.reason, check.since, check.misses, check.failures, check.reminders),
            *(check.acknowledged_by, check.snoozed_until, check.runs, check.last_success, check.escalated),
        ),
        config=check.config,
        flips=tuple(each.flip for each in flips),
        judged=tuple(history.judged(code, now=NOON, most=100)),
        told=frozenset(
            Told(alert["kind"], alert["reason"], alert["flip"], alert["ordinal"], alert["at"]) for alert in alerts
        ),
        due_at=check.due_at,
    )
