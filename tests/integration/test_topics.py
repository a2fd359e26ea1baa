"""One alert, three topics: none is lost when one of them refuses it, and down and up meet in one incident."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.services.publisher import Publisher
from chalicelib.store.registry import projects
from tests.builders import utc
from tests.integration.conftest import Aws, Deployment

KINDS = {"ops-mail": "email", "oncall": "pagerduty", "team-chat": "amazon-q"}
TOPICS = ("alerts", "pagerduty", "chat")


@dataclass
class Stage:
    """A deployment with the topics of PagerDuty and Amazon Q, each with a queue that listens."""

    deployment: Deployment
    aws: Aws
    queues: dict[str, str]
    arns: dict[str, str]

    def check(self, *channels: str) -> Code:
        """Due at 13:00, missed at 13:05, with these channels."""
        code = self.deployment.add(schedule=Every(timedelta(hours=1)), grace=timedelta(minutes=5), channels=channels)
        self.deployment.ping(code, at=utc("2026-03-01T12:00Z"))
        return code

    def start(self) -> None:
        """Let another process take over, which knows the topics and nothing of what has been sent."""
        wiring = self.deployment.wiring
        settings = replace(wiring.settings, pagerduty_topic=self.arns["pagerduty"], chat_topic=self.arns["chat"])
        wiring.ports = replace(wiring.ports, publish=Publisher(settings, wiring.registry))

    def came(self, topic: str) -> list[dict[str, Any]]:
        """The envelopes that have come from a topic since the last call."""
        found = self.aws.sqs.receive_message(QueueUrl=self.queues[topic], MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            self.aws.sqs.delete_message(QueueUrl=self.queues[topic], ReceiptHandle=message["ReceiptHandle"])
        return [json.loads(message["Body"]) for message in found]

    def subscribe(self, topic: str) -> None:
        queue = f"arn:aws:sqs:us-east-1:123456789012:from-{topic}"
        self.arns[topic] = self.aws.sns.create_topic(Name=f"overdue-test-{topic}")["TopicArn"]
        self.aws.sns.subscribe(TopicArn=self.arns[topic], Protocol="sqs", Endpoint=queue)


@pytest.fixture
def stage(deployment: Deployment, aws: Aws) -> Iterator[Stage]:
    queues = {topic: aws.sqs.create_queue(QueueName=f"from-{topic}")["QueueUrl"] for topic in TOPICS}
    made = Stage(deployment, aws, queues, {})
    for topic in TOPICS:
        made.subscribe(topic)
    for name, kind in KINDS.items():
        channel = Channel(id=f"id-{name}", name=name, kind=kind, target="", subscription="")
        projects.add_channel("default", channel, now=deployment.now)
    deployment.wiring.registry.forget()
    ports = deployment.wiring.ports
    made.start()
    yield made
    deployment.wiring.ports = ports
    deployment.wiring.registry.forget()


def test_an_alert_goes_to_the_topics_of_its_checks_channels_only(stage: Stage) -> None:
    stage.check("id-ops-mail", "id-team-chat")

    stage.deployment.sweep(utc("2026-03-01T13:05Z"))

    assert [len(stage.came(topic)) for topic in TOPICS] == [1, 0, 1]


def test_down_and_up_open_and_resolve_one_incident_and_form_one_thread(stage: Stage) -> None:
    code = stage.check("*")
    stage.deployment.sweep(utc("2026-03-01T13:05Z"))
    stage.deployment.ping(code, at=utc("2026-03-01T13:40Z"))

    down, up = stage.came("pagerduty")
    assert down["Subject"] == "ALARM: DOWN nightly-backup: missed, expected 13:00"
    assert up["Subject"].startswith("OK: UP nightly-backup: was down for 3")
    alarms = [json.loads(each["Message"]) for each in (down, up)]
    incident = alarms[0]["AlarmName"]
    assert incident.endswith("-20260301T130500Z")
    assert [alarm["AlarmName"] for alarm in alarms] == [incident, incident]
    assert [alarm["NewStateValue"] for alarm in alarms] == ["ALARM", "OK"]
    assert [json.loads(each["Message"])["metadata"]["threadId"] for each in stage.came("chat")] == [incident, incident]
    assert down["MessageAttributes"]["project"] == {"Type": "String", "Value": "default"}
    names = json.loads(down["MessageAttributes"]["channels"]["Value"])
    assert sorted(names) == ["*", "oncall", "ops-email", "ops-mail", "team-chat"]


def refused_by_pagerduty(stage: Stage) -> tuple[Code, str]:
    """A check whose alert PagerDuty's topic has refused, and the id that the others got, once each."""
    code = stage.check("*")
    stage.aws.sns.delete_topic(TopicArn=stage.arns["pagerduty"])

    stage.deployment.sweep(utc("2026-03-01T13:05Z"))

    [mail], [chat] = stage.came("alerts"), stage.came("chat")
    [pending] = stage.deployment.check(code).alerts
    first: str = json.loads(mail["Message"])["id"]
    assert pending.id == first == json.loads(chat["Message"])["id"]
    stage.subscribe("pagerduty")
    return code, first


def test_an_alert_that_one_topic_refuses_comes_there_later_and_to_the_others_only_once(stage: Stage) -> None:
    code, first = refused_by_pagerduty(stage)

    stage.deployment.sweep(utc("2026-03-01T14:00Z"))

    assert [json.loads(each["Message"])["AlertId"] for each in stage.came("pagerduty")] == [first]
    assert [stage.came("alerts"), stage.came("chat")] == [[], []]
    assert stage.deployment.check(code).alerts == ()


def test_another_process_repeats_it_to_all_with_the_same_id(stage: Stage) -> None:
    code, first = refused_by_pagerduty(stage)

    stage.start()
    stage.deployment.sweep(utc("2026-03-01T14:00Z"))

    [mail], [page], [chat] = stage.came("alerts"), stage.came("pagerduty"), stage.came("chat")
    assert [json.loads(mail["Message"])["id"], json.loads(page["Message"])["AlertId"]] == [first, first]
    assert json.loads(chat["Message"])["id"] == first
    assert stage.deployment.check(code).alerts == ()


def test_a_stage_that_was_deployed_before_these_topics_still_tells_the_others(stage: Stage) -> None:
    stage.check("*")
    wiring = stage.deployment.wiring
    wiring.ports = replace(wiring.ports, publish=Publisher(wiring.settings, wiring.registry))

    stage.deployment.sweep(utc("2026-03-01T13:05Z"))

    assert [len(stage.came(topic)) for topic in TOPICS] == [1, 0, 0]


def test_an_alert_is_encoded_once(deployment: Deployment) -> None:
    publisher: Any = deployment.wiring.publisher
    sent: list[type] = []
    events = publisher._sns.meta.events
    hear = lambda request, **_: sent.append(type(request.data))  # noqa: E731  # botocore wants keywords
    events.register("request-created.sns.Publish", hear)
    deployment.ping(deployment.add(name="ärger & söhne"), "/fail")
    events.unregister("request-created.sns.Publish", hear)

    assert sent == [bytes], "botocore would encode a dict twice"
    [alert] = deployment.alerts()
    assert alert["check"]["name"] == "ärger & söhne"


def test_a_process_remembers_no_more_than_the_last_20_000_alerts(deployment: Deployment) -> None:
    publisher: Any = deployment.wiring.publisher

    publisher._remember([str(number) for number in range(25_000)], "a topic")

    assert (len(publisher._taken), "4999" in publisher._taken, "5000" in publisher._taken) == (20_000, False, True)
