"""`overdue schedule`: what an expression means, worked out here; no server is asked."""

from datetime import UTC, datetime, tzinfo

import click

from chalicelib.domain.schedule.describe import in_words, occurrences
from chalicelib.domain.schedule.occurrences import current_zone, zone_named
from chalicelib.domain.schedule.parse import warnings
from overdue.cli import show
from overdue.cli.offline.expressions import schedule_of


@click.command()
@click.argument("expr")
@click.option("--tz", default="UTC", show_default=True, metavar="ZONE", help="The zone that it runs in.")
@click.option("--count", default=5, show_default=True, type=click.IntRange(1, 1000), help="How many occurrences.")
@click.option("--after", metavar="INSTANT", help="Rather than now, such as 2026-10-24 or 2026-10-24T12:00+02:00.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, and nothing else.")
def schedule(expr: str, tz: str, count: int, after: str | None, as_json: bool) -> None:
    """Show what a schedule means, and its next occurrences.

    An occurrence that a clock change affects says so. EXPR is a cron expression (aliases such as @daily too), an
    OnCalendar expression, or a period such as 1d.

    Example: overdue schedule "30 2 * * *" --tz Europe/Berlin --after 2026-10-24 --count 3
    """
    zone = zone_named(current_zone(tz))
    found = schedule_of(expr, tz)
    begin = _instant(after, zone)
    coming = [
        (one, local)
        for one in occurrences(found, after=begin, count=count)
        if (local := _shown(one.at, zone)) is not None
    ]
    if as_json:
        each = [{"at": one.at.isoformat(), "local": local.isoformat(), "oddity": one.oddity} for one, local in coming]
        show.document({"words": in_words(found), "tz": current_zone(tz), "occurrences": each})
        return
    click.echo(f"{in_words(found)}, {current_zone(tz)}\n")
    for one, local in coming:
        utc = "" if current_zone(tz) == "UTC" else f"   {one.at:%a %d %b %H:%M} UTC"
        click.echo(f"{local:%a %d %b %Y %H:%M %Z}{utc}" + (f"   ! {one.oddity}" if one.oddity else ""))
    if len(coming) < count:
        click.echo("There are no more." if coming else "It never comes again.")
    for warning in warnings(found, now=begin) if coming else ():
        show.say(f"Warning: {warning}")


def _instant(text: str | None, zone: tzinfo) -> datetime:
    if text is None:
        return datetime.now(UTC)
    try:
        read = datetime.fromisoformat(text)
    except (ValueError, OverflowError) as error:  # 9999-12-31T24:00 is the latter
        raise click.UsageError(f'--after "{text}" is no instant: write 2026-10-24 or 2026-10-24T12:00+02:00') from error
    try:
        at = (read if read.tzinfo else read.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError:
        at = None
    if at is None or _shown(at, zone) is None:
        raise click.UsageError(f'--after "{text}" is outside of the years 1 to 9999, in UTC or in the zone')
    return at


def _shown(at: datetime, zone: tzinfo) -> datetime | None:
    """What clocks show then; None outside of the years 1 to 9999."""
    try:
        return at.astimezone(zone)
    except OverflowError:
        return None
