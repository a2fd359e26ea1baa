"""How many checks a project may have, and how many pings may create, whichever way one is created."""

import json
from collections.abc import Iterator
from datetime import timedelta

import pytest

from chalicelib import runtime
from chalicelib.domain.keys import Key, Scope
from chalicelib.store import batch_get
from chalicelib.store.registry import projects, slug_claims
from tests.integration.conftest import PING_KEY, Answer, Aws, Deployment
from tests.integration.web.calling import Api

PLATFORM = "arn:aws:sns:us-east-1:123456789012:overdue-test-platform"
OTHER_KEY = "otherotherotherotherother"


@pytest.fixture
def limits(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001  # moto first
    """At most five checks in a project, three of them created by ping within a minute."""
    monkeypatch.setenv("OVERDUE_CHECKS_PER_PROJECT", "5")
    monkeypatch.setenv("OVERDUE_CREATES_PER_MINUTE", "3")
    monkeypatch.setenv("OVERDUE_PLATFORM_TOPIC", PLATFORM)
    runtime.wiring.cache_clear()
    yield
    runtime.wiring.cache_clear()


@pytest.fixture
def small(limits: None, deployment: Deployment, aws: Aws) -> Deployment:  # noqa: ARG001  # before its wiring
    """A deployment with these limits, whose operators read a queue."""
    aws.sqs.create_queue(QueueName="operators")
    subscribe(aws)
    return deployment


def subscribe(aws: Aws) -> None:
    queue = PLATFORM.replace("sns", "sqs").replace("overdue-test-platform", "operators")
    aws.sns.subscribe(TopicArn=PLATFORM, Protocol="sqs", Endpoint=queue)


def notices(deployment: Deployment) -> list[str]:
    """The subjects of what operators have been sent since the last call."""
    queue = deployment.sqs.get_queue_url(QueueName="operators")["QueueUrl"]
    found = deployment.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
    for message in found:
        deployment.sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return [json.loads(message["Body"])["Subject"] for message in found]


def create(deployment: Deployment, slug: str, *, key: str = PING_KEY, after_s: float = 0, **query: str) -> Answer:
    """A ping that creates its check, so long after noon."""
    at = deployment.now + timedelta(seconds=after_s)
    return deployment.request("GET", f"/ping/{key}/{slug}", query={"create": "1"} | query, at=at)


def slugs(deployment: Deployment) -> set[str]:
    tables = deployment.wiring.ports.tables
    found = batch_get.checks(tables, batch_get.codes(tables, "default"), sleep=lambda _: None)
    return {check.config.slug for check in found}


def calls_of(deployment: Deployment) -> list[str]:
    """The operations that are sent to DynamoDB from now on."""
    calls: list[str] = []
    client = deployment.wiring.ports.tables.client
    client.meta.events.register("before-call.dynamodb", lambda model, **_: calls.append(model.name))
    return calls


def test_pings_create_no_more_checks_a_minute_than_the_limit(small: Deployment) -> None:
    assert [create(small, f"job-{n}").status for n in range(3)] == [201, 201, 201]

    refused = create(small, "job-3", after_s=20)

    assert (refused.status, refused.headers["Retry-After"]) == (429, "40")
    assert refused.text == "pings may create 3 checks a minute: try again in a minute"
    assert slugs(small) == {"job-0", "job-1", "job-2"}
    assert slug_claims.claimed("default", "job-3") is None
    assert create(small, "job-0", after_s=21).status == 200
    assert create(small, "job-3", after_s=60).status == 201


def test_a_refused_creation_costs_what_an_unknown_slug_does(small: Deployment) -> None:
    for number in range(4):
        create(small, f"job-{number}")
    calls = calls_of(small)

    assert small.request("GET", f"/ping/{PING_KEY}/unknown").status == 404
    unknown, calls[:] = list(calls), []
    assert create(small, "job-9").status == 429

    assert calls == unknown == ["Query", "GetItem"]


def test_a_full_project_refuses_new_checks_in_every_way_and_accepts_all_pings(small: Deployment) -> None:
    code = small.add(name="made-before")
    api = Api(small)
    for number in range(4):
        api.post("/checks/", {"name": f"job {number}", "slug": f"job-{number}"}, status=201)

    by_ping = create(small, "one-too-many")
    by_api = api.call("POST", "/checks/", body=b'{"name": "one too many"}')
    by_unique = api.call("POST", "/checks/", body=b'{"name": "one too many", "unique": ["name"]}')

    assert (by_ping.status, by_ping.text) == (403, "the project has reached its limit of 5 checks")
    assert "Retry-After" not in by_ping.headers
    assert by_api.status == by_unique.status == 403
    assert json.loads(by_api.text) == {"error": "the project has reached its limit of 5 checks"}
    assert len(slugs(small)) == 5
    assert small.ping(code).status == 200
    assert api.post("/checks/", {"name": "job 0", "unique": ["name"], "grace": 60})["grace"] == 60


def test_a_deletion_makes_room(small: Deployment) -> None:
    codes = [small.add(name=f"job-{number}") for number in range(5)]
    api = Api(small)
    assert create(small, "another").status == 403

    api.call("DELETE", f"/checks/{codes[0]}")

    assert create(small, "another", after_s=11).status == 201
    assert create(small, "one-more", after_s=30).status == 403


def test_checks_created_around_the_counter_are_counted_within_the_hour(small: Deployment) -> None:
    assert create(small, "first").status == 201
    for number in range(4):
        small.add(name=f"job-{number}")

    assert create(small, "one-more", after_s=3_601).status == 403


def test_projects_have_limits_of_their_own(small: Deployment) -> None:
    projects.add_key(OTHER_KEY, Key("other", Scope.PING, "other"), now=small.now)
    for number in range(4):
        create(small, f"job-{number}")

    assert create(small, "job-0", key=OTHER_KEY).status == 201


def test_operators_get_one_notice_an_hour_for_each_project(small: Deployment) -> None:
    projects.add_key(OTHER_KEY, Key("other", Scope.PING, "other"), now=small.now)
    for key in (PING_KEY, OTHER_KEY):
        for number in range(6):
            create(small, f"job-{number}", key=key)
    told = notices(small)
    for number in range(6):
        create(small, f"later-{number}", after_s=600)

    assert sorted(told) == [f"Overdue refuses new checks in project {name}" for name in ("default", "other")]
    assert notices(small) == []
    create(small, "much-later", after_s=3_700)
    assert notices(small) == ["Overdue refuses new checks in project default"]


def test_a_notice_that_could_not_be_sent_is_sent_by_a_later_refusal(small: Deployment, aws: Aws) -> None:
    aws.sns.delete_topic(TopicArn=PLATFORM)
    for number in range(4):
        create(small, f"job-{number}")

    aws.sns.create_topic(Name="overdue-test-platform")
    subscribe(aws)
    for number in range(4):
        create(small, f"later-{number}", after_s=120)

    assert notices(small) == ["Overdue refuses new checks in project default"]
