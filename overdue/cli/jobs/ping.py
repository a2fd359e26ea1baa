"""`overdue ping`: one ping by hand. How it is sent is `overdue.client.pinging`'s business."""

import sys
import time
from uuid import UUID, uuid4

import click

from chalicelib.domain.ids import is_uuid
from chalicelib.domain.slugs import SLUG
from overdue.cli.options import pings
from overdue.cli.settings import Settings
from overdue.cli.show import document
from overdue.client.api import Api, find
from overdue.client.http import Answer
from overdue.client.pinging import RefusedPing, Target, deliver, ping_url, target

PATIENCE_S = 15.0
NOT_FOUND = 404


@click.command()
@click.argument("check")
@click.option("--start", is_flag=True, help="It starts.")
@click.option("--fail", is_flag=True, help="It failed.")
@click.option("--log", is_flag=True, help="A line for its history that changes nothing.")
@click.option("--exit-status", type=click.IntRange(0, 255), help="0 is a success, all else a failure.")
@click.option("--rid", metavar="UUID|new", help="Which run this belongs to; new makes one up and prints it.")
@click.option("--body", metavar="TEXT|-", help="What it has to say; - reads it from stdin.")
@click.option("--create", is_flag=True, help="Make the check if its slug is not known yet.")
@pings
def ping(
    check: str,
    start: bool,
    fail: bool,
    log: bool,
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
    action = _action({"start": start, "fail": fail, "log": log}, exit_status)
    run = _rid(rid)
    said = _body(body)
    answer = _send(check, action, settings, rid=run, body=said, create=create)
    if as_json:
        document({"answer": answer.text(100), "created": answer.status == 201, "rid": run})
    elif rid == "new":
        click.echo(run)
    else:
        click.echo(answer.text(100))


def _action(flags: dict[str, bool], exit_status: int | None) -> str:
    """What the ping says, as its URL does; success in no word."""
    said = [name for name, is_said in flags.items() if is_said] + ["exit-status"] * (exit_status is not None)
    if len(said) > 1:
        raise click.UsageError(f"{' and '.join(f'--{name}' for name in said)} exclude each other")
    return str(exit_status) if exit_status is not None else "".join(said)


def _rid(said: str | None) -> str | None:
    if said is None or said == "new":
        return str(uuid4()) if said else None
    try:
        return str(UUID(said))
    except ValueError as error:
        raise click.UsageError(f'--rid "{said}" is no UUID: give one, or new') from error


def _body(said: str | None) -> bytes:
    if said == "-":
        return sys.stdin.buffer.read()
    try:
        return (said or "").encode()
    except UnicodeEncodeError as error:
        raise click.UsageError("--body is no UTF-8 text: give such bytes on stdin, with --body -") from error


def _send(check: str, action: str, settings: Settings, *, rid: str | None, body: bytes, create: bool) -> Answer:
    """By the ping key where that may be enough; by looking the check up where it is not."""
    until_s = time.monotonic() + PATIENCE_S

    def sent(to: Target) -> Answer:
        return deliver(ping_url(to, action, rid=rid), body=body, until_s=until_s, wait=_sleep)

    is_address = "://" in check or is_uuid(check.lower())
    may_be_a_name = not is_address and not create and settings.api_key is not None
    may_be_a_slug = SLUG.fullmatch(check) is not None and settings.ping_key is not None
    if may_be_a_slug or not may_be_a_name:
        try:
            return sent(target(check, settings, new={} if create else None))
        except RefusedPing as error:
            if error.status != NOT_FOUND or not may_be_a_name:
                raise
    return sent(Target(url=find(Api.of(settings), check).ping_url(), new=None))


def _sleep(pause_s: float) -> bool:
    time.sleep(pause_s)
    return False
