"""One alert to the topics, worded for each protocol that a channel may have.

SNS decides which subscription gets it, by the filter policy on `project` and `channels` (docs/reference/alerts.md).
Start at `publish`; PagerDuty and Amazon Q have topics of their own, as over https SNS knows only one wording a topic.
"""

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

from chalicelib.alerts.integrations import alarm, alarm_subject, notification
from chalicelib.alerts.payload import Document
from chalicelib.alerts.sns import translate_sns_errors

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

_FOR_PEOPLE = ("default", "email")
_FOR_PROGRAMS = ("email-json", "http", "https", "sqs", "lambda")


def publish(sns: "SNSClient", topic_arn: str, document: Document, *, to: Sequence[str]) -> None:
    """Hand an alert to SNS, in one call, for the subscriptions whose filter policy has one of `to`.

    Raises Undelivered; after a time-out it may have gone out all the same.
    """
    with _taking(document):
        sns.publish(
            TopicArn=topic_arn,
            Subject=document["subject"],
            Message=_message(document),
            MessageStructure="json",
            MessageAttributes=_attributes(document, to),
        )


def publish_alarm(sns: "SNSClient", topic_arn: str, document: Document, *, to: Sequence[str]) -> None:
    """The same to PagerDuty's topic. Raises Undelivered."""
    with _taking(document):
        sns.publish(
            TopicArn=topic_arn,
            Subject=alarm_subject(document),
            Message=_compact(alarm(document, topic_arn=topic_arn)),
            MessageAttributes=_attributes(document, to),
        )


def publish_notification(sns: "SNSClient", topic_arn: str, document: Document, *, to: Sequence[str]) -> None:
    """The same to the topic of Amazon Q. Raises Undelivered."""
    with _taking(document):
        sns.publish(
            TopicArn=topic_arn,
            Message=_compact(notification(document)),
            MessageAttributes=_attributes(document, to),
        )


def _taking(document: Document) -> AbstractContextManager[None]:
    return translate_sns_errors(f"alert {document['id']}", "it stays with its check, and is sent again")


def _message(document: Document) -> str:
    """A body a protocol. Not escaped beyond need: each escape would be escaped once more.

    A digest is in it but once, as what SNS takes for each protocol that is not named: so there is room for many.
    """
    as_json = _compact(document)
    if document["digest"] is not None:
        return _compact({"default": as_json, "email": document["text"], "sms": document["sms"]})
    bodies = dict.fromkeys(_FOR_PEOPLE, document["text"]) | dict.fromkeys(_FOR_PROGRAMS, as_json)
    return _compact(bodies | {"sms": document["sms"]})


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _attributes(document: Document, to: Sequence[str]) -> "dict[str, MessageAttributeValueTypeDef]":
    """What filter policies can ask for. SNS refuses an empty value: what there is none of is left out.

    Of a digest it is what its members would have had, so that it reaches whoever would have been told of one of them.
    """
    attributes: dict[str, MessageAttributeValueTypeDef] = {
        "project": {"DataType": "String", "StringValue": document["project"]},
        "kind": {"DataType": "String", "StringValue": (document["digest"] or document)["kind"]},
    }
    if document["digest"] is not None:
        reasons = {member["reason"] for member in document["digest"]["members"] if member["reason"] is not None}
        if reasons:
            attributes["reason"] = _array(sorted(reasons))
    elif document["reason"] is not None:
        attributes["reason"] = {"DataType": "String", "StringValue": document["reason"]}
    if to:
        attributes["channels"] = _array(to)
    tags = [tag for tag in document["check"]["tags"] if tag.isprintable()]  # SNS takes no control characters
    if tags:
        attributes["tags"] = _array(tags)
    return attributes


def _array(values: Sequence[str]) -> "MessageAttributeValueTypeDef":
    return {"DataType": "String.Array", "StringValue": _compact(values)}
