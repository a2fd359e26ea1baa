"""One alert, one topic: what SNS is handed, and which subscription gets it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from botocore.parsers import ResponseParserError
from botocore.stub import Stubber
from moto import mock_aws

from chalicelib.alerts.payload import Payload, build_payload
from chalicelib.alerts.publish import publish
from chalicelib.alerts.text import Delivery, compose_message
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.config import Config
from chalicelib.domain.errors import Undelivered
from chalicelib.domain.ids import Code

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

CODE = Code("5d0e1b52-7c1f-4a0e-9b1d-2f6c8a41e930")
SINCE = datetime(2026, 10, 24, 2, 40, 9, tzinfo=UTC)
REGION = "eu-central-1"


def a_payload(
    *, name: str = "invoice-mailer", tags: str = "prod billing", reason: Reason | None = Reason.FAILED, output: str = ""
) -> Payload:
    """The document of an alert that goes to `ops-email`."""
    config = Config(name=name, slug="invoice-mailer", tags=tags)
    alert = Alert(
        id="5e1f62a8-2d21-5d0c-b7d1-0a0f2a7d4c11",
        kind=Kind.TEST if reason is None else Kind.DOWN,
        reason=reason,
        flip=3,
        ordinal=0,
        at=SINCE,
        facts=Facts(since=SINCE, exit_status=75, in_a_row=1, output=output),
        retry_at=SINCE,
    )
    link = "https://overdue.example.com/checks/invoice-mailer"
    delivery = Delivery(at=SINCE + timedelta(seconds=1), channels=("ops-email",), link=link, ack_link=None)
    return build_payload(
        CODE, config, alert, compose_message(CODE, config, alert, delivery), delivery, project="default"
    )


@dataclass
class Sns:
    """A topic, and queues that are subscribed to it as channels are."""

    client: "SNSClient"
    topic: str
    sqs: Any

    def channel(self, name: str) -> str:
        """A queue whose subscription has a channel's filter policy. Returns its URL."""
        queue: str = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        policy = json.dumps({"channels": [name, "*"]})
        self.client.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn, Attributes={"FilterPolicy": policy})
        return queue

    def received(self, queue: str) -> list[dict[str, Any]]:
        """The envelopes that have come to a queue."""
        messages = self.sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in messages]


@pytest.fixture
def sns(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sns]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        client = boto3.client("sns", region_name=REGION)
        topic = client.create_topic(Name="overdue-alerts")["TopicArn"]
        yield Sns(client, topic, boto3.client("sqs", region_name=REGION))


def test_a_channel_gets_what_names_it_and_nothing_else(sns: Sns) -> None:
    ops, oncall = sns.channel("ops-email"), sns.channel("oncall-sms")
    publish(sns.client, sns.topic, a_payload(), to=("ops-email",))
    assert len(sns.received(ops)) == 1
    assert sns.received(oncall) == []


def test_a_star_reaches_every_channel(sns: Sns) -> None:
    queues = [sns.channel("ops-email"), sns.channel("oncall-sms")]
    publish(sns.client, sns.topic, a_payload(), to=("*",))
    assert [len(sns.received(queue)) for queue in queues] == [1, 1]


def test_an_alert_to_no_channel_reaches_none(sns: Sns) -> None:
    ops = sns.channel("ops-email")
    publish(sns.client, sns.topic, a_payload(), to=())
    assert sns.received(ops) == []


def test_a_queue_gets_the_document_with_its_attributes(sns: Sns) -> None:
    ops = sns.channel("ops-email")
    publish(sns.client, sns.topic, a_payload(), to=("ops-email", "oncall-sms"))
    [envelope] = sns.received(ops)
    assert envelope["Subject"] == "DOWN invoice-mailer: failed, exit status 75"
    assert json.loads(envelope["Message"]) == a_payload()
    assert envelope["MessageAttributes"] == {
        "project": {"Type": "String", "Value": "default"},
        "kind": {"Type": "String", "Value": "down"},
        "reason": {"Type": "String", "Value": "failed"},
        "channels": {"Type": "String.Array", "Value": '["ops-email","oncall-sms"]'},
        "tags": {"Type": "String.Array", "Value": '["prod","billing"]'},
    }


def test_what_there_is_none_of_is_no_attribute(sns: Sns) -> None:
    ops = sns.channel("ops-email")
    publish(sns.client, sns.topic, a_payload(tags="", reason=None), to=("ops-email",))
    [envelope] = sns.received(ops)
    assert envelope["MessageAttributes"].keys() == {"project", "kind", "channels"}


def test_each_protocol_has_its_body() -> None:
    payload, bodies = a_payload(), _bodies(a_payload())
    assert bodies["default"] == bodies["email"] == payload["text"]
    assert bodies["sms"] == payload["sms"]
    for protocol in ("http", "https", "sqs", "lambda", "email-json"):
        assert json.loads(bodies[protocol]) == payload
    assert bodies.keys() == {"default", "email", "email-json", "sms", "http", "https", "sqs", "lambda"}


def _bodies(document: Payload) -> dict[str, str]:
    taken = _Taken()
    publish(taken, "arn:aws:sns:eu-central-1:123456789012:overdue-alerts", document, to=("*",))  # type: ignore[arg-type]  # a client that only listens
    bodies: dict[str, str] = json.loads(taken.request["Message"])
    assert taken.request["MessageStructure"] == "json"
    return bodies


class _Taken:
    """Takes what a client would send."""

    request: dict[str, Any]

    def publish(self, **request: Any) -> None:
        self.request = request


@pytest.mark.parametrize("char", ["x", "\\", '"', "\x01", "\u202e", "🔥", "\n"])
def test_the_longest_output_stays_far_below_what_sns_takes(char: str) -> None:
    taken = _Taken()
    worst = a_payload(name="🔥" * 100, tags="\\" * 500, output=char * 100_000)
    publish(taken, "arn", worst, to=["ops-email"] * 100)  # type: ignore[arg-type]  # a client that only listens
    sizes = [len(taken.request["Message"].encode())]
    sizes += [len(value["StringValue"].encode()) for value in taken.request["MessageAttributes"].values()]
    assert sum(sizes) < 200_000


def test_what_sns_refuses_is_undelivered_and_says_why(sns: Sns) -> None:
    with pytest.raises(Undelivered) as caught:
        publish(sns.client, sns.topic + "-gone", a_payload(), to=("*",))
    assert str(caught.value) == (
        "SNS did not accept alert 5e1f62a8-2d21-5d0c-b7d1-0a0f2a7d4c11 (NotFound): "
        "it stays in its check, and is published again later"
    )
    assert isinstance(caught.value.__cause__, ClientError)


def test_an_sns_that_is_away_leaves_the_alert_undelivered(sns: Sns) -> None:
    away = boto3.client("sns", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")

    def refuse(**_: Any) -> None:
        raise EndpointConnectionError(endpoint_url="https://sns.example.com")

    away.meta.events.register_first("before-call.sns.Publish", refuse)
    with pytest.raises(Undelivered, match=r"\(EndpointConnectionError\)"):
        publish(away, sns.topic, a_payload(), to=("*",))


def test_an_answer_that_is_none_of_sns_leaves_the_alert_undelivered(sns: Sns) -> None:
    def garbled(**_: Any) -> None:
        raise ResponseParserError("<html>")

    sns.client.meta.events.register_first("before-call.sns.Publish", garbled)
    with pytest.raises(Undelivered, match=r"\(ResponseParserError\)"):
        publish(sns.client, sns.topic, a_payload(), to=("*",))


def test_a_throttled_alert_is_undelivered() -> None:
    client = boto3.client("sns", region_name=REGION, aws_access_key_id="testing", aws_secret_access_key="testing")
    with Stubber(client) as stub:
        stub.add_client_error("publish", service_error_code="Throttled")
        with pytest.raises(Undelivered, match=r"\(Throttled\)"):
            publish(client, "arn:aws:sns:eu-central-1:123456789012:overdue-alerts", a_payload(), to=("*",))
