"""`overdue destroy`: a stage taken away. How is `overdue.deploy.destroy`'s business."""

import os
import sys

import click

from chalicelib.domain.errors import BadInput
from overdue.aws.account import Account, speaking
from overdue.cli import show
from overdue.cli.options import JSON, REGION, settings_of, wrong_usage
from overdue.cli.settings import Given, file_path, read_file
from overdue.cli.settings_file import forget
from overdue.cli.stage.deploy import STAGE, Tools
from overdue.deploy.destroy import Removal
from overdue.deploy.parameters import stage_name
from overdue.deploy.stack import Stack
from overdue.deploy.terminal import Terminal


@click.command()
@STAGE
@click.option("--delete-data", is_flag=True, help="Delete its tables, too: checks, history, keys. For good.")
@click.option("--yes", is_flag=True, help="Do not ask for the stage's name.")
@REGION
@JSON
@click.pass_context
def destroy(ctx: click.Context, stage: str, delete_data: bool, yes: bool, region: str | None, as_json: bool) -> None:
    """Delete a stage: its functions, its URL, its topics and their subscriptions.

    Alerts end immediately. The tables stay, unless you use --delete-data, and a later `overdue deploy` of the same
    stage uses them again with all their data. It also subscribes their channels again; e-mail addresses and https://
    endpoints must confirm again.

    --delete-data also deletes the tables, the stage's secrets in SSM, the artifact bucket if no other stage uses it,
    and the stage's table in the settings file. DynamoDB keeps a last backup of each table for 35 days.

    Example: overdue destroy --stage test
    """
    with wrong_usage():
        stage_name(stage)
    account = Account.of(settings_of(Given(stage=stage, region=region)))
    desk = Terminal(yes=yes, is_plan=False)
    with speaking(region=account.region):
        found = Removal.of(account, Stack.of(account, Tools.at_hand(ctx).clock), desk)
        data = (*found.tables, *found.parameters)
        if found.state is None and not (delete_data and data):
            left = f", but its tables are: {', '.join(found.tables)}" if found.tables else ""
            raise BadInput(f"There is no stage {stage} in {account.region}{left}")
        desk.say(_what_goes(found, delete_data=delete_data))
        _ask(stage, yes=yes)
        found.remove_stack(desk)
        if delete_data:
            found.remove_data(desk)
            _forget(stage, region=account.region)
    kept = () if delete_data else found.tables
    if as_json:
        show.document({"destroyed": stage, "region": account.region, "kept": list(kept)})
    elif kept:
        show.say(f"Stage {stage} is gone. Kept: {', '.join(kept)}; a later deploy of this stage takes them over.")
    else:
        show.say(f"Stage {stage} is gone.")


def _forget(stage: str, *, region: str) -> None:
    """Take its URL and keys out of the settings file: they lead nowhere, and may be meant when no stage is named."""
    path = file_path(os.environ)
    try:
        known = read_file(path).stages.get(stage)
        if path is None or known is None or known.region not in (None, region):
            return
        default = forget(path, stage)
    except BadInput as error:
        show.say(f"{error}. Take [stages.{stage}] out of it: its URL and keys lead nowhere any more.")
        return
    meant = "" if default is None else f"; {default} is meant when no stage is named"
    show.say(f"Took stage {stage}, with its URL and keys, out of {path}{meant}.")


def _what_goes(found: Removal, *, delete_data: bool) -> str:
    account = found.account
    stack = f"stack {found.stack.name}" if found.state else f"no stack {found.stack.name} any more"
    tables = ", ".join(found.tables) or "none"
    fate = f"DELETED, with all that is in them: {tables}" if delete_data else f"kept: {tables}"
    return f"Account {account.id}, region {account.region}: {stack}. Tables {fate}."


def _ask(stage: str, *, yes: bool) -> None:
    """A name that must be typed is no habit."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadInput(f"Take stage {stage} away? Say --yes: there is no terminal to ask at")
    if click.prompt(f'Type the name "{stage}" to take it away', default="", show_default=False, err=True) != stage:
        raise BadInput(f"That is not {stage}: nothing was done")
