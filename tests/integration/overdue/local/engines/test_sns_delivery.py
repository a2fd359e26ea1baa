"""An address that the local SNS cannot reach is told of, and harms no other."""

import json
import logging
from collections.abc import Iterator

import pytest

from overdue.local.engines import moto
from overdue.local.engines.environment import NOT_DELIVERED
from overdue.local.engines.moto import Engine
from tests.stand_in import Says, stand_in

CLOSED = "http://127.0.0.1:1/x?token=s3cret"


@pytest.fixture(scope="module")
def running() -> Iterator[Engine]:
    started = moto.start({})
    yield started
    started.stop()


def test_an_address_that_cannot_be_reached_is_one_line_and_the_others_get_the_alert_once(
    running: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    sns = moto.sns(running.endpoint)
    topic = sns.create_topic(Name="away")["TopicArn"]
    only_ops = json.dumps({"channels": ["ops"]})
    with stand_in() as good, stand_in(lambda _: Says(500)) as bad, stand_in() as other:
        arns = [
            sns.subscribe(
                TopicArn=topic, Protocol="http", Endpoint=endpoint, Attributes=attributes, ReturnSubscriptionArn=True
            )["SubscriptionArn"]
            for endpoint, attributes in (
                (CLOSED, {}),
                (f"{bad.base}/hook", {}),
                (f"{good.base}/hook", {}),
                (f"{other.base}/hook", {"FilterPolicy": only_ops}),
            )
        ]
        with caplog.at_level(logging.WARNING):
            message = json.dumps({"default": "for people", "http": "for programs"})
            sns.publish(TopicArn=topic, Message=message, MessageStructure="json", Subject="DOWN")

    told = [sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"].get(NOT_DELIVERED) for arn in arns]
    assert told == ["http://127.0.0.1:1 does not answer: connection refused", f"{bad.base} answered 500", None, None]
    assert [record.message for record in caplog.records if record.name == "overdue.local"] == [
        f"An alert was not delivered: {failure}" for failure in told[:2]
    ]
    assert [each.json()["Message"] for each in good.asked] == ["for programs"]
    assert good.asked[0].json()["Subject"] == "DOWN"
    assert other.asked == []
