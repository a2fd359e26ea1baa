"""`overdue pings` and `overdue flips`: the history of a check."""

from datetime import UTC, datetime

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.text.inert import inert
from overdue.cli import show
from overdue.cli.options import talks_to_api
from overdue.cli.settings import Settings
from overdue.client.api import Api, UnknownCheck, find
from overdue.client.schemas import PingJson

MOST = 1000  # pings that the API gives

COUNT = click.option("--count", default=20, show_default=True, type=click.IntRange(1, MOST), help="How many, at most.")


@click.command()
@click.argument("check")
@COUNT
@click.option(
    "--body", "number", metavar="N", type=click.IntRange(1), help="What ping N had to say; into a pipe, as it came."
)
@talks_to_api
def pings(check: str, count: int, number: int | None, settings: Settings, as_json: bool) -> None:
    """See what came, when, and how long it took.

    Example: overdue pings nightly-backup --count 5
    """
    api = Api.of(settings)
    found = find(api, check)
    if number is not None:
        _write_body(api, found.code, number, as_json=as_json)
        return
    listed = api.pings(found.code)[:count]
    if as_json:
        show.document(listed)
        return
    tz, now = found.check.get("tz", "UTC"), datetime.now(UTC)
    show.table(
        ("N", f"WHEN ({tz})", "WHAT", "TOOK", "RUN", "FROM", "BY"),
        [_row(ping, tz, now) for ping in listed],
        none=f'No ping of "{found.title}" yet.',
        gives=("BY", "FROM"),
    )


def _row(ping: PingJson, tz: str, now: datetime) -> tuple[str, ...]:
    return (
        str(ping["n"]),
        show.when(ping["date"], tz=tz, now=now),
        show.ping(ping) + (" +body" if ping["body_url"] else ""),
        show.took(ping.get("duration")),
        (ping["rid"] or "")[:8],
        ping["remote_addr"],
        f"{ping['method']} {ping['ua']}",
    )


def _write_body(api: Api, check: str, number: int, *, as_json: bool) -> None:
    try:
        body = api.body(check, number)
    except UnknownCheck as error:
        raise BadInput(f"ping {number} had nothing to say, or is not kept any more") from error
    if as_json:
        show.document({"n": number, "body": body.decode("utf-8", "replace")})
    elif show.is_terminal():
        click.echo(inert(body.decode("utf-8", "replace")))
    else:
        click.echo(body, nl=False)


@click.command()
@click.argument("check")
@COUNT
@talks_to_api
def flips(check: str, count: int, settings: Settings, as_json: bool) -> None:
    """See when a check went down and why, and when it came up again.

    Example: overdue flips nightly-backup
    """
    api = Api.of(settings)
    found = find(api, check)
    listed = api.flips(found.id)[:count]
    if as_json:
        show.document(listed)
        return
    tz, now = found.check.get("tz", "UTC"), datetime.now(UTC)
    show.table(
        (f"WHEN ({tz})", "BECAME"),
        [(show.when(flip["timestamp"], tz=tz, now=now), show.flip(flip)) for flip in listed],
        none=f'"{found.title}" has never changed its status.',
    )
