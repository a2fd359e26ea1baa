"""Send a test alert to a single channel and report the result. Start at `all_tried`.

SNS on AWS does not report deliveries, so the result is whether it accepted the alert and the subscription is confirmed.
The notifier and the SNS of a local server do report them.
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
    """The result of a test alert to one channel. `said` is the explanation for people."""

    channel: Channel
    is_ok: bool
    said: str


def all_tried(
    admin: Keeping, channels: Sequence[Channel], *, project: str, link: str, now: datetime
) -> tuple[Tried, ...]:
    """Send a test alert to each channel. If AWS refuses one, its result says so and the others are tested anyway."""
    return tuple(_tried_alone(admin, channel, project=project, link=link, now=now) for channel in channels)


def _tried_alone(admin: Keeping, channel: Channel, *, project: str, link: str, now: datetime) -> Tried:
    try:
        with speaking(region=admin.account.region):
            return tried(admin, channel, project=project, link=link, now=now)
    except OverdueError as error:
        return Tried(channel=channel, is_ok=False, said=str(error))


def tried(admin: Keeping, channel: Channel, *, project: str, link: str, now: datetime) -> Tried:
    """Send a test alert to one channel and return the result. `link` is a page for the reader; "" if unknown."""
    state = state_of(admin, project, channel)
    if state is not State.READY:
        why = _unready(channel, state, stage=admin.account.stage, project=project)
        return Tried(channel=channel, is_ok=False, said=why)
    alert = a_test(channel.name, project=project, link=link, now=now)
    if channel.kind == APPRISE:
        return _by_the_notifier(admin, channel, alert)
    topic = topic_of(channel)
    try:
        PUBLISHING[topic](admin.topics.sns, admin.topics.arn(topic), alert, to=(channel.name,))
    except Undelivered as error:
        return Tried(channel=channel, is_ok=False, said=f"SNS refused it: {error.__cause__}")
    if admin.account.stage == LOCAL_STAGE and (failure := _failure(admin, channel)) is not None:
        return Tried(channel=channel, is_ok=False, said=f"not delivered: {failure}")
    note = "; PagerDuty opens an incident for it, which you must resolve yourself" if topic == "pagerduty" else ""
    return Tried(channel=channel, is_ok=True, said=f"accepted by SNS{note}")


def _failure(admin: Keeping, channel: Channel) -> str | None:
    """Why a local server's SNS could not deliver the last alert; None if it could."""
    if not channel.subscription:  # delivered to the inbox
        return None
    attributes = admin.topics.sns.get_subscription_attributes(SubscriptionArn=channel.subscription)["Attributes"]
    return attributes.get(NOT_DELIVERED)


def a_test(name: str, *, project: str, link: str, now: datetime) -> Payload:
    """Build an alert that belongs to no check, for one channel. Its id is random (docs/reference/rules.md, rule 13)."""
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
    message = replace(message, text=message.text.rstrip())  # without a link, the text ends with an empty line
    return build_payload(code, config, alert, message, delivery, project=project)


def _unready(channel: Channel, state: State, *, stage: str, project: str) -> str:
    """Why nothing is delivered to the channel, and what to do."""
    if state is State.UNHEARD:
        return "no delivery: the chat topic has no subscriber. Set up Amazon Q Developer first"
    if state is State.PENDING:
        return "no delivery: pending confirmation. Open the link in the message that AWS sent to this address"
    missing = "URL" if channel.kind == APPRISE else "subscription"
    repair = to_copy("channels", "add", channel.name, "TARGET", "--project", project, stage=stage)
    return f"no delivery: its {missing} is gone. Repair it with: {repair}"


def _by_the_notifier(admin: Keeping, channel: Channel, alert: Payload) -> Tried:
    """Invoke the notifier and wait for its report."""
    client = admin.account.session.client("lambda", config=PATIENT)
    request = {"document": alert, "channel": channel.id, "report": True}
    try:
        answer = client.invoke(FunctionName=admin.account.named("notifier"), Payload=json.dumps(request))
    except client.exceptions.ResourceNotFoundException:
        why = f"there is no function {admin.account.named('notifier')}. Deploy the stage again"
        return Tried(channel=channel, is_ok=False, said=why)
    if answer.get("FunctionError"):
        why = f"the notifier itself failed. See why with: {to_copy('logs', stage=admin.account.stage)}"
        return Tried(channel=channel, is_ok=False, said=why)
    return _reported(channel, answer["Payload"].read())


def _reported(channel: Channel, raw: bytes) -> Tried:
    """The result that the notifier reports."""
    try:
        answer: Any = json.loads(raw)
    except (ValueError, RecursionError):
        answer = None
    match answer:
        case {"ok": bool(is_ok), "said": str(said)}:
            return Tried(channel=channel, is_ok=is_ok, said=said)
        case _:
            why = "the notifier sent no report, so the result is unknown. Deploy the stage again"
            return Tried(channel=channel, is_ok=False, said=why)
