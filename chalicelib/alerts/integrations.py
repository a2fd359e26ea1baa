"""Alerts in the formats of PagerDuty and Amazon Q, with one key for all alerts of an outage.

PagerDuty's endpoint for CloudWatch accepts alarms: alarms with the same `AlarmName` belong to the same incident, and
`OK` resolves it. Amazon Q Developer accepts custom notifications: those with the same `threadId` belong to the same
thread in Slack or Teams. Start at `incident_key`. `payload` builds the format for all other programs.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from chalicelib.alerts.payload import Payload
from chalicelib.domain.alerts import Kind

LONGEST_SUBJECT = 99
_FIRST_MESSAGES = (Kind.DOWN, Kind.ESCALATION, Kind.TEST)  # the channels of a step get nothing before its escalation


class Alarm(TypedDict):
    """A change of an alarm's state, as CloudWatch publishes it. PagerDuty shows unknown fields as details."""

    AlarmName: str
    AlarmDescription: str
    AWSAccountId: str
    NewStateValue: Literal["ALARM", "OK"]
    NewStateReason: str
    StateChangeTime: str
    Region: str
    AlarmArn: str
    OldStateValue: Literal["ALARM", "OK"]
    Check: str
    Project: str
    Link: str
    Acknowledge: NotRequired[str]
    AlertId: str


class Content(TypedDict):
    """The text in the chat. `client-markdown` is the only type that exists."""

    textType: Literal["client-markdown"]
    title: str
    description: str
    nextSteps: list[str]
    keywords: list[str]


class Metadata(TypedDict):
    """The thread and the subject of a notification."""

    threadId: str
    summary: str
    eventType: str
    relatedResources: list[str]
    additionalContext: dict[str, str]


class Notification(TypedDict):
    """A custom notification of Amazon Q Developer in chat applications, version 1.0."""

    version: Literal["1.0"]
    source: Literal["custom"]
    id: str
    content: Content
    metadata: Metadata


def incident_key(payload: Payload) -> str:
    """The key that all alerts of one outage share: the check, and since when it is down.

    The check is named by its unique key, because its name can be edited during the outage. A test and a digest have a
    key of their own.
    """
    if payload["kind"] in (Kind.TEST, Kind.DIGEST):
        return f"overdue-{payload['kind']}-{payload['id']}"
    since = datetime.fromisoformat(payload["since"])
    return f"overdue-{payload['check']['unique_key'][:12]}-{since:%Y%m%dT%H%M%SZ}"


def alarm(payload: Payload, *, topic_arn: str) -> Alarm:
    """The alarm for PagerDuty, in the topic's region and account. The alarm of a test must be resolved by hand."""
    _, partition, _, region, account, _ = topic_arn.split(":", 5)
    is_over = payload["kind"] == Kind.UP
    found: Alarm = {
        "AlarmName": incident_key(payload),
        "AlarmDescription": payload["text"],
        "AWSAccountId": account,
        "NewStateValue": "OK" if is_over else "ALARM",
        "NewStateReason": payload["subject"],
        "StateChangeTime": f"{datetime.fromisoformat(payload['at']):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": region,
        "AlarmArn": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{incident_key(payload)}",
        "OldStateValue": "OK" if payload["kind"] in _FIRST_MESSAGES else "ALARM",
        "Check": payload["check"]["slug"] or payload["check"]["name"],
        "Project": payload["project"],
        "Link": payload["check"]["url"],
        "AlertId": payload["id"],
    }
    if payload["ack_url"] is not None:
        found["Acknowledge"] = payload["ack_url"]
    return found


def alarm_subject(payload: Payload) -> str:
    """The subject, cut to the length that SNS accepts. PagerDuty requires that it begin with the new state."""
    subject = f"{'OK' if payload['kind'] == Kind.UP else 'ALARM'}: {payload['subject']}"
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 3] + "..."


def notification(payload: Payload) -> Notification:
    """The notification for Amazon Q, in which no name and no output is interpreted as markup."""
    check = payload["check"]
    tags = [] if payload["digest"] else check["tags"]  # the tags of hundreds of checks say nothing
    return {
        "version": "1.0",
        "source": "custom",
        "id": payload["id"],
        "content": {
            "textType": "client-markdown",
            "title": _escape(payload["subject"]),
            "description": _code_block(payload["text"]),
            "nextSteps": list(_next_steps(payload)),
            "keywords": [_escape(word) for word in (payload["kind"], payload["reason"], *tags) if word],
        },
        "metadata": {
            "threadId": incident_key(payload),
            "summary": _escape(payload["subject"]),
            "eventType": payload["kind"],
            "relatedResources": [_escape(check["slug"] or check["name"])],
            "additionalContext": {"project": payload["project"], "flip": str(payload["flip"])},
        },
    }


def _next_steps(payload: Payload) -> Iterator[str]:
    if payload["check"]["url"]:
        yield f"Look at {'all checks' if payload['digest'] else 'the check'}: {payload['check']['url']}"
    if payload["ack_url"]:
        yield f"Acknowledge: {payload['ack_url']}"


def _code_block(text: str) -> str:
    """A code block, which keeps columns aligned. Fences in the text are replaced, so that none ends the block."""
    return f"```\n{_escape(re.sub('`{3,}', lambda fence: chr(39) * len(fence[0]), text))}\n```"


def _escape(text: str) -> str:
    """Escape for Slack, so that `<!channel>` in the output of a job notifies nobody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
