"""`overdue ping`: one ping by hand. How it is sent is `overdue.pinging`'s business."""

import sys
import time
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import click

from overdue.commands.options import pings
from overdue.config import Settings

if TYPE_CHECKING:
    from overdue.pinging import Target

PATIENCE_S = 15.0


@click.command()
@click.argument("check")
@click.option("--start", "action", flag_value="start", help="It starts.")
@click.option("--fail", "action", flag_value="fail", help="It failed.")
@click.option("--log", "action", flag_value="log", help="A line for its history that changes nothing.")
@click.option("--exit-status", type=click.IntRange(0, 255), help="0 is a success, all else a failure.")
@click.option("--rid", metavar="UUID|new", help="Which run this belongs to; new makes one up and prints it.")
@click.option("--body", metavar="TEXT|-", help="What it has to say; - reads it from stdin.")
@click.option("--create", is_flag=True, help="Make the check if its slug is not known yet.")
@pings
def ping(
    check: str,
    action: str | None,
    exit_status: int | None,
    rid: str | None,
    body: str | None,
    create: bool,
    settings: Settings,
    as_json: bool,
) -> None:
    """Tell a check how its job goes: success, unless said otherwise.

    CHECK is a slug (with a ping key), a code or a ping URL; with an API key any name of a check.

    Example: rid=$(overdue ping nightly-backup --start --rid new); make backup; overdue ping nightly-backup
    --exit-status $? --rid $rid
    """
    from overdue.pinging import deliver, ping_url

    if action is not None and exit_status is not None:
        raise click.UsageError(f"--{action} and --exit-status exclude each other")
    run = _rid(rid)
    said = sys.stdin.buffer.read() if body == "-" else (body or "").encode()
    url = ping_url(
        _target(check, settings, create=create),
        str(exit_status) if exit_status is not None else action or "",
        rid=run,
    )
    answer = deliver(url, body=said, until_s=time.monotonic() + PATIENCE_S, wait=_sleep)
    if as_json:
        from overdue.show import document

        document({"answer": answer.text(100), "created": answer.status == 201, "rid": run})
    elif rid == "new":
        click.echo(run)
    else:
        click.echo(answer.text(100))


def _rid(said: str | None) -> str | None:
    if said is None or said == "new":
        return str(uuid4()) if said else None
    try:
        return str(UUID(said))
    except ValueError as error:
        raise click.UsageError(f'--rid "{said}" is no UUID: give one, or new') from error


def _sleep(pause_s: float) -> bool:
    time.sleep(pause_s)
    return False


def _target(check: str, settings: Settings, *, create: bool) -> "Target":
    """By the ping key where that is enough, else by looking the check up."""
    from overdue.api import Api, find
    from overdue.pinging import SLUG, Target, target
    from overdue.pinging import UUID as CODE

    is_enough = "://" in check or CODE.fullmatch(check.lower()) or (SLUG.fullmatch(check) and settings.ping_key)
    if is_enough or create or settings.api_key is None:
        return target(check, settings, new={} if create else None)
    return Target(url=find(Api.of(settings), check).ping_url(), new=None)
