"""Every call to AWS that a path makes: the process dies before it, after it, or its answer is lost (rule 13).

Which calls there are is found by recording them. Whatever happened, the next sweeps run, and then: the story is the
one that an undisturbed run tells, or, where a request was not answered with 200, the one without that request;
each alert of it has been told, under the one id that it can have; the history says what the check says; nothing waits.

What that story is stands with each path (`crash_paths`), written by hand. The engines are in memory, where 1,000 such
runs take seconds; that they answer as moto does is proved for each path.
"""

import itertools
import json
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

import pytest
from botocore.exceptions import ReadTimeoutError
from moto.core.models import botocore_stubber

from benchmarks.in_memory import Dynamo, Sns, in_memory, plainly
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.store import checks, history
from chalicelib.store.codecs.check_codec import shard
from chalicelib.store.registry import projects
from tests.builders import CODE, hours, minutes
from tests.integration.conftest import Deployment
from tests.integration.crash_paths import API_KEY, NOON, PATHS, End, Path, sweep
from tests.integration.dying import Call, Fault, Killed, Wire

pytestmark = [
    pytest.mark.not_on_dynalite("its engines are in memory"),
    pytest.mark.on_moto("the stories in memory are compared with its own"),
]

LATER = (minutes(1), minutes(10), hours(2))  # after the fault, sweeps begin; the second before anything else is due


@dataclass(frozen=True)
class Told:
    """An alert as its channel has it; its id stands apart."""

    kind: str
    reason: str | None
    flip: int
    ordinal: int
    at: str

    @classmethod
    def of(cls, alert: dict[str, Any]) -> "Told":
        return cls(alert["kind"], alert["reason"], alert["flip"], alert["ordinal"], alert["at"])

    def __str__(self) -> str:
        return " ".join((self.kind, self.reason or "", *([str(self.ordinal)] if self.ordinal else [])))


@dataclass(frozen=True)
class Story:
    """What has become of a check: what it shows, what its history shows, what people have been told."""

    state: tuple[object, ...]
    config: Config
    flips: tuple[object, ...]
    judged: tuple[object, ...]
    told: frozenset[Told]
    told_soon: frozenset[Told]  # by the end of the first sweep
    waits: int  # alerts that its parents hold
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

    known: dict[str, tuple[Story, ...]] = field(default_factory=dict)  # by what the engines held

    def kept(self) -> bytes:
        """All that DynamoDB holds."""
        return pickle.dumps((self.dynamo.rows, self.dynamo._due))

    def put_back(self, kept: bytes) -> None:
        """Let it hold that again, and nobody know what has come since."""
        self.restart()
        self.dynamo.rows, self.dynamo._due = pickle.loads(kept)

    def stories(self, path: Path, alerts: list[dict[str, Any]]) -> tuple[Story, ...]:
        """Many faults leave the same behind, and the sweeps know nothing but that: so they run once for all of them."""
        held = f"{self.dynamo.rows} {alerts}"
        if held not in self.known:
            self.known[held] = told_by_sweeps(self, path, alerts)
        return self.known[held]


@pytest.mark.parametrize("name", PATHS)
def test_wherever_it_is_cut_off_the_next_sweeps_tell_the_whole_story(deployment: Deployment, name: str) -> None:
    path = PATHS[name]
    earlier = begun(deployment, path)
    answered(deployment, path, Wire(shard=shard(CODE)))
    on_moto = told_by_sweeps(deployment, path, earlier + deployment.alerts())
    with in_memory(deployment.wiring) as (_, dynamo, sns):
        stage = InMemory(deployment.wiring, "", None, dynamo=dynamo, topic=sns)
        earlier = begun(stage, path)
        kept = stage.kept()

        def ran(*, cut: tuple[Call, Fault] | None = None, times: int = 1) -> Ran:
            stage.put_back(kept)
            return run(stage, path, earlier, cut=cut, times=times)

        with_it, without_it = ran(), ran(times=0)
        assert tuple(map(end, with_it.stories)) == path.ends
        assert with_it.stories == on_moto, "what is in memory answers as moto does"
        assert with_it.after != without_it.after, "the path changes something"
        allowed = {False: (with_it.stories, without_it.stories), True: (with_it.stories,)}

        for call, fault in itertools.product(points(with_it.calls), Fault):
            where = f"{fault.value} {call.what} ({call.nth})"
            found = ran(cut=(call, fault))
            assert found.stories in allowed[found.is_answered], where
            if not found.is_answered:
                again = ran(cut=(call, fault), times=2)
                assert kinds(again) >= kinds(with_it), f"asked again after {where}"


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


def begun(deployment: Deployment, path: Path) -> list[dict[str, Any]]:
    """What was done before, to checks that are new; what people were told of it."""
    projects.add_key(API_KEY, Key("default", Scope.READ_WRITE, "deploy"), now=NOON)
    channel = Channel(id="c1", name="ops-email", kind="email", target="ops@example.com", subscription="")
    projects.add_channel("default", channel, now=deployment.now)
    deployment.wiring.registry.badge_secret(now=NOON)  # it is made once
    for code, config in path.checks():
        made = new_check(code, project="default", config=config, now=NOON)
        checks.create(deployment.wiring.ports.tables, made)
    for at, work in path.before:
        work(deployment, at)
    return deployment.alerts()


def end(story: Story) -> End:
    """The part of a story that is written by hand."""
    status: Any = story.state[0]
    told = sorted(story.told, key=lambda each: (each.at, each.flip, each.ordinal))
    return End(status, len(story.flips), tuple(map(str, told)), story.waits)


def kinds(ran: "Ran") -> set[tuple[int, str]]:
    """What people were told. A failure that is sent again may count again, and so be told sooner."""
    return {(number, alert.kind) for number, story in enumerate(ran.stories) for alert in story.told}


def points(calls: list[Call]) -> Iterator[Call]:
    """Of the queries of the other shards, which race and are alike, the first of each look."""
    for call in calls:
        if "another shard" not in call.what or call.nth % 7 == 1:
            yield call


@dataclass(frozen=True)
class Ran:
    """What came of a run."""

    after: tuple[Check, ...]  # just when the work was done
    stories: tuple[Story, ...]  # when sweeps have run
    calls: list[Call]
    is_answered: bool  # a sweep: nobody waits for its answer


def run(
    stage: InMemory,
    path: Path,
    earlier: list[dict[str, Any]],
    *,
    cut: tuple[Call, Fault] | None = None,
    times: int = 1,
) -> Ran:
    """The path, once it is begun, with what people were told by then. What is asked for again is not cut again."""
    wire = Wire(shard=shard(CODE), cut=cut)
    is_answered = times > 0 and answered(stage, path, wire)
    if times > 1:
        path.work(stage, path.at)
    assert cut is None or cut[0] in wire.calls, f"the call is made: {cut}"
    after = tuple(stage.check(code) for code, _ in path.checks())
    stories = stage.stories(path, earlier + stage.alerts())
    return Ran(after, stories, wire.calls, is_answered or path.work is sweep)


def answered(deployment: Deployment, path: Path, wire: Wire) -> bool:
    """Let the work be done by a process that remembers nothing; whether it said so."""
    deployment.restart()
    engines: list[Dynamo | Sns] = [deployment.dynamo, deployment.topic] if isinstance(deployment, InMemory) else []
    for engine in engines:
        engine.between = wire.between
    try:
        answer = path.work(deployment, path.at)
    except Killed:
        return False
    finally:
        for engine in engines:
            engine.between = plainly
        deployment.restart()
    return answer is None or answer.status == 200


def told_by_sweeps(deployment: Deployment, path: Path, alerts: list[dict[str, Any]]) -> tuple[Story, ...]:
    """The stories of all checks when the next sweeps have run. `alerts` are those that people have had by then."""
    numbers = []
    for later in LATER:
        deployment.sweep(path.at + later)
        alerts = alerts + deployment.alerts()
        numbers.append(len(alerts))
    return tuple(told(deployment, code, alerts, soon=numbers[0]) for code, _ in path.checks())


def told(deployment: Deployment, code: Code, alerts: list[dict[str, Any]], *, soon: int) -> Story:
    """The story of a check, which must be whole in itself. `alerts` are those of all checks, so many of them soon."""
    check = deployment.check(code)
    assert check.records == (), "nothing waits"
    assert all(alert.held_by for alert in check.alerts), "nothing waits but for a parent"
    assert check.due_at == next_due(check), "it is looked at when something comes"
    flips = list(reversed(deployment.flips(code)))
    assert [each.flip.number for each in flips] == list(range(1, check.n_flips + 1)), "no flip is missing"
    assert all(old.flip.new is new.flip.old for old, new in itertools.pairwise(flips)), "each begins where one ended"
    assert not flips or flips[-1].flip.new is check.status, "the history ends where the check is"
    own = [alert for alert in alerts if alert["check"]["name"] == check.config.name]
    for alert in own:
        assert alert["id"] == str(uuid5(UUID(code), f"{alert['flip']}:{alert['kind']}:{alert['ordinal']}"))
    noted = {sent.id for each in flips for sent in each.sent}
    assert noted == {alert["id"] for alert in own}, "the history tells what people were told"
    return Story(
        state=(
            *(check.status, check.reason, check.since, check.misses, check.failures, check.reminders),
            *(check.acknowledged_by, check.snoozed_until, check.runs, check.last_success, check.escalated),
        ),
        config=check.config,
        flips=tuple(each.flip for each in flips),
        judged=tuple(history.judged(code, now=NOON, most=100)),
        told=frozenset(map(Told.of, own)),
        told_soon=frozenset(Told.of(alert) for alert in alerts[:soon] if alert in own),
        waits=len(check.alerts),
        due_at=check.due_at,
    )
