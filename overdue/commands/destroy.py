"""`overdue destroy`: a stage taken away. How is `overdue.deploy.removal`'s business."""

import sys
from typing import TYPE_CHECKING

import click

from chalicelib.domain.errors import BadInput
from overdue.commands.deploy import STAGE, Tools
from overdue.commands.keys import REGION
from overdue.commands.options import JSON, settings_of, wrong_usage
from overdue.config import Given
from overdue.deploy.chosen import stage_name

if TYPE_CHECKING:
    from overdue.deploy.removal import Removal


@click.command()
@STAGE
@click.option("--delete-data", is_flag=True, help="Delete its tables, too: checks, history, keys. For good.")
@click.option("--yes", is_flag=True, help="Do not ask for the stage's name.")
@REGION
@JSON
@click.pass_context
def destroy(ctx: click.Context, stage: str, delete_data: bool, yes: bool, region: str | None, as_json: bool) -> None:
    """Take a stage away: its functions, its URL, its topics with all their subscriptions.

    The tables stay, unless --delete-data is said, and a later `overdue deploy` of the same stage takes them over with
    all that is in them. Its channels' subscriptions are gone, though: `overdue channels add` mends each. From now on
    nobody hears of any job.

    With --delete-data go the tables, the channels' addresses in SSM, and the artifact bucket if no other stage uses
    it. DynamoDB keeps a last backup of each table for 35 days.

    Example: overdue destroy --stage test
    """
    from overdue import show
    from overdue.deploy.aws import Account, speaking
    from overdue.deploy.removal import Removal
    from overdue.deploy.stack import Stack
    from overdue.deploy.watching import Terminal

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
    kept = () if delete_data else found.tables
    if as_json:
        show.document({"destroyed": stage, "region": account.region, "kept": list(kept)})
    elif kept:
        show.say(f"Stage {stage} is gone. Kept: {', '.join(kept)}; a later deploy of this stage takes them over.")
    else:
        show.say(f"Stage {stage} is gone.")


def _what_goes(found: "Removal", *, delete_data: bool) -> str:
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
