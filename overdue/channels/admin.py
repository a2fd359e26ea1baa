"""Add, list and remove the channels of a stage: rows in the registry, subscriptions in SNS, parameters in SSM.

Decides the order of the writes, so that repeating an interrupted command completes it: a new channel's subscription or
parameter is written first and its row last; a removed channel's row is deleted last. Start at `opened` and `add`.
`channel_kinds` parses targets; `subscriptions` calls SNS.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, assert_never

from boto3.session import Session

from chalicelib.domain.channels import AMAZON_Q, PAGERDUTY, Channel
from chalicelib.domain.errors import BadInput
from chalicelib.store.registry import projects
from overdue.aws import key_admin
from overdue.aws.account import PATIENT, Account, speaking
from overdue.channels.channel_kinds import APPRISE, Apprised, Chat, Subscribed, Target, channel_id, shown
from overdue.channels.subscriptions import State, Topics, admit_sns, shut_out_sns, state, subscribe, unsubscribe
from overdue.cli.hints import to_copy
from overdue.cli.settings import LOCAL_STAGE, Settings
from overdue.local.engines.environment import ACCOUNT_ID, REGION

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

ON_A_LOCAL_SERVER = ("https", "sqs")  # the kinds that a local server's SNS delivers


@dataclass(frozen=True, slots=True)
class Keeping:
    """The AWS account and topics of a stage, for managing its channels."""

    account: Account
    topics: Topics

    def ssm(self) -> "SSMClient":
        """A new SSM client. Takes 0.1 s."""
        return self.account.session.client("ssm", config=PATIENT)

    def parameter(self, project: str, identity: str) -> str:
        """The name of the SSM parameter with the URL of an Apprise channel. `identity` is the channel's id."""
        return f"/overdue/{self.account.stage}/channels/{project}/{identity}"


@contextmanager
def opened(settings: Settings) -> Iterator[Keeping]:
    """Connect to a stage's tables and topics. Raises BadInput for a missing setting, OverdueError if AWS refuses."""
    with key_admin.opened(settings):
        account = _local_account() if settings.dynamodb_url is not None else Account.of(settings)
        with speaking(region=account.region):
            yield Keeping(account, Topics.of(account))


def _local_account() -> Account:
    """The account of `overdue local`, whose engine `key_admin.opened` has put in the place of AWS."""
    return Account(Session(region_name=REGION), REGION, ACCOUNT_ID, "aws", LOCAL_STAGE)


def kept(admin: Keeping, project: str) -> list[Channel]:
    """The channels of a project, with a consistent read. Raises BadInput for a project that does not exist."""
    key_admin.known_project(project, stage=admin.account.stage)
    return [channel for owner, channel in projects.all_channels() if owner == project]


def chosen(admin: Keeping, project: str, name: str) -> Channel:
    """Find a channel by its name. Raises BadInput, which lists the channels of the project."""
    channels = kept(admin, project)
    for channel in channels:
        if channel.name == name:
            return channel
    names = ", ".join(channel.name for channel in channels)
    hint = f"It has: {names}" if names else "It has no channels yet."
    raise BadInput(f'There is no channel "{name}" in project {project}. {hint}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """The result of `add`."""

    channel: Channel
    state: State
    was_there: bool  # True: the channel existed already, with the same target


def add(admin: Keeping, name: str, target: Target, *, project: str, now: datetime) -> Added:
    """Create a channel, or repair an existing one with the same target.

    Raises BadInput if the project does not exist, another channel has the name or the endpoint, or the stage cannot
    deliver to the target.
    """
    key_admin.known_project(project, stage=admin.account.stage)
    if admin.account.stage == LOCAL_STAGE and _kind(target) not in ON_A_LOCAL_SERVER:
        raise BadInput(
            f"A local server delivers to https and sqs only, not to {_kind(target)}. "
            "Its inbox shows what a channel would receive."
        )
    if isinstance(target, Subscribed) and target.protocol == "http" and admin.account.stage != LOCAL_STAGE:
        raise BadInput(f"AWS cannot reach {shown(target.kind, target.endpoint)}, an address of this machine")
    was_there = _is_there(admin, target, project=project, name=name)
    identity = channel_id(project, name)
    subscription = _delivering(admin, target, project=project, name=name, identity=identity)
    channel = Channel(id=identity, name=name, kind=_kind(target), target=target.stored, subscription=subscription)
    projects.add_channel(project, channel, now=now)
    return Added(channel=channel, state=state_of(admin, project, channel), was_there=was_there)


def _kind(target: Target) -> str:
    match target:
        case Subscribed():
            return target.kind
        case Apprised():
            return APPRISE
        case Chat():
            return AMAZON_Q
        case _:
            assert_never(target)


def _is_there(admin: Keeping, target: Target, *, project: str, name: str) -> bool:
    """Whether the channel exists with this target.

    Raises BadInput if its name has another target or another channel has its endpoint.
    """
    for owner, channel in projects.all_channels():
        if (owner, channel.name) == (project, name):
            if channel.kind == _kind(target) and _leads_there(admin, target, project=project, channel=channel):
                return True
            raise BadInput(
                f'Project {project} already has a channel "{name}": {channel.kind} '
                f"{shown(channel.kind, channel.target)}".rstrip()
                + ". Use another name, or remove it first with: "
                + to_copy("channels", "remove", name, *_of(project), stage=admin.account.stage)
                + " (checks that use it keep the name and will use the new channel)"
            )
        if isinstance(target, Subscribed) and (channel.kind, channel.target) == (target.kind, target.endpoint):
            raise BadInput(
                f"{shown(target.kind, target.endpoint)} already belongs to channel {channel.name} of project {owner}, "
                "and SNS subscribes an address to a topic only once. Use that channel, or another address."
            )
    return False


def _of(project: str) -> tuple[str, ...]:
    return () if project == key_admin.DEFAULT_PROJECT else ("--project", project)


def _leads_there(admin: Keeping, target: Target, *, project: str, channel: Channel) -> bool:
    if not isinstance(target, Apprised):
        return channel.target == target.stored
    url = _kept_url(admin, project, channel)
    return url is None or url == target.url  # None: a removal was interrupted or the parameter deleted; write it again


def _kept_url(admin: Keeping, project: str, channel: Channel) -> str | None:
    ssm = admin.ssm()
    try:
        answer = ssm.get_parameter(Name=admin.parameter(project, channel.id), WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    url: str = json.loads(answer["Parameter"]["Value"])["url"]
    return url


def _delivering(admin: Keeping, target: Target, *, project: str, name: str, identity: str) -> str:
    """Set up the delivery of a channel. Return the ARN of its subscription; "" for a kind that has none of its own."""
    topics = admin.topics
    match target:
        case Subscribed():
            topics.insist_on(target.topic)
            if target.kind == "lambda":
                admit_sns(topics, target.endpoint, statement=_statement(admin, identity))
            return subscribe(topics, target, project=project, name=name)
        case Apprised():
            topics.insist_on("alerts")
            admin.ssm().put_parameter(
                Name=admin.parameter(project, identity),
                Value=json.dumps({"name": name, "url": target.url}),
                Type="SecureString",
                Overwrite=True,
                Description="A channel of Overdue: overdue channels list",
            )
            return ""
        case Chat():
            topics.insist_on("chat")
            return ""
        case _:
            assert_never(target)


def _statement(admin: Keeping, identity: str) -> str:
    return f"{admin.account.named('channel')}-{identity}"


def state_of(admin: Keeping, project: str, channel: Channel) -> State:
    """Whether an alert for the channel would be delivered. One call."""
    if channel.kind == APPRISE:
        return State.GONE if _kept_url(admin, project, channel) is None else State.READY
    if channel.kind == AMAZON_Q:
        answer = admin.topics.sns.list_subscriptions_by_topic(TopicArn=admin.topics.arn("chat"))
        return State.READY if answer["Subscriptions"] else State.UNHEARD
    if not channel.subscription:  # the built-in channels of a local server, which its inbox shows
        return State.READY if admin.account.stage == LOCAL_STAGE else State.GONE
    return state(admin.topics, channel.subscription)


def remove(admin: Keeping, channel: Channel, *, project: str) -> bool:
    """Remove a channel. False if its unconfirmed subscription stays until SNS deletes it."""
    is_gone = not channel.subscription or unsubscribe(admin.topics, channel.subscription)
    if channel.kind == "lambda":
        shut_out_sns(admin.topics, channel.target, statement=_statement(admin, channel.id))
    if channel.kind == APPRISE:
        ssm = admin.ssm()
        with suppress(ssm.exceptions.ParameterNotFound):  # an interrupted removal deleted it
            ssm.delete_parameter(Name=admin.parameter(project, channel.id))
    projects.remove_channel(project, channel.id)
    return is_gone


def topic_of(channel: Channel) -> str:
    """The topic that a channel's alerts are published to: alerts, pagerduty or chat."""
    return {PAGERDUTY: "pagerduty", AMAZON_Q: "chat"}.get(channel.kind, "alerts")
