"""`overdue canary`: a check that misses on purpose every day. What its misses prove is `domain.canary`'s business."""

import time
from datetime import UTC, datetime

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.canary import GRACE, PERIOD, RUNS_AT, SLUG, next_run
from overdue.cli import show
from overdue.cli.options import talks_to_api
from overdue.cli.settings import Settings
from overdue.client.api import Api, Found
from overdue.client.pinging import Target, deliver, ping_url
from overdue.client.schemas import ChannelJson, CheckJson, FlipJson

PATIENCE_S = 15.0
WHAT_FOR = (
    "Misses on purpose every day, so that the way of an alert to each of its channels is proved. "
    "Overdue's canary function pings it; see `overdue canary`."
)


@click.command()
@click.option(
    "--channel", "names", multiple=True, metavar="NAME", help="A channel to notify; repeatable. Default: all channels."
)
@talks_to_api
def on(names: tuple[str, ...], settings: Settings, as_json: bool) -> None:
    """Turn on the canary: it misses for the first time in two minutes, then once a day.

    If it is on already, it is pinged again, and its channels change to those you name.

    Example: overdue canary on --channel ops-email
    """
    api = Api.of(settings)
    channels = api.channels()
    if not channels:
        raise BadInput("there is no channel yet, so nobody would be notified. Add one with: overdue channels add")
    check = _made(api, ",".join(names))
    url = ping_url(Target(url=Found(check).ping_url(), new=None), "", rid=None)
    deliver(url, body=b"", until_s=time.monotonic() + PATIENCE_S, wait=_sleep)
    if as_json:
        _document(check)
        return
    told = ", ".join(_names(check, channels)) or "nobody: it has no channel"
    _say(f"The canary is on. It misses in two minutes, and then every day after {RUNS_AT:%H:%M} UTC. It tells {told}.")


def _made(api: Api, channels: str) -> CheckJson:
    """The canary, made or as it is, with these channels unless they are empty."""
    found = _find(api)
    if found is not None:
        return api.update(found.code, {"channels": channels}) if channels else found.check
    return api.create(
        {
            "name": "Canary",
            "slug": SLUG,
            "desc": WHAT_FOR,
            "timeout": int(PERIOD.total_seconds()),
            "grace": int(GRACE.total_seconds()),
            "channels": channels or "*",
        }
    )


@click.command()
@talks_to_api
def off(settings: Settings, as_json: bool) -> None:
    """Delete it with its history: nothing misses on purpose any more.

    Example: overdue canary off
    """
    api = Api.of(settings)
    found = _find(api)
    deleted = None if found is None else api.delete(found.code)
    if as_json:
        _document(deleted)
    else:
        _say("The canary is off." if deleted else "The canary was not on.")


@click.command()
@talks_to_api
def status(settings: Settings, as_json: bool) -> None:
    """Show when the canary last missed, who was notified, and when it is pinged next.

    Example: overdue canary status
    """
    api, now = Api.of(settings), datetime.now(UTC)
    found = _find(api)
    if found is None:
        if as_json:
            _document({"on": False})
        else:
            _say("The canary is off. Let it sing with: overdue canary on")
        return
    is_paused = found.check["status"] == "paused"
    miss = _last_miss(api.flips(found.code), is_paused=is_paused)
    told = [] if miss is None else _told(miss)
    untold = [] if miss is None else [name for name in _names(found.check, api.channels()) if name not in told]
    coming = None if is_paused else next_run(now=now).isoformat()
    missed_at = None if miss is None else miss["timestamp"]
    if as_json:
        _document({"on": not is_paused, "last_miss": missed_at, "told": told, "untold": untold, "next_run": coming})
        return
    rows = [
        ("canary", "on" if coming else "paused: its daily ping is left out"),
        ("last miss", f"{show.when(missed_at, tz='UTC', now=now)} UTC" if missed_at else "none yet"),
        ("told", ", ".join(told) or show.NOTHING),
        ("not told", ", ".join(untold)),
        ("next ping", f"{show.when(coming, tz='UTC', now=now)} UTC" if coming else show.NOTHING),
    ]
    show.fields([(name, value) for name, value in rows if value])


def _find(api: Api) -> Found | None:
    """The canary of the key's project."""
    return next((Found(check) for check in api.checks(tags=()) if check["slug"] == SLUG), None)


def _last_miss(flips: list[FlipJson], *, is_paused: bool) -> FlipJson | None:
    """The newest flip that was down; that of a pause is neither up nor a miss."""
    fell = [flip for flip in flips if not flip["up"]]
    return next(iter(fell[1:] if is_paused else fell), None)


def _told(flip: FlipJson) -> list[str]:
    names = [name for sent in flip.get("sent", []) if sent["kind"] == "down" for name in sent["to"]]
    return list(dict.fromkeys(names))


def _names(check: CheckJson, channels: list[ChannelJson]) -> list[str]:
    """The names of a check's channels."""
    ids = check.get("channels", "").split(",")
    return [channel["name"] for channel in channels if channel["id"] in ids]


def _say(text: str) -> None:
    show.say(text)


def _document(value: object) -> None:
    show.document(value)


def _sleep(pause_s: float) -> bool:
    time.sleep(pause_s)
    return False
