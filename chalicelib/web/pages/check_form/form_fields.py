"""What the form of a check holds: a text for each field, filled from a configuration.

Start at `filled`. What fields say to a configuration is read in `inputs`; a field that still holds what it was
filled with says nothing, so that an edit changes only what was edited. Field names that come in pairs are a number and
its unit: `grace` and `grace_unit`.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.occurrences import Every, zone_named
from chalicelib.domain.schedule.parse import lines_of
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.sources.probe_json import seconds
from chalicelib.fields.kinds import Choice, Duration, Flag
from chalicelib.fields.schedule_kinds import FirstPing
from chalicelib.fields.table import FIELDS, Field

ON = "on"  # as browsers send a box that is ticked; one that is not is not sent
Values = dict[str, str]

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}  # as `parse_duration` reads them
LENGTHS_S = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}
ON_TOP = ("name", "slug", "tags")  # of the form, above how a check is known to work
AREAS = ("desc", "windows")  # inputs of several lines
PROBE_INPUTS = (
    *("url", "method", "expect_status", "expect_text", "timeout", "slow", "every", "certificate_days"),
    "follow_redirects",
)
SPANS = {  # durations, and the unit that is offered while one is empty
    "period": "d",
    "grace": "m",
    "min_runtime": "s",
    "max_runtime": "m",
    "count_window": "m",
    "remind_every": "h",
    "first_ping_by": "h",
    "early": "m",
}


def filled(config: Config, channels: Sequence[Channel]) -> Values:
    """The form of a configuration, with a box for each of the project's channels."""
    found: Values = {}
    for field in sorted(FIELDS, key=lambda field: field.name not in ON_TOP):
        if field.name == "timeout":
            found |= {"kind": _kind(config), **_of_probe(config.probe or Probe(url="")), **_of_schedule(config)}
        elif field.name == "channels":
            found |= _of_channels(config, channels)
        elif field.form_name is not None:
            found |= _own(field.form_name, field, config) if field.form_name not in found else {}
    return found


def _own(name: str, field: Field, config: Config) -> Values:
    """The inputs of a field that has no others."""
    kind, value = field.kind, field.of(config)
    match kind:
        case FirstPing():
            return _of_first_ping(config)
        case Duration():
            return _span(name, value)
        case Flag():
            return {name: _flag(value)}
        case Choice():
            return {name: _flag(value == "POST")}
        case _:
            text = with_plain_line_ends(kind.text(value)) if value else ""
            return {name: text if name in AREAS else _on_one_line(text)}


def channel_field(channel: Channel) -> str:
    """The name of a channel's box."""
    return f"channel.{channel.id}"


def with_plain_line_ends(text: str) -> str:
    """As it was before a browser sent it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def digest(values: Values) -> str:
    """By which a form that is sent twice is known."""
    return sha256(repr(sorted(values.items())).encode("utf-8", "surrogatepass")).hexdigest()


def taken(form: Mapping[str, str], blank: Values) -> Values:
    """The fields of a form that was sent, as they were typed; one that was not sent is empty."""
    return {name: with_plain_line_ends(form.get(name, "")) for name in blank}


def _kind(config: Config) -> str:
    if config.group is not None:
        return "group"
    return "job" if config.probe is None else "probe"


def _of_probe(asked: Probe) -> Values:
    return {
        "url": _on_one_line(asked.url),
        "method": asked.method,
        "expect_status": asked.expect_status,
        "expect_text": _on_one_line(asked.expect_text),
        "timeout": str(seconds(asked.timeout)),
        "slow": "" if asked.slow is None else str(seconds(asked.slow)),
        "every": str(asked.every // timedelta(minutes=1)),
        "certificate_days": str(asked.certificate_days),
        "follow_redirects": _flag(asked.follow_redirects),
    }


def _of_schedule(config: Config) -> Values:
    schedule = config.schedule
    is_simple = isinstance(schedule, Every)
    return {
        "schedule_kind": "every" if is_simple else "times",
        **_span("period", schedule.period if isinstance(schedule, Every) else timedelta(days=1)),
        "schedule": with_plain_line_ends("\n".join(lines_of(schedule))),
        "zone": config.tz,  # not `tz`, by which any page is shown in another zone
    }


def _of_first_ping(config: Config) -> Values:
    by = config.first_ping_by
    at = by.astimezone(zone_named(config.tz)).replace(tzinfo=None).isoformat() if isinstance(by, datetime) else ""
    return {
        **_span("first_ping_by", by if isinstance(by, timedelta) else None),
        "first_ping_at": at.removesuffix(":00"),
    }


def _of_channels(config: Config, channels: Sequence[Channel]) -> Values:
    takes_all = EVERY_CHANNEL in config.channels
    boxes = {channel_field(each): _flag(takes_all or each.id in config.channels) for each in channels}
    return {"all_channels": _flag(takes_all), **boxes}


def _span(name: str, span: timedelta | str | None) -> Values:
    """A number of the largest unit that goes into it; `auto` as it is."""
    if span is None or isinstance(span, str):
        return {name: span or "", f"{name}_unit": SPANS[name]}
    total = int(span.total_seconds())
    unit = next(unit for unit, length in LENGTHS_S.items() if total % length == 0) if total else SPANS[name]
    return {name: str(total // LENGTHS_S[unit]), f"{name}_unit": unit}


def _flag(is_on: bool) -> str:
    return ON if is_on else ""


def _on_one_line(text: str) -> str:
    """As a browser's field of one line holds it."""
    return text.replace("\r", "").replace("\n", "")
