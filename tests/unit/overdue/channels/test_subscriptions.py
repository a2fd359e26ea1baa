"""Subscriptions where SNS answers differently from moto: pending ones have no ARN in a list and cannot be deleted."""

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from boto3.session import Session
from botocore.stub import Stubber

from chalicelib.domain.errors import BadInput
from overdue.aws.account import Account
from overdue.channels.channel_kinds import Subscribed
from overdue.channels.subscriptions import State, Topics, state, subscribe, unsubscribe

TOPIC = "arn:aws-cn:sns:cn-north-1:123456789012:overdue-prod-alerts"
OURS = f"{TOPIC}:5b8bb717-614a-4c5a-8c57-1a616a1c6d1c"
EMAIL = Subscribed(kind="email", protocol="email", endpoint="ops@example.com", topic="alerts")


@pytest.fixture
def client() -> Any:
    return boto3.client("sns", region_name="cn-north-1", aws_access_key_id="made", aws_secret_access_key="up")


@pytest.fixture
def stub(client: Any) -> Iterator[Stubber]:
    with Stubber(client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def topics(client: Any, *, stage: str = "prod") -> Topics:
    return Topics(Account(Session(region_name="cn-north-1"), "cn-north-1", "123456789012", "aws-cn", stage), client)


def listed(arn: str) -> dict[str, Any]:
    return {"Subscriptions": [{"SubscriptionArn": arn, "Protocol": "email", "Endpoint": EMAIL.endpoint}]}


def test_subscribing_an_unconfirmed_address_again_sends_a_new_confirmation(client: Any, stub: Stubber) -> None:
    stub.add_response("list_subscriptions_by_topic", listed("PendingConfirmation"), {"TopicArn": TOPIC})
    request = {
        "TopicArn": TOPIC,
        "Protocol": "email",
        "Endpoint": "ops@example.com",
        "Attributes": {
            "FilterPolicy": json.dumps({"project": ["default"], "channels": ["ops", "*"]}),
            "RedrivePolicy": json.dumps(
                {"deadLetterTargetArn": "arn:aws-cn:sqs:cn-north-1:123456789012:overdue-prod-undelivered"}
            ),
        },
        "ReturnSubscriptionArn": True,
    }
    stub.add_response("subscribe", {"SubscriptionArn": OURS}, request)

    assert subscribe(topics(client), EMAIL, project="default", name="ops") == OURS


def test_a_pending_subscription_cannot_be_deleted_and_the_result_says_so(client: Any, stub: Stubber) -> None:
    stub.add_client_error("unsubscribe", "InvalidParameter", "pending confirmation", 400)
    stub.add_response("get_subscription_attributes", {"Attributes": {"PendingConfirmation": "true"}})

    assert unsubscribe(topics(client), OURS) is False


def test_a_subscription_that_is_already_gone_counts_as_deleted(client: Any, stub: Stubber) -> None:
    stub.add_client_error("unsubscribe", "NotFound", "gone", 404)

    assert unsubscribe(topics(client), OURS) is True


@pytest.mark.parametrize(("pending", "expected"), [("true", State.PENDING), ("false", State.READY)])
def test_a_subscription_is_ready_once_it_is_confirmed(
    client: Any, stub: Stubber, pending: str, expected: State
) -> None:
    stub.add_response("get_subscription_attributes", {"Attributes": {"PendingConfirmation": pending}})

    assert state(topics(client), OURS) is expected


def test_the_error_for_a_missing_topic_says_to_deploy(client: Any, stub: Stubber) -> None:
    stub.add_client_error("get_topic_attributes", "NotFound", "no topic", 404)

    with pytest.raises(BadInput, match=r"no topic overdue-prod-alerts in cn-north-1\. Deploy the stage"):
        topics(client).insist_on("alerts")


def test_a_local_server_has_no_dead_letter_queue(client: Any) -> None:
    assert topics(client, stage="local").dead_letters is None
