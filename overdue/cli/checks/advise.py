"""`overdue checks advise`: what would suit a check better, and what that would have told. Parse, ask the API, show."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import click

from chalicelib.domain.schedule.occurrences import Every, zone_named
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.reasons import reason_name
from overdue.advice.advising import Advice, advice
from overdue.advice.nights import Night
from overdue.advice.replay import REPLAYED
from overdue.cli import show
from overdue.cli.checks.configured import CONFIGURED, config_options, fields_of
from overdue.cli.options import talks_to_api
from overdue.cli.settings import Settings
from overdue.client.api import Api, Found, find

MOST_SHOWN = 20  # alerts, the newest of them


@click.command()
@click.argument("check")
@config_options(*(field for field in CONFIGURED if field.name in REPLAYED))
@talks_to_api
def advise(check: str, settings: Settings, as_json: bool, **said: Any) -> None:
    """See which schedule, grace and limit would suit a check, by its last 1,000 pings.

    Those are played through the rules once more: with the check as it is, with each suggestion, or with the options
    that are given here. It tells which alerts would have gone out, and the next nights on which clocks change. Nothing
    is changed. Reminders and escalation are not counted, and counts of items are not known.

    Example: overdue checks advise nightly-backup --grace 10m --max-runtime auto
    """
    fields = fields_of(said)
    api = Api.of(settings)
    found = find(api, check)
    now = datetime.now(UTC)
    given = advice(found.check, api.pings(found.code), what_if=fields, now=now)
    if as_json:
        show.document(given.as_json())
        return
    tz = found.check.get("zone", "UTC")
    _show_suggestions(found, given)
    _show_alerts(found, given, tz=tz, now=now)
    _show_nights(given)


def _show_suggestions(found: Found, given: Advice) -> None:
    if given.is_what_if:
        return
    rows = [
        (f"{'and ' * bool(number)}{each.suggestion.option}", str(each.alerts), each.suggestion.why)
        for number, each in enumerate(given.suggestions)
    ]
    if rows:
        rows = [("as it is", str(given.now), ""), *rows]
    few = "" if given.pings else ", which has none yet"
    show.table(
        ("SUGGESTED", "ALERTS", "WHY"),
        rows,
        none=f'Nothing to suggest for "{found.title}" from {given.pings} pings{few}.',
        wraps="WHY",
    )


def _show_alerts(found: Found, given: Advice, *, tz: str, now: datetime) -> None:
    if given.since is None:
        return
    then = (
        "" if given.then is None else f", {given.then} with " + ("these options" if given.is_what_if else "all of it")
    )
    since = show.when(given.since.isoformat(), tz=tz, now=now)
    alerts = quantity(given.now, "alert")
    show.say(f'"{found.title}", {given.pings} pings since {since} {tz}: {alerts} as it is{then}.')
    if not given.told:
        return
    click.echo("")
    has_then = given.then is not None
    show.table(
        (f"DOWN ({tz})", "WHY", "UNTIL", "AS IT IS", *(["THEN"] if has_then else [])),
        [
            (
                show.when(each.at.isoformat(), tz=tz, now=now),
                reason_name(each.reason),
                show.NOTHING if each.until is None else show.when(each.until.isoformat(), tz=tz, now=now),
                "alert" if each.now else show.NOTHING,
                *(["alert" if each.then else show.NOTHING] if has_then else []),
            )
            for each in given.told[-MOST_SHOWN:]
        ],
        none="",
    )
    if len(given.told) > MOST_SHOWN:
        show.say(f"The newest {MOST_SHOWN} of {len(given.told)}; --json has all.")


def _show_nights(given: Advice) -> None:
    if isinstance(given.schedule, Every) or not given.nights:
        return
    zone = given.schedule.tz
    click.echo("")
    for night in given.nights:
        click.echo("; ".join(_night(night, zone)))


def _night(night: Night, tz: str) -> Iterator[str]:
    here = night.at.astimezone(zone_named(tz))
    yield f"{here:%a %d %b %Y} clocks go {'forward' if night.is_forward else 'back'} ({tz})"
    if not night.says_something:
        yield "as on any other day"
    if night.skipped and night.moved:
        yield f"instead of {_times(night.skipped)} it runs at {_times(night.moved)}"
    elif night.skipped:
        yield f"skips {_times(night.skipped)}"
    if night.doubled:
        yield f"runs twice at {_times(night.doubled)}"


def _times(times: Any) -> str:
    said = [f"{each:%H:%M}" for each in times]
    return ", ".join(said[:6]) + (f" and {len(said) - 6} more" if len(said) > 6 else "")
