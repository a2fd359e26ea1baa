"""Channels of a stage, as their operator has them: in the registry, at SNS, and in SSM's parameters.

Decides in which order these are written, so that repeating a command mends what an interrupted one has left: whatever
delivers comes first, the registry's row last; when a channel ends, the row goes last. Start at `opened` and `add`.
What a target means is `channels`' business.
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

ON_A_LOCAL_SERVER = ("https", "sqs")  # what its SNS really delivers


@dataclass(frozen=True, slots=True)
class Keeping:
    """What keeping channels needs of AWS."""

    account: Account
    topics: Topics

    def ssm(self) -> "SSMClient":
        """A client, 0.1 s."""
        return self.account.session.client("ssm", config=PATIENT)

    def parameter(self, project: str, identity: str) -> str:
        """Where the URL of an Apprise channel is kept."""
        return f"/overdue/{self.account.stage}/channels/{project}/{identity}"


@contextmanager
def opened(settings: Settings) -> Iterator[Keeping]:
    """Connect to a stage's tables and topics. Raises BadInput and OverdueError for what does not let us."""
    with key_admin.opened(settings):
        account = _local_account() if settings.dynamodb_url is not None else Account.of(settings)
        with speaking(region=account.region):
            yield Keeping(account, Topics.of(account))


def _local_account() -> Account:
    """The engine of `overdue local`, which `keyring.opened` has put in the place of AWS."""
    return Account(Session(region_name=REGION), REGION, ACCOUNT_ID, "aws", LOCAL_STAGE)


def kept(keeping: Keeping, project: str) -> list[Channel]:
    """The channels of a project, strongly read. Raises BadInput for a project that does not exist."""
    key_admin.known_project(project, stage=keeping.account.stage)
    return [channel for owner, channel in projects.all_channels() if owner == project]


def chosen(keeping: Keeping, project: str, name: str) -> Channel:
    """The channel of this name. Raises BadInput."""
    here = kept(keeping, project)
    for channel in here:
        if channel.name == name:
            return channel
    names = ", ".join(channel.name for channel in here) or "none at all"
    raise BadInput(f'there is no channel "{name}" in project {project}; there are: {names}')


@dataclass(frozen=True, slots=True, kw_only=True)
class Added:
    """A channel as it is now."""

    channel: Channel
    state: State
    was_there: bool


def add(keeping: Keeping, name: str, wanted: Target, *, project: str, now: datetime) -> Added:
    """Make a channel, or mend it when it is there with the same target. Raises BadInput."""
    key_admin.known_project(project, stage=keeping.account.stage)
    if keeping.account.stage == LOCAL_STAGE and _kind(wanted) not in ON_A_LOCAL_SERVER:
        raise BadInput(
            f"a local server delivers to https and sqs only, not to {_kind(wanted)}; "
            "its inbox shows what a channel would get"
        )
    if isinstance(wanted, Subscribed) and wanted.protocol == "http" and keeping.account.stage != LOCAL_STAGE:
        raise BadInput(f"AWS does not reach {shown(wanted.kind, wanted.endpoint)}: it is on this machine")
    was_there = _is_there(keeping, wanted, project=project, name=name)
    identity = channel_id(project, name)
    subscription = _delivering(keeping, wanted, project=project, name=name, identity=identity)
    channel = Channel(id=identity, name=name, kind=_kind(wanted), target=wanted.stored, subscription=subscription)
    projects.add_channel(project, channel, now=now)
    return Added(channel=channel, state=state_of(keeping, project, channel), was_there=was_there)


def _kind(wanted: Target) -> str:
    match wanted:
        case Subscribed():
            return wanted.kind
        case Apprised():
            return APPRISE
        case Chat():
            return AMAZON_Q
        case _:
            assert_never(wanted)


def _is_there(keeping: Keeping, wanted: Target, *, project: str, name: str) -> bool:
    """Raises BadInput for a name with another target, and for an endpoint that serves another channel."""
    for owner, channel in projects.all_channels():
        if (owner, channel.name) == (project, name):
            if channel.kind == _kind(wanted) and _leads_there(keeping, wanted, project=project, channel=channel):
                return True
            raise BadInput(
                f'there is a channel "{name}" in project {project} already, {channel.kind} '
                f"{shown(channel.kind, channel.target)}".rstrip()
                + ": give another name, or first remove it with: "
                + to_copy("channels", "remove", name, *_of(project), stage=keeping.account.stage)
                + " (checks that name it will take the new one)"
            )
        if isinstance(wanted, Subscribed) and (channel.kind, channel.target) == (wanted.kind, wanted.endpoint):
            raise BadInput(
                f"{shown(wanted.kind, wanted.endpoint)} is channel {channel.name} of project {owner} already, and SNS "
                "subscribes an address only once to a topic: let the checks name that channel, or give another address"
            )
    return False


def _of(project: str) -> tuple[str, ...]:
    return () if project == key_admin.DEFAULT_PROJECT else ("--project", project)


def _leads_there(keeping: Keeping, wanted: Target, *, project: str, channel: Channel) -> bool:
    if not isinstance(wanted, Apprised):
        return channel.target == wanted.stored
    url = _kept_url(keeping, project, channel)
    return url is None or url == wanted.url  # None: an interrupted removal, or somebody deleted it; mend it


def _kept_url(keeping: Keeping, project: str, channel: Channel) -> str | None:
    ssm = keeping.ssm()
    try:
        found = ssm.get_parameter(Name=keeping.parameter(project, channel.id), WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    url: str = json.loads(found["Parameter"]["Value"])["url"]
    return url


def _delivering(keeping: Keeping, wanted: Target, *, project: str, name: str, identity: str) -> str:
    """Set up what delivers; the ARN of its subscription, if it has one of its own."""
    topics = keeping.topics
    match wanted:
        case Subscribed():
            topics.insist_on(wanted.topic)
            if wanted.kind == "lambda":
                admit_sns(topics, wanted.endpoint, statement=_statement(keeping, identity))
            return subscribe(topics, wanted, project=project, name=name)
        case Apprised():
            topics.insist_on("alerts")
            keeping.ssm().put_parameter(
                Name=keeping.parameter(project, identity),
                Value=json.dumps({"name": name, "url": wanted.url}),
                Type="SecureString",
                Overwrite=True,
                Description="A channel of Overdue: overdue channels list",
            )
            return ""
        case Chat():
            topics.insist_on("chat")
            return ""
        case _:
            assert_never(wanted)


def _statement(keeping: Keeping, identity: str) -> str:
    return f"{keeping.account.named('channel')}-{identity}"


def state_of(keeping: Keeping, project: str, channel: Channel) -> State:
    """What becomes of an alert for it. One call."""
    if channel.kind == APPRISE:
        return State.GONE if _kept_url(keeping, project, channel) is None else State.READY
    if channel.kind == AMAZON_Q:
        found = keeping.topics.sns.list_subscriptions_by_topic(TopicArn=keeping.topics.arn("chat"))
        return State.READY if found["Subscriptions"] else State.UNHEARD
    if not channel.subscription:  # a local server's own are served by its inbox
        return State.READY if keeping.account.stage == LOCAL_STAGE else State.GONE
    return state(keeping.topics, channel.subscription)


def remove(keeping: Keeping, channel: Channel, *, project: str) -> bool:
    """End a channel; whether all of it has ended. False: SNS forgets its unconfirmed subscription by itself."""
    is_over = not channel.subscription or unsubscribe(keeping.topics, channel.subscription)
    if channel.kind == "lambda":
        shut_out_sns(keeping.topics, channel.target, statement=_statement(keeping, channel.id))
    if channel.kind == APPRISE:
        ssm = keeping.ssm()
        with suppress(ssm.exceptions.ParameterNotFound):  # an interrupted removal went so far
            ssm.delete_parameter(Name=keeping.parameter(project, channel.id))
    projects.remove_channel(project, channel.id)
    return is_over


def topic_of(channel: Channel) -> str:
    """Which topic serves a channel."""
    return {PAGERDUTY: "pagerduty", AMAZON_Q: "chat"}.get(channel.kind, "alerts")
