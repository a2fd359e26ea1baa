"""An alert in the words of others, so that down, reminders and up of one outage stay together there.

PagerDuty's endpoint for CloudWatch takes alarms: the same `AlarmName` is the same incident, `OK` resolves it. Amazon Q
Developer takes custom notifications: the same `threadId` is the same thread in Slack or Teams. Start at `incident`,
which decides what belongs together. What programs get otherwise stands in `document`.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Literal, NotRequired, TypedDict

from chalicelib.alerts.payload import Document
from chalicelib.domain.alerts import Kind

LONGEST_SUBJECT = 99
_FIRST_HEARD = (Kind.DOWN, Kind.ESCALATION, Kind.TEST)  # whom a step tells has heard of nothing before


class Alarm(TypedDict):
    """As CloudWatch publishes the change of an alarm's state; what PagerDuty does not know it shows as details."""

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
    """What is read in the chat; `client-markdown` is the only type of text that there is."""

    textType: Literal["client-markdown"]
    title: str
    description: str
    nextSteps: list[str]
    keywords: list[str]


class Metadata(TypedDict):
    """What it belongs to."""

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


def incident(document: Document) -> str:
    """What is the same for all alerts of one outage, and for no other: the check, and since when it is down.

    Not its name, which may be edited meanwhile. A test belongs to nothing but itself, nor does a digest.
    """
    if document["kind"] in (Kind.TEST, Kind.DIGEST):
        return f"overdue-{document['kind']}-{document['id']}"
    since = datetime.fromisoformat(document["since"])
    return f"overdue-{document['check']['unique_key'][:12]}-{since:%Y%m%dT%H%M%SZ}"


def alarm(document: Document, *, topic_arn: str) -> Alarm:
    """As an alarm of CloudWatch, in the topic's region and account. A test is an alarm, too: to be resolved by hand."""
    _, partition, _, region, account, _ = topic_arn.split(":", 5)
    is_over = document["kind"] == Kind.UP
    found: Alarm = {
        "AlarmName": incident(document),
        "AlarmDescription": document["text"],
        "AWSAccountId": account,
        "NewStateValue": "OK" if is_over else "ALARM",
        "NewStateReason": document["subject"],
        "StateChangeTime": f"{datetime.fromisoformat(document['at']):%Y-%m-%dT%H:%M:%S.000+0000}",
        "Region": region,
        "AlarmArn": f"arn:{partition}:cloudwatch:{region}:{account}:alarm:{incident(document)}",
        "OldStateValue": "OK" if document["kind"] in _FIRST_HEARD else "ALARM",
        "Check": document["check"]["slug"] or document["check"]["name"],
        "Project": document["project"],
        "Link": document["check"]["url"],
        "AlertId": document["id"],
    }
    if document["ack_url"] is not None:
        found["Acknowledge"] = document["ack_url"]
    return found


def alarm_subject(document: Document) -> str:
    """PagerDuty drops a message whose subject does not begin with the new state. Cut where SNS would refuse it."""
    subject = f"{'OK' if document['kind'] == Kind.UP else 'ALARM'}: {document['subject']}"
    return subject if len(subject) <= LONGEST_SUBJECT else subject[: LONGEST_SUBJECT - 3] + "..."


def notification(document: Document) -> Notification:
    """As a custom notification; nothing of a name or an output acts in the chat."""
    check = document["check"]
    tags = [] if document["digest"] else check["tags"]  # of hundreds of checks they tell nothing
    return {
        "version": "1.0",
        "source": "custom",
        "id": document["id"],
        "content": {
            "textType": "client-markdown",
            "title": _escaped(document["subject"]),
            "description": _verbatim(document["text"]),
            "nextSteps": list(_next_steps(document)),
            "keywords": [_escaped(word) for word in (document["kind"], document["reason"], *tags) if word],
        },
        "metadata": {
            "threadId": incident(document),
            "summary": _escaped(document["subject"]),
            "eventType": document["kind"],
            "relatedResources": [_escaped(check["slug"] or check["name"])],
            "additionalContext": {"project": document["project"], "flip": str(document["flip"])},
        },
    }


def _next_steps(document: Document) -> Iterator[str]:
    if document["check"]["url"]:
        yield f"Look at {'all checks' if document['digest'] else 'the check'}: {document['check']['url']}"
    if document["ack_url"]:
        yield f"Acknowledge: {document['ack_url']}"


def _verbatim(text: str) -> str:
    """A block of code, so that columns stay columns; a fence within it must not end it."""
    return f"```\n{_escaped(re.sub('`{3,}', lambda fence: chr(39) * len(fence[0]), text))}\n```"


def _escaped(text: str) -> str:
    """As Slack wants it: else `<!channel>` in the output of a job would wake everybody."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
