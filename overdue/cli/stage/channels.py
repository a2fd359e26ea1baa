"""`overdue channels`: where alerts go. What a channel needs at AWS is made in `overdue.channels.admin`."""

import json
import sys
from dataclasses import replace
from datetime import UTC, datetime

import click

from overdue.channels import admin
from overdue.channels.admin import Added, Keeping
from overdue.channels.channel_kinds import channel_name, shown
from overdue.channels.channel_kinds import target as target_of
from overdue.channels.subscriptions import State, queue_statement
from overdue.channels.test_alert import all_tried
from overdue.cli import show
from overdue.cli.hints import NO_CHANNEL, to_copy
from overdue.cli.options import JSON, OF_PROJECT, REGION, STAGE, of_stage, wrong_usage
from overdue.cli.prompts import confirm
from overdue.cli.settings import Settings


@click.command()
@click.argument("name")
@click.argument("target")
@OF_PROJECT
@STAGE
@REGION
@JSON
def add(name: str, target: str, project: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Create a channel; checks refer to it by NAME. Repeating the command repairs what is missing.

    TARGET is an e-mail address, a phone number such as +15550100, https://… that gets the JSON document by POST, the
    ARN of an SQS queue or a Lambda function, pagerduty:INTEGRATION_KEY, amazon-q (Slack or Teams by AWS), or a URL of
    Apprise: slack://…, msteams://…, tgram://…, discord://…, ntfy://… and a hundred more. docs/how-to/channels.md says
    how to set up each one. A - reads TARGET from stdin, so that no shell remembers it.

    Example: overdue channels add ops-email ops@example.com --stage prod
    """
    with wrong_usage():
        called = channel_name(name)
        wanted = target_of(sys.stdin.readline() if target == "-" else target)
    with admin.opened(of_stage(stage, region)) as keeping:
        added = admin.add(keeping, called, wanted, project=project, now=datetime.now(UTC))
        if as_json:
            show.document(_described(added))
            return
        _tell(keeping, added, project=project)


def _described(added: Added) -> dict[str, str]:
    channel = added.channel
    return {"id": channel.id, "name": channel.name, "kind": channel.kind, "state": added.state.value}


def _tell(keeping: Keeping, added: Added, *, project: str) -> None:
    channel, stage = added.channel, keeping.account.stage
    did = "is there already" if added.was_there else "made"
    about = f"{channel.kind} {shown(channel.kind, channel.target)}".strip()
    show.say(f"Channel {channel.name} of project {project} {did}: {about}")
    match channel.kind:
        case "email" | "https" | "pagerduty" if added.state is State.PENDING:
            who = "Open the link in the e-mail that AWS sends there" if channel.kind == "email" else "It must confirm"
            show.say(f"{who}: until then nothing is delivered.")
        case "sqs":
            show.say("The queue's policy must let SNS in, with this statement:")
            click.echo(json.dumps(queue_statement(keeping.topics, channel.target), indent=2), err=True)
        case "amazon-q":
            show.say(
                f"Subscribe Amazon Q Developer to the topic {keeping.topics.arn('chat')} (docs/how-to/channels.md). "
                "Its chat gets the alerts of every project that has such a channel."
            )
    of_project = () if project == "default" else ("--project", project)
    test = to_copy("channels", "test", channel.name, *of_project, stage=stage)
    show.say(f"Checks can take it within a minute. Try it now with: {test}")


def list_with_state(settings: Settings, *, project: str, region: str | None, as_json: bool) -> None:
    """Show the channels of a project, each with what AWS says of it."""
    with admin.opened(replace(settings, region=region or settings.region)) as keeping:
        found = admin.kept(keeping, project)
        states = [admin.state_of(keeping, project, channel).value for channel in found]
    rows = [
        {"name": each.name, "kind": each.kind, "state": state, "target": shown(each.kind, each.target), "id": each.id}
        for each, state in zip(found, states, strict=True)
    ]
    if as_json:
        show.document(rows)
        return
    columns = ("name", "kind", "state", "target")
    show.table(tuple(map(str.upper, columns)), [tuple(row[name] for name in columns) for row in rows], none=NO_CHANNEL)


@click.command()
@click.argument("name", required=False)
@OF_PROJECT
@STAGE
@REGION
@JSON
def test(name: str | None, project: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Send a test alert to one channel, or to all of a project, and see what each did. Exits 1 if one failed.

    SNS does not tell whether an e-mail arrived: look there. What Apprise delivers is reported as it happened.

    Example: overdue channels test ops-email --stage prod
    """
    settings, now = of_stage(stage, region), datetime.now(UTC)
    with admin.opened(settings) as keeping:
        asked = admin.kept(keeping, project) if name is None else [admin.chosen(keeping, project, name)]
        done = all_tried(keeping, asked, project=project, link=settings.url or "", now=now)
    rows = [(each.channel.name, each.channel.kind, "ok" if each.is_ok else "failed", each.said) for each in done]
    if as_json:
        show.document(
            [
                {"channel": each.channel.name, "kind": each.channel.kind, "ok": each.is_ok, "said": each.said}
                for each in done
            ]
        )
    else:
        show.table(("NAME", "KIND", "RESULT", "WHAT HAPPENED"), rows, none=NO_CHANNEL, wraps="WHAT HAPPENED")
    if not all(each.is_ok for each in done):
        raise SystemExit(1)


@click.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@OF_PROJECT
@STAGE
@REGION
@JSON
def remove(name: str, yes: bool, project: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Remove a channel. Checks that name it keep working without it.

    To change a channel's target, remove it and add it again under the same name: its checks use it again.

    Example: overdue channels remove ops-email --stage prod
    """
    with admin.opened(of_stage(stage, region)) as keeping:
        found = admin.chosen(keeping, project, name)
        confirm(f"Remove channel {found.name} ({found.kind}) of project {project}?", yes=yes)
        is_over = admin.remove(keeping, found, project=project)
    if as_json:
        show.document({"removed": found.name, "id": found.id})
        return
    show.say(f"Removed channel {found.name} of project {project}. It may get alerts for a minute longer.")
    if not is_over:
        show.say("Its subscription was never confirmed: SNS deletes it within days.")
