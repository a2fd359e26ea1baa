"""Create, find, inspect and delete the SNS subscription of a channel.

SNS has one subscription per topic, protocol and endpoint. Its filter policy lets through alerts of its project that
name its channel or all channels. Start at `subscribe`. `admin` knows which channels exist.
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
    """Whether SNS delivers a channel's alerts, and if not, why."""

    READY = "ready"
    PENDING = "pending confirmation"
    GONE = "gone"
    UNHEARD = "nobody subscribed"


@dataclass(frozen=True, slots=True)
class Topics:
    """The SNS topics of a stage, and a client for them."""

    account: Account
    sns: "SNSClient"

    @classmethod
    def of(cls, account: Account) -> "Topics":
        """The topics of the account's stage. Creates a client, which takes 0.1 s."""
        return cls(account, account.session.client("sns", config=PATIENT))

    def arn(self, topic: str) -> str:
        """The ARN of a topic of the stage."""
        return self._arn("sns", topic)

    @property
    def dead_letters(self) -> str | None:
        """The ARN of the queue for undeliverable messages; None on a local server, which has no such queue."""
        return None if self.account.stage == LOCAL_STAGE else self._arn("sqs", "undelivered")

    def _arn(self, service: str, resource: str) -> str:
        account = self.account
        return f"arn:{account.partition}:{service}:{account.region}:{account.id}:{account.named(resource)}"

    def insist_on(self, topic: str) -> None:
        """Raise BadInput if the stage lacks a topic: it was deployed by an older version or not at all."""
        try:
            self.sns.get_topic_attributes(TopicArn=self.arn(topic))
        except self.sns.exceptions.NotFoundException as error:
            raise BadInput(
                f"There is no topic {self.account.named(topic)} in {self.account.region}. Deploy the stage (again), "
                "or use another --stage or --region."
            ) from error

    def of_endpoint(self, target: Subscribed) -> str | None:
        """The ARN of an endpoint's subscription; None if it has none or has not confirmed it yet."""
        for page in self.sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=self.arn(target.topic)):
            for each in page["Subscriptions"]:
                is_same = (each["Protocol"], each["Endpoint"]) == (target.protocol, target.endpoint)
                if is_same and each["SubscriptionArn"].startswith("arn:"):
                    return each["SubscriptionArn"]
        return None


def filter_policy(project: str, name: str) -> dict[str, list[str]]:
    """The filter policy that lets through a channel's alerts, and none of another project."""
    return {"project": [project], "channels": [name, EVERY_CHANNEL]}


def subscribe(topics: Topics, target: Subscribed, *, project: str, name: str) -> str:
    """Subscribe an endpoint for a channel and return the subscription's ARN.

    Idempotent: repeating it corrects the filter policy, but keeps conditions that an operator added by hand.
    """
    policy = filter_policy(project, name)
    found = topics.of_endpoint(target)
    if found is None:
        attributes = {"FilterPolicy": json.dumps(policy)}
        if topics.dead_letters is not None:
            attributes["RedrivePolicy"] = json.dumps({"deadLetterTargetArn": topics.dead_letters})
        return topics.sns.subscribe(
            TopicArn=topics.arn(target.topic),
            Protocol=target.protocol,
            Endpoint=target.endpoint,
            Attributes=attributes,
            ReturnSubscriptionArn=True,  # else SNS returns "pending confirmation", which does not identify it
        )["SubscriptionArn"]
    attributes = topics.sns.get_subscription_attributes(SubscriptionArn=found)["Attributes"]
    current = json.loads(attributes.get("FilterPolicy", "{}"))
    if current | policy != current:
        topics.sns.set_subscription_attributes(
            SubscriptionArn=found, AttributeName="FilterPolicy", AttributeValue=json.dumps(policy)
        )
    return found


def state(topics: Topics, subscription: str) -> State:
    """The present state of a subscription. One call."""
    sns = topics.sns
    try:
        attributes = sns.get_subscription_attributes(SubscriptionArn=subscription)["Attributes"]
    except (sns.exceptions.NotFoundException, sns.exceptions.InvalidParameterException):
        return State.GONE
    return State.PENDING if attributes.get("PendingConfirmation") == "true" else State.READY


def unsubscribe(topics: Topics, subscription: str) -> bool:
    """Delete a subscription. False if it is not confirmed: SNS then refuses, and deletes it itself later."""
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
    """Allow the alerts topic to invoke a Lambda function of the operator. Idempotent."""
    client = topics.account.session.client("lambda", config=PATIENT)
    with suppress(client.exceptions.ResourceConflictException):  # the permission exists already
        client.add_permission(
            FunctionName=function,
            StatementId=statement,
            Action="lambda:InvokeFunction",
            Principal="sns.amazonaws.com",
            SourceArn=topics.arn("alerts"),
        )


def shut_out_sns(topics: Topics, function: str, *, statement: str) -> None:
    """Revoke that permission, if the function still exists."""
    client = topics.account.session.client("lambda", config=PATIENT)
    with suppress(client.exceptions.ResourceNotFoundException):
        client.remove_permission(FunctionName=function, StatementId=statement)


def queue_statement(topics: Topics, queue: str) -> dict[str, object]:
    """The statement that the policy of an operator's queue needs.

    Overdue only prints it: a policy is replaced as a whole, and the operator may manage it elsewhere.
    """
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue,
        "Condition": {"ArnEquals": {"aws:SourceArn": topics.arn("alerts")}},
    }
