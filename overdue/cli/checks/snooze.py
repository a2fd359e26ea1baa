"""`overdue checks snooze`, `unsnooze` and `ack`: fewer alerts of what people know. Parse, call the API, show."""

from datetime import UTC, datetime

import click

from chalicelib.domain.durations import is_duration, parse_duration, parse_instant
from overdue.cli.checks.outcome import done
from overdue.cli.options import talks_to_api, wrong_usage
from overdue.cli.settings import Settings
from overdue.cli.show import when
from overdue.client.api import Api, find
from overdue.client.schemas import CheckJson


@click.command()
@click.argument("check")
@click.argument("until", metavar="DURATION|INSTANT")
@talks_to_api
def snooze(check: str, until: str, settings: Settings, as_json: bool) -> None:
    """Send no alerts for a time. If the check is still down afterwards, one alert says so.

    The check is still evaluated meanwhile. An instant without an offset, such as 2026-12-24T20:00, is in the check's
    zone.

    Example: overdue checks snooze nightly-backup 2h
    """
    with wrong_usage():
        wanted = _wanted(until)
    api = Api.of(settings)
    changed = api.snooze(find(api, check).code, wanted)
    done(changed, f"No alert{_until(changed)} of", as_json=as_json)


def _wanted(until: str) -> dict[str, object]:
    """The request's body. Raises BadInput."""
    if is_duration(until):
        return {"for": int(parse_duration("the snooze", until).total_seconds())}
    parse_instant("the end of the snooze", until, "UTC")
    return {"until": until}


def _until(check: CheckJson) -> str:
    zone = check.get("zone", "UTC")
    until = check.get("snoozed_until")
    return "" if until is None else f" before {when(until, tz=zone, now=datetime.now(UTC))} {zone}"


@click.command()
@click.argument("check")
@talks_to_api
def unsnooze(check: str, settings: Settings, as_json: bool) -> None:
    """Send alerts about a check again. If it went down meanwhile, an alert is sent immediately.

    Example: overdue checks unsnooze nightly-backup
    """
    api = Api.of(settings)
    done(api.unsnooze(find(api, check).code), "Alerts go out again of", as_json=as_json)


@click.command()
@click.argument("check")
@talks_to_api
def ack(check: str, settings: Settings, as_json: bool) -> None:
    """Acknowledge an outage: no more reminders about it. You are still notified of the recovery.

    Example: overdue checks ack nightly-backup
    """
    api = Api.of(settings)
    done(api.acknowledge(find(api, check).code), "Acknowledged", as_json=as_json)
