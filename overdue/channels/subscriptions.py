"""The SNS subscription of a channel: made, found again, looked at, ended.

A subscription is one for a topic, protocol and endpoint; its filter policy lets through what names its channel, or all
channels of its project. Start at `subscribe`. Which channels there are is `channel_keeping`'s business.
"""

import json
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.errors import BadInput
from overdue.aws.account import PATIENT, Account
from overdue.channels.channel_kinds import Subscribed
from overdue.cli.settings import LOCAL_STAGE

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


class State(StrEnum):
    """What becomes of an alert that is handed to SNS for a channel."""

    READY = "ready"
    PENDING = "pending confirmation"
    GONE = "gone"
    UNHEARD = "nobody subscribed"


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of a stage, by what they are for, and their SNS."""

    account: Account
    sns: "SNSClient"

    @classmethod
    def of(cls, account: Account) -> "Topics":
        """Those of this account's stage. Makes a client: 0.1 s."""
        return cls(account, account.session.client("sns", config=PATIENT))

    def arn(self, topic: str) -> str:
        """The ARN of a topic of the stage."""
        return self._arn("sns", topic)

    @property
    def dead_letters(self) -> str | None:
        """Where SNS puts what it could not deliver; None on a local server, which has no such queue."""
        return None if self.account.stage == LOCAL_STAGE else self._arn("sqs", "undelivered")

    def _arn(self, service: str, resource: str) -> str:
        account = self.account
        return f"arn:{account.partition}:{service}:{account.region}:{account.id}:{account.named(resource)}"

    def insist_on(self, topic: str) -> None:
        """Raises BadInput when the stage has no such topic: it was deployed by an older version, or never."""
        try:
            self.sns.get_topic_attributes(TopicArn=self.arn(topic))
        except self.sns.exceptions.NotFoundException as error:
            raise BadInput(
                f"there is no topic {self.account.named(topic)} in {self.account.region}: deploy the stage (again), "
                "or say another --stage or --region"
            ) from error

    def of_endpoint(self, wanted: Subscribed) -> str | None:
        """The ARN of the subscription that an endpoint has; None: it has none, or has not confirmed it yet."""
        for page in self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn(wanted.topic)):
            for each in page["Subscriptions"]:
                is_it = (each["Protocol"], each["Endpoint"]) == (wanted.protocol, wanted.endpoint)
                if is_it and each["SubscriptionArn"].startswith("arn:"):
                    return each["SubscriptionArn"]
        return None


def filter_policy(project: str, name: str) -> dict[str, list[str]]:
    """What lets a channel's alerts through, and no other project's."""
    return {"project": [project], "channels": [name, EVERY_CHANNEL]}


def subscribe(topics: Topics, wanted: Subscribed, *, project: str, name: str) -> str:
    """Subscribe an endpoint for a channel; the subscription's ARN. May be repeated: it then mends what is not so.

    What an operator has added to the filter policy by hand stays.
    """
    policy = filter_policy(project, name)
    found = topics.of_endpoint(wanted)
    if found is None:
        attributes = {"FilterPolicy": json.dumps(policy)}
        if topics.dead_letters is not None:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": topics.dead_letters})
        return topics.sns.subscribe(
            TopicArn=topics.arn(wanted.topic),
            Protocol=wanted.protocol,
            Endpoint=wanted.endpoint,
            Attributes=attributes,
            ReturnSubscriptionArn=True,  # else it is "pending confirmation", and nobody could find it again
        )["SubscriptionArn"]
    attributes = topics.sns.get_subscription_attributes(SubscriptionArn=found)["Attributes"]
    is_policy = json.loads(attributes.get("FilterPolicy", "{}"))
    if is_policy | policy != is_policy:
        topics.sns.set_subscription_attributes(
            SubscriptionArn=found, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )
    return found


def state(topics: Topics, subscription: str) -> State:
    """What a subscription is worth now. One call."""
    sns = topics.sns
    try:
        found = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    except (sns.exceptions.NotFoundException, sns.exceptions.InvalidParameterException):
        return State.GONE
    return State.PENDING if found.get("PendingConfirmation") == "true" else State.READY


def unsubscribe(topics: Topics, subscription: str) -> bool:
    """End a subscription; whether it has ended. False: nobody has confirmed it, so that SNS forgets it by itself."""
    sns = topics.sns
    try:
        sns.unsubscribe(SubscriptionArn=subscription)
    except sns.exceptions.NotFoundException:
        return True
    except sns.exceptions.InvalidParameterException:
        if state(topics, subscription) is State.PENDING:
            return False
        raise
    return True


def admit_sns(topics: Topics, function: str, *, statement: str) -> None:
    """Let the alerts' topic call a Lambda function of the operator. May be repeated."""
    client = topics.account.session.client("lambda", config=PATIENT)
    with suppress(client.exceptions.ResourceConflictException):  # it is admitted already
        client.add_permission(
            FunctionName=function,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topics.arn("alerts"),
        )


def shut_out_sns(topics: Topics, function: str, *, statement: str) -> None:
    """Take it back; a function that is gone needs nothing."""
    client = topics.account.session.client("lambda", config=PATIENT)
    with suppress(client.exceptions.ResourceNotFoundException):
        client.remove_permission(FunctionName=function, StatementId=statement)


def queue_statement(topics: Topics, queue: str) -> dict[str, object]:
    """What the policy of an operator's queue must hold. Not written for them: a policy has one writer."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topics.arn("alerts")}},
    }
