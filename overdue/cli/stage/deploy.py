"""`overdue deploy`: a stage in an AWS account, made or brought up to date. How is `overdue.deploy`'s business."""

import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass, fields
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from chalicelib.clock import SystemClock
from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.store.registry.projects import all_channels
from overdue.aws.account import Account, speaking
from overdue.aws.key_admin import DEFAULT_PROJECT
from overdue.channels.admin import add, opened
from overdue.channels.channel_kinds import target
from overdue.checks_file.file import InvalidFile, decoded, read
from overdue.cli import show
from overdue.cli.files.apply import apply
from overdue.cli.hints import to_copy
from overdue.cli.options import JSON, REGION, settings_of, wrong_usage
from overdue.cli.settings import Given, file_path
from overdue.cli.settings_file import remember
from overdue.deploy.bootstrap import Keys, first_keys, settings, short_lived_key, subscribe_operator
from overdue.deploy.deployment import Deployed, Deployment
from overdue.deploy.parameters import (
    NUMBERS,
    Choices,
    chosen_watchdog,
    insist_on_region,
    parameters,
    stage_name,
)
from overdue.deploy.stack import Stack
from overdue.deploy.terminal import Terminal

if TYPE_CHECKING:
    from chalicelib.clock import Clock
    from overdue.deploy.packaging.package import Package

STAGE = click.option(
    "--stage", required=True, metavar="NAME", help="Its name, such as prod; part of every name at AWS."
)


_POSITIVE = click.IntRange(min=1)


@dataclass(frozen=True, slots=True)
class Tools:
    """What a deploy works with; click's `obj`, so that a test brings its own."""

    package: Callable[[Path], "Package"]
    clock: "Clock"

    @classmethod
    def at_hand(cls, ctx: click.Context) -> "Tools":
        """Those that were brought, or the real ones."""
        if brought := ctx.find_object(cls):
            return brought
        from overdue.deploy.packaging.package import package  # imports samtranslator: 0.5 s

        return cls(package, SystemClock())


def _with_choices(function: Callable[..., None]) -> Callable[..., None]:
    """Pass the options that say what is deployed as one value."""

    @wraps(function)
    def called(*context: Any, **said: Any) -> None:
        numbers = {parameter: said.pop(name) for name, parameter in NUMBERS.items()}
        texts = {each.name: said.pop(each.name) for each in fields(Choices) if each.name in said}
        function(*context, choices=Choices(**texts, numbers=numbers), **said)

    return called


@click.command()
@STAGE
@click.option("--email", metavar="ADDRESS", help="Gets alerts, as channel email, and word of Overdue's own troubles.")
@click.option("--sms", metavar="NUMBER", help="Gets alerts as channel sms, such as +15550100.")
@click.option("--domain", metavar="NAME", help="Your own domain instead of AWS's; none removes it.")
@click.option("--hosted-zone", metavar="ID", help="Its Route 53 zone: record and certificate are created.")
@click.option("--certificate", metavar="ARN", help="The domain's certificate in ACM, if you create the record.")
@click.option(
    "--watchdog", metavar="URL", help="An outside monitor's URL, called after each full sweep; none to remove it."
)
@click.option(
    "--probe-inside",
    metavar="NETWORKS",
    help="Private networks that probes may reach, such as 10.0.0.0/16; none to remove them.",
)
@click.option("--tz", metavar="ZONE", help="The zone in which pages show times, such as Europe/Berlin.")
@click.option(
    "--digest-from",
    type=click.IntRange(0, 1000),
    metavar="NUMBER",
    help="This many simultaneous alerts of a kind are sent as one digest; 0 for never.",
)
@click.option("--ping-rate", type=_POSITIVE, metavar="N", help="Pings accepted per second. Default: 1000.")
@click.option("--ping-burst", type=_POSITIVE, metavar="N", help="Pings accepted in a burst. Default: 2000.")
@click.option(
    "--pings-per-minute", type=_POSITIVE, metavar="N", help="Pings accepted per minute and check. Default: 300."
)
@click.option("--checks-per-project", type=_POSITIVE, metavar="N", help="Most checks in a project. Default: 10000.")
@click.option(
    "--creates-per-minute",
    type=_POSITIVE,
    metavar="N",
    help="Most checks that pings (create=1) create per minute and project. Default: 1000.",
)
@click.option(
    "--budget",
    type=click.IntRange(min=0),
    metavar="USD",
    help="Monthly AWS budget of the account: notify operators at 80%, 100%, and when forecast to exceed it. 0: none.",
)
@click.option("--checks", metavar="FILE", help="Afterwards, make the checks be as this file says: overdue apply.")
@click.option("--no-save", is_flag=True, help="Write nothing into the settings file.")
@click.option("--dry-run", is_flag=True, help="Show what would change. Only the package is uploaded.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@REGION
@JSON
@click.pass_context
@_with_choices
def deploy(
    ctx: click.Context,
    choices: Choices,
    stage: str,
    checks: str | None,
    no_save: bool,
    dry_run: bool,
    yes: bool,
    region: str | None,
    as_json: bool,
) -> None:
    """Create or update a stage: all of Overdue in your AWS account.

    Shows what will change, asks for confirmation, and follows the change. Later runs change only what differs; options
    that you leave out keep their values, for example the domain. Prints the base URL, and the first time a ping key
    and an API key, and writes them to the settings file.

    Needs AWS credentials with the permissions for this, and no other tool. Ctrl-C does not stop what AWS has begun:
    the same command follows it to its end. If something fails, AWS rolls back, and the first cause is printed.

    AWS sends the e-mail address two subscriptions to confirm. Until then, it gets no alerts.

    Example: overdue deploy --stage prod --email ops@example.com
    """
    with wrong_usage():
        stage_name(stage)
        said, watchdog = parameters(choices), chosen_watchdog(choices.watchdog)
    _insist_on_file(checks)
    desk = Terminal(yes=yes, is_plan=dry_run and not as_json)
    account = Account.of(settings_of(Given(stage=stage, region=region)))
    insist_on_region(choices.certificate, account.region)
    tools = Tools.at_hand(ctx)
    with speaking(region=account.region), tempfile.TemporaryDirectory(prefix="overdue-deploy-") as folder:
        desk.say(f"Stage {stage}: account {account.id}, region {account.region}. Packaging, which takes some seconds")
        package = tools.package(Path(folder))
        stack = Stack.of(account, tools.clock)
        deployment = Deployment(
            account=account,
            package=package,
            said=said,
            watchdog=watchdog,
            stack=stack,
            desk=desk,
            dry_run=dry_run,
        )
        done = deployment.run()
        if dry_run:
            _tell(account, done, None, as_json=as_json)
            return
        _hand_over(account, done, tools.clock, no_save=no_save, as_json=as_json)
        _let_know(account, done, tools.clock, email=choices.email, sms=choices.sms)
    if checks is not None:
        _apply(ctx, account, done, tools.clock, checks, to_stderr=as_json)


def _insist_on_file(checks: str | None) -> None:
    """Nothing is deployed before the file of checks is known to be right."""
    if checks is None:
        return
    try:
        read(decoded(Path(checks).read_bytes(), name=checks), name=checks)
    except OSError as error:
        raise click.UsageError(f"{checks} cannot be read: {(error.strerror or str(error)).lower()}") from error
    except InvalidFile as error:
        raise click.UsageError(f"{error}\nNothing was deployed.") from error


def _hand_over(account: Account, done: Deployed, clock: "Clock", *, no_save: bool, as_json: bool) -> None:
    """Make the first keys, and show them before anything else can fail: nobody can see them again."""
    keys = first_keys(account, now=clock.now())
    _tell(account, done, keys, as_json=as_json)
    if not no_save:
        _save(account, done, keys)


def _tell(account: Account, done: Deployed, keys: Keys | None, *, as_json: bool) -> None:
    base = done.outputs.get("BaseUrl")
    if as_json:
        changes = [
            {
                "action": change.action,
                "resource": change.logical_id,
                "type": change.type,
                "replacement": change.replacement,
            }
            for change in done.changes
        ]
        document = {"stage": account.stage, "account": account.id, "region": account.region, "done": done.done}
        shown = {} if keys is None else {"api_key": keys.api, "ping_key": keys.ping}
        show.document({**document, "url": base, **shown, "outputs": dict(done.outputs), "changes": changes})
        return
    if base is None:
        show.say(f"{len(done.changes)} changes. Nothing was changed.")
        return
    known = [] if keys is None else [("Ping key", keys.ping), ("API key", keys.api)]
    show.fields([("Base URL", base), *known])
    if keys is not None:
        show.say("The keys are not shown again. A job makes its own check with its first ping:")
        show.say(f'  curl -fsS "{base}/ping/{keys.ping}/my-job?create=1&period=1h"')
    if target := done.outputs.get("DomainTarget"):
        show.say(f"{base} leads there once its DNS has a CNAME or alias to {target}; a hosted zone has it already.")


def _save(account: Account, done: Deployed, keys: Keys | None) -> None:
    values = {"url": done.outputs["BaseUrl"], "region": account.region}
    if keys is not None:
        values |= {"api_key": keys.api, "ping_key": keys.ping}
    path = file_path(os.environ)
    if path is None:
        show.say(
            "There is no home directory to keep a settings file in: give --url and OVERDUE_API_KEY to other commands."
        )
        return
    try:
        remember(path, account.stage, values)
    except BadInput as error:
        show.say(f"{error}. Write into it, under [stages.{account.stage}]: {', '.join(values)}")
        return
    show.say(f"Written into {path}, as stage {account.stage}: {', '.join(values)}.")


def _let_know(account: Account, done: Deployed, clock: "Clock", *, email: str | None, sms: str | None) -> None:
    """Channels, and the operator's own subscription. Each may be repeated."""
    if done.adopted:
        _subscribe_again(account, clock)
    wanted = {name: address for name, address in (("email", email), ("sms", sms)) if address is not None}
    if not wanted:
        return
    with opened(settings(account)) as keeping:
        for name, address in wanted.items():
            added = add(keeping, name, target(address), project=DEFAULT_PROJECT, now=clock.now())
            show.say(f"Channel {name} {'is there already' if added.was_there else 'made'}: {address}, {added.state}.")
    if email is not None and subscribe_operator(account, done.outputs["PlatformTopicArn"], email):
        show.say(
            f"AWS sends {email} two mails with a link each: one for alerts, one for Overdue's own troubles. Open both."
        )


def _subscribe_again(account: Account, clock: "Clock") -> None:
    """Channels that came with the tables lost their subscriptions with the old topics."""
    with opened(settings(account)) as keeping:
        for project, channel in all_channels():
            if not channel.subscription:
                continue
            try:
                added = add(keeping, channel.name, target(channel.target), project=project, now=clock.now())
                show.say(f"Channel {channel.name} of project {project} is subscribed again: {added.state}.")
            except BadInput as error:
                show.say(f"Channel {channel.name} of project {project} could not be subscribed again: {error}")


def _apply(
    ctx: click.Context, account: Account, done: Deployed, clock: "Clock", checks: str, *, to_stderr: bool
) -> None:
    """Apply the file with a key that lives only as long."""
    base = done.outputs["BaseUrl"]
    with short_lived_key(account, now=clock.now()) as key, redirect_stdout(sys.stderr if to_stderr else sys.stdout):
        try:
            ctx.invoke(
                apply,
                file=checks,
                url=base,
                api_key=key,
                stage=None,
                dry_run=False,
                prune=False,
                yes=False,
                as_json=False,
            )
        except (OverdueError, click.ClickException) as error:
            said = error.message if isinstance(error, click.ClickException) else str(error)
            raise OverdueError(
                f"Stage {account.stage} is deployed, but its checks could not be applied: {said.rstrip('.')}. "
                f"Go on with: {to_copy('apply', checks, stage=account.stage)}"
            ) from error
