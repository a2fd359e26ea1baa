"""Publish an alert to the SNS topics, with a body for each protocol.

The filter policy of a subscription, on `project` and `channels`, decides whether SNS delivers the alert to it
(docs/reference/alerts.md). Start at `publish`. PagerDuty and Amazon Q have topics of their own, because SNS sends the
same body to all https subscriptions of a topic.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from chalicelib.alerts.integrations import alarm, alarm_subject, notification
from chalicelib.alerts.payload import Payload
from chalicelib.alerts.sns import translate_sns_errors

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

_FOR_PEOPLE = ("default", "email")
_FOR_PROGRAMS = ("email-json", "http", "https", "sqs", "lambda")


def publish(sns: "SNSClient", topic_arn: str, payload: Payload, *, to: Sequence[str]) -> None:
    """Publish an alert in one call, for the subscriptions whose filter policy has one of the names in `to`.

    Raises Undelivered. After a timeout, SNS may have accepted the alert all the same.
    """
    with _translate_errors_about(payload):
        sns.publish(
            TopicArn=topic_arn,
            Subject=payload["subject"],
            Message=_message(payload),
            MessageStructure="json",
            MessageAttributes=_attributes(payload, to),
        )


def publish_alarm(sns: "SNSClient", topic_arn: str, payload: Payload, *, to: Sequence[str]) -> None:
    """Publish an alert to the topic of PagerDuty. Raises Undelivered."""
    with _translate_errors_about(payload):
        sns.publish(
            TopicArn=topic_arn,
            Subject=alarm_subject(payload),
            Message=_compact(alarm(payload, topic_arn=topic_arn)),
            MessageAttributes=_attributes(payload, to),
        )


def publish_notification(sns: "SNSClient", topic_arn: str, payload: Payload, *, to: Sequence[str]) -> None:
    """Publish an alert to the topic of Amazon Q. Raises Undelivered."""
    with _translate_errors_about(payload):
        sns.publish(
            TopicArn=topic_arn,
            Message=_compact(notification(payload)),
            MessageAttributes=_attributes(payload, to),
        )


def _translate_errors_about(payload: Payload) -> AbstractContextManager[None]:
    return translate_sns_errors(f"alert {payload['id']}", "it stays in its check, and is published again later")


def _message(payload: Payload) -> str:
    """The bodies by protocol, as JSON without needless escapes, because each would be escaped once more.

    The JSON of a digest is included only once, as the default for all protocols but email and SMS. That leaves room for
    more members.
    """
    as_json = _compact(payload)
    if payload["digest"] is not None:
        return _compact({"default": as_json, "email": payload["text"], "sms": payload["sms"]})
    bodies = dict.fromkeys(_FOR_PEOPLE, payload["text"]) | dict.fromkeys(_FOR_PROGRAMS, as_json)
    return _compact(bodies | {"sms": payload["sms"]})


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attributes(payload: Payload, to: Sequence[str]) -> "dict[str, MessageAttributeValueTypeDef]":
    """The attributes that filter policies match. Empty ones are left out, because SNS refuses an empty value.

    A digest has the attributes of all its members, so that it reaches every subscription that one of them would reach.
    """
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        "project": {"DataType": "String", "StringValue": payload["project"]},
        "kind": {"DataType": "String", "StringValue": (payload["digest"] or payload)["kind"]},
    }
    if payload["digest"] is not None:
        reasons = {member["reason"] for member in payload["digest"]["members"] if member["reason"] is not None}
        if reasons:
            attributes["reason"] = _array(sorted(reasons))
    elif payload["reason"] is not None:
        attributes["reason"] = {"DataType": "String", "StringValue": payload["reason"]}
    if to:
        attributes["channels"] = _array(to)
    tags = [tag for tag in payload["check"]["tags"] if tag.isprintable()]  # SNS refuses control characters
    if tags:
        attributes["tags"] = _array(tags)
    return attributes


def _array(values: Sequence[str]) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String.Array", "StringValue": _compact(values)}
