"""The options that say what a check shall be like, and the API's fields that they mean."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import click

from chalicelib.domain.durations import parse_duration, parse_instant
from chalicelib.domain.schedule.aliases import without_alias
from chalicelib.domain.schedule.maintenance import parse_window
from chalicelib.domain.schedule.occurrences import Every, current_zone
from chalicelib.domain.schedule.parse import lines_of, parse_schedules
from chalicelib.fields.kinds import AUTO, parse_count
from overdue.cli.checks.escalations import escalate_fields
from overdue.cli.offline.expressions import is_period, schedule_of, seconds
from overdue.cli.options import wrong_usage
from overdue.client.pinging import SLUG

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

WHEN = (
    click.option("--every", metavar="PERIOD", help="How often it must succeed, such as 15m, 1h, 1d."),
    click.option(
        "--schedule",
        metavar="EXPR",
        multiple=True,
        help="Instead: cron (@daily, too) or OnCalendar; repeat it where any of several may match.",
    ),
    click.option("--tz", metavar="ZONE", help="The zone of its schedule, such as Europe/Berlin."),
    click.option("--grace", metavar="DURATION", help="How late it may be, such as 1h."),
    click.option(
        "--max-runtime",
        metavar="DURATION|auto",
        help="When a run has hung, such as 2h; auto: as learnt from its runs; off: its grace says so.",
    ),
    click.option("--min-runtime", metavar="DURATION", help="A faster success is a failure, such as 30s; or off."),
)
LENIENCE = (
    click.option("--failures-before-alert", metavar="N", help="So many failures in a row make it down; 1 unless said."),
    click.option("--misses-before-alert", metavar="N", help="The same of periods without a success."),
    click.option("--first-ping-by", metavar="DURATION|INSTANT", help="By when it must have begun, such as 1d; or off."),
    click.option("--early", metavar="DURATION", help="A success so long before its time counts for it; or off."),
    click.option(
        "--window",
        metavar="WINDOW",
        multiple=True,
        help='Expect nothing then: "0 2 * * 0 for 2h", "2026-12-24T20:00 to 2026-12-25T08:00"; repeatable; or off.',
    ),
)
WHAT_IF = (*WHEN, *LENIENCE)  # those by which stored pings can be judged once more
OPTIONS = (
    click.option("--slug", help="The name in its ping URL: lower-case letters, digits, - and _."),
    *WHEN,
    click.option("--min-count", metavar="N", help="So many items at least in each --count-window; or off."),
    click.option("--count-window", metavar="DURATION", help="How long the items are counted, such as 1h; or off."),
    click.option("--remind-every", metavar="DURATION", help="Tell again while it is down, such as 4h; or off."),
    click.option(
        "--escalate",
        metavar="STEP|POLICY",
        multiple=True,
        help='Whom to tell while nobody sees to it: "15m oncall", repeatable, or a policy\'s name; or off.',
    ),
    *LENIENCE,
    click.option(
        "--depends-on",
        metavar="CHECK",
        multiple=True,
        help="While this check is down, alerts are held, by slug; repeatable; or off.",
    ),
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
    """The API's fields for the options that were given. Wrong ones are told before anything is sent: UsageError."""
    if said["every"] is not None and said["schedule"]:
        raise click.UsageError("--every and --schedule exclude each other")
    if said["slug"] and not SLUG.fullmatch(said["slug"]):
        raise click.UsageError(f'--slug "{said["slug"]}" is none: use 1 to 100 lower-case letters, digits, - and _')
    with wrong_usage():
        fields = _fields(said)
    if "timeout" in fields and "tz" in fields:
        raise click.UsageError("--tz is the zone of a --schedule: a period has none")
    return fields


def _fields(said: Mapping[str, Any]) -> dict[str, object]:
    as_said = ("slug", "tags", "desc", "channels")
    fields: dict[str, object] = {name: said[name] for name in as_said if said[name] is not None}
    if said["tz"] is not None:
        fields["tz"] = current_zone(said["tz"])
    if said["grace"] is not None:
        fields["grace"] = seconds(parse_duration("--grace", said["grace"]))
    if said["methods"] is not None:
        fields["methods"] = "" if said["methods"] == "any" else said["methods"]
    if said["manual_resume"] is not None:
        fields["manual_resume"] = said["manual_resume"]
    limits = {name: said[name] for name in SHORTEST if said[name] is not None}
    fields |= {name: _limit(name, text) for name, text in limits.items()}
    fields |= escalate_fields(said["escalate"])
    if said["depends_on"]:
        fields["depends_on"] = [] if said["depends_on"] == (OFF,) else list(said["depends_on"])
    return fields | _tolerance_fields(said) | _calendar_fields(said) | _schedule_fields(said)


def _limit(name: str, text: str) -> int | str | None:
    if text == OFF:
        return None
    if (name, text) == ("max_runtime", AUTO):
        return text
    option = "--" + name.replace("_", "-")
    if name == "min_count":
        return parse_count(option, text, least=1)
    return seconds(parse_duration(option, text, shortest=SHORTEST[name]))


def _tolerance_fields(said: Mapping[str, Any]) -> dict[str, object]:
    names = ("failures_before_alert", "misses_before_alert")
    given = {name: said[name] for name in names if said[name] is not None}
    return {name: parse_count("--" + name.replace("_", "-"), text, least=1) for name, text in given.items()}


def _calendar_fields(said: Mapping[str, Any]) -> dict[str, object]:
    fields: dict[str, object] = {}
    if said["early"] is not None:
        fields["early"] = 0 if said["early"] == OFF else seconds(parse_duration("--early", said["early"]))
    if said["first_ping_by"] is not None:
        fields["first_ping_by"] = _first_ping_by(said["first_ping_by"])
    if said["window"]:
        fields["windows"] = [] if said["window"] == (OFF,) else list(said["window"])
        for window in said["window"] if fields["windows"] else ():
            parse_window(window, "UTC")
    return fields


def _first_ping_by(text: str) -> int | str | None:
    if text == OFF:
        return None
    if is_period(text):
        return seconds(parse_duration("--first-ping-by", text))
    parse_instant("--first-ping-by", text, "UTC")  # the server knows the check's zone
    return text


def _schedule_fields(said: Mapping[str, Any]) -> dict[str, object]:
    every, schedules = said["every"], said["schedule"]
    if len(schedules) > 1:
        several = parse_schedules([without_alias(text) for text in schedules], said["tz"] or "UTC")
        return {"schedules": list(lines_of(several))}
    if every is not None and not is_period(every):
        raise click.UsageError(f'--every "{every}" is no period: write 15m, 1h or 1d, or use --schedule')
    text = next(iter(schedules), every)
    if text is None:
        return {}
    meant = schedule_of(text, said["tz"] or "UTC")
    return {"timeout": seconds(meant.period)} if isinstance(meant, Every) else {"schedule": meant.expression}
