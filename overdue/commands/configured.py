"""The options that say what a check shall be like, and the API's fields that they mean."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import click

from chalicelib.domain.options import parse_count, parse_duration
from chalicelib.domain.schedule import Every, current_zone
from overdue.expressions import schedule_of, seconds

Function = Callable[..., Any]

OFF = "off"
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
SHORTEST = {
    "max_runtime": SECOND,
    "min_runtime": SECOND,
    "min_count": SECOND,  # no duration: a number
    "count_window": MINUTE,
    "remind_every": MINUTE,
}

OPTIONS = (
    click.option("--slug", help="The name in its ping URL: lower-case letters, digits, - and _."),
    click.option("--every", metavar="PERIOD", help="How often it must succeed, such as 15m, 1h, 1d."),
    click.option("--schedule", metavar="EXPR", help="Instead: cron (@daily, too) or OnCalendar."),
    click.option("--tz", metavar="ZONE", help="The zone of its schedule, such as Europe/Berlin."),
    click.option("--grace", metavar="DURATION", help="How late it may be, such as 1h."),
    click.option("--max-runtime", metavar="DURATION", help="When a run has hung, such as 2h; off: its grace says so."),
    click.option("--min-runtime", metavar="DURATION", help="A faster success is a failure, such as 30s; or off."),
    click.option("--min-count", metavar="N", help="So many items at least in each --count-window; or off."),
    click.option("--count-window", metavar="DURATION", help="How long the items are counted, such as 1h; or off."),
    click.option("--remind-every", metavar="DURATION", help="Tell again while it is down, such as 4h; or off."),
    click.option("--tags", help="Words with blanks between them."),
    click.option("--desc", metavar="TEXT", help="What to know about it when it is down."),
    click.option("--channels", metavar="NAMES", help="Names or ids with commas between; * is all, an empty text none."),
    click.option("--methods", type=click.Choice(["any", "POST"]), help="Which requests count."),
    click.option("--manual-resume/--auto-resume", default=None, help="Whether it stays paused when a ping comes."),
)


def config_options(function: Function) -> Function:
    """Add the options that `fields_of` reads."""
    for option in reversed(OPTIONS):
        function = option(function)
    return function


def fields_of(said: Mapping[str, Any]) -> dict[str, object]:
    """The API's fields for the options that were given. Wrong ones are told before anything is sent: BadInput."""
    if said["every"] is not None and said["schedule"] is not None:
        raise click.UsageError("--every and --schedule exclude each other")
    fields = {name: said[name] for name in ("slug", "tags", "desc", "channels") if said[name] is not None}
    if said["tz"] is not None:
        fields["tz"] = current_zone(said["tz"])
    if said["grace"] is not None:
        fields["grace"] = seconds(parse_duration("grace", said["grace"]))
    if said["methods"] is not None:
        fields["methods"] = "" if said["methods"] == "any" else said["methods"]
    if said["manual_resume"] is not None:
        fields["manual_resume"] = said["manual_resume"]
    limits = {name: said[name] for name in SHORTEST if said[name] is not None}
    fields |= {name: _limit(name, text) for name, text in limits.items()}
    return fields | _schedule_fields(said)


def _limit(name: str, text: str) -> int | None:
    if text == OFF:
        return None
    option = "--" + name.replace("_", "-")
    if name == "min_count":
        return parse_count(option, text, least=1)
    return seconds(parse_duration(option, text, shortest=SHORTEST[name]))


def _schedule_fields(said: Mapping[str, Any]) -> dict[str, object]:
    text = said["every"] or said["schedule"]
    if text is None:
        return {}
    schedule = schedule_of(text, said["tz"] or "UTC")
    if isinstance(schedule, Every):
        return {"timeout": seconds(schedule.period)}
    if said["every"] is not None:
        raise click.UsageError(f'--every "{text}" is no period: write 15m, 1h or 1d, or use --schedule')
    return {"schedule": schedule.expression}
