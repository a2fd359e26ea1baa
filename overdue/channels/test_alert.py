"""Does an alert reach a channel? A test alert to that channel alone, and what became of it.

SNS does not tell what its protocols delivered: what can be said is that it took the alert, and whether the
subscription is confirmed. The notifier does tell, and so does the SNS of a local server. Start at
`all_tried`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import uuid4

from chalicelib.alerts.payload import Payload, build_payload
from chalicelib.alerts.publish import publish, publish_alarm, publish_notification
from chalicelib.alerts.text import Delivery, compose_message
from chalicelib.domain.alerts import Alert, Facts, Kind
from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.errors import OverdueError, Undelivered
from chalicelib.domain.ids import Code
from overdue.aws.account import PATIENT, speaking
from overdue.channels.admin import Keeping, state_of, topic_of
from overdue.channels.channel_kinds import APPRISE
from overdue.channels.subscriptions import State
from overdue.cli.hints import to_copy
from overdue.cli.settings import LOCAL_STAGE
from overdue.local.engines.environment import NOT_DELIVERED

PUBLISHING = {"alerts": publish, "pagerduty": publish_alarm, "chat": publish_notification}


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """What became of a test."""

    channel: Channel
    is_ok: bool
    said: str


def all_tried(
    keeping: Keeping, channels: Sequence[Channel], *, project: str, link: str, now: datetime
) -> tuple[Tried, ...]:
    """Send a test to each. What AWS refuses for one is told as its own, and the others are tried all the same."""
    return tuple(_tried_alone(keeping, channel, project=project, link=link, now=now) for channel in channels)


def _tried_alone(keeping: Keeping, channel: Channel, *, project: str, link: str, now: datetime) -> Tried:
    try:
        with speaking(region=keeping.account.region):
            return tried(keeping, channel, project=project, link=link, now=now)
    except OverdueError as error:
        return Tried(channel=channel, is_ok=False, said=str(error))


def tried(keeping: Keeping, channel: Channel, *, project: str, link: str, now: datetime) -> Tried:
    """Send a test to one channel, and say what is known of it. `link` is what people may open; "": not known."""
    found = state_of(keeping, project, channel)
    if found is not State.READY:
        said = _unready(channel, found, stage=keeping.account.stage, project=project)
        return Tried(channel=channel, is_ok=False, said=said)
    alert = a_test(channel.name, project=project, link=link, now=now)
    if channel.kind == APPRISE:
        return _by_the_notifier(keeping, channel, alert)
    topic = topic_of(channel)
    try:
        PUBLISHING[topic](keeping.topics.sns, keeping.topics.arn(topic), alert, to=(channel.name,))
    except Undelivered as error:
        return Tried(channel=channel, is_ok=False, said=f"SNS did not take it: {error.__cause__}")
    if keeping.account.stage == LOCAL_STAGE and (failure := _failure(keeping, channel)) is not None:
        return Tried(channel=channel, is_ok=False, said=f"not delivered: {failure}")
    more = "; an incident opens: resolve it by hand" if topic == "pagerduty" else ""
    return Tried(channel=channel, is_ok=True, said=f"handed to SNS{more}")


def _failure(keeping: Keeping, channel: Channel) -> str | None:
    """What a local server's SNS tells of the delivery that it has just tried; None: it succeeded."""
    if not channel.subscription:  # the inbox
        return None
    found = keeping.topics.sns.get_subscription_attributes(SubscriptionArn=channel.subscription)["Attributes"]
    return found.get(NOT_DELIVERED)


def a_test(name: str, *, project: str, link: str, now: datetime) -> Payload:
    """An alert of no check, to one channel; its id is random (docs/reference/rules.md, rule 13)."""
    code, config = Code(str(uuid4())), Config(name=f"channel {name}")
    alert = Alert(
        id=str(uuid4()),
        kind=Kind.TEST,
        reason=None,
        flip=0,
        ordinal=0,
        at=now,
        facts=Facts(since=now),
        retry_at=now,
    )
    delivery = Delivery(at=now, channels=(name,), link=link, ack_link=None)
    message = compose_message(code, config, alert, delivery)
    message = replace(message, text=message.text.rstrip())  # without a link, an empty line is left
    return build_payload(code, config, alert, message, delivery, project=project)


def _unready(channel: Channel, found: State, *, stage: str, project: str) -> str:
    if found is State.UNHEARD:
        return "nobody is subscribed to the chat topic: nothing is delivered. Set Amazon Q Developer up first"
    if found is State.PENDING:
        return "pending confirmation: nothing is delivered. Open the link in the message that AWS has sent there"
    what = "URL" if channel.kind == APPRISE else "subscription"
    mend = to_copy("channels", "add", channel.name, "TARGET", "--project", project, stage=stage)
    return f"its {what} is gone: mend it with: {mend}"


def _by_the_notifier(keeping: Keeping, channel: Channel, alert: Payload) -> Tried:
    """Call the notifier, and wait for its answer."""
    client = keeping.account.session.client("lambda", config=PATIENT)
    asked = {"document": alert, "channel": channel.id, "report": True}
    try:
        done = client.invoke(FunctionName=keeping.account.named("notifier"), Payload=json.dumps(asked))
    except client.exceptions.ResourceNotFoundException:
        said = f"there is no function {keeping.account.named('notifier')}: deploy the stage again"
        return Tried(channel=channel, is_ok=False, said=said)
    if done.get("FunctionError"):
        return Tried(channel=channel, is_ok=False, said="the notifier itself has failed: its log tells why")
    return _reported(channel, done["Payload"].read())


def _reported(channel: Channel, raw: bytes) -> Tried:
    """What the notifier's answer says."""
    try:
        answer: Any = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"ok": bool(is_ok), "said": str(said)}:
            return Tried(channel=channel, is_ok=is_ok, said=said)
        case _:
            said = "the notifier gave no report, so what became of it is not known: deploy the stage again"
            return Tried(channel=channel, is_ok=False, said=said)
