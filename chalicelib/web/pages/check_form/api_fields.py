"""What the fields of a form say, in the words of the API: its field names, its units.

Start at `said`. Fields that are hidden by a choice (a probe has no schedule) are ignored, those that were not changed
say nothing. A number that cannot be used is told in the form's words here; all else is judged in `form_reading`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.durations import parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import LONGEST_EVERY, MOST_CERTIFICATE_DAYS, SHORTEST_EVERY, sound
from chalicelib.domain.sources.probe_json import as_json, from_json
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.time_format import duration
from chalicelib.fields.kinds import AUTO
from chalicelib.web.api.schema.fields import SCHEMAS
from chalicelib.web.pages.check_form.form_fields import LENGTHS_S, ON, UNITS, Values, channel_field, filled

NAMELESS = "give it a name: say what its job does"
_NEEDED = ("period", "grace", "early")  # a span that must be said; another that is empty takes its limit away
_PROBE_FIELDS = (
    "kind", "url", "method", "expect_status", "expect_text", "timeout", "slow", "every", "certificate_days",
    "follow_redirects",
)  # fmt: skip
_KINDS = ("job", "probe", "group")
_SCHEDULE_KINDS = ("every", "times")
_WEEKS = {"w": 7 * LENGTHS_S["d"]}  # which one may type, too
_AMOUNT = re.compile(r"0*([0-9]{1,12}) ?([smhdw]?)")
_NUMBER = re.compile(r"[0-9]{1,6}(\.[0-9]{1,3})?")
_WHOLE = re.compile(r"0*[0-9]{1,16}")
_OF_PROBE = re.compile(r"(\w+)(:?) (.*)", re.DOTALL)

Said = Mapping[str, "object | Callable[[], object]"]  # by the API's fields; what has yet to be read may raise BadInput


class Wrong(BadInput):
    """A value that cannot be used, and the field that it stands in."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field


def said(values: Values, before: Config, channels: Sequence[Channel]) -> Said:
    """All that was changed in a form that was filled from a configuration."""
    blank = filled(before, channels)
    fields = _Fields(values, {name for name in blank if values[name] != blank[name]})
    found: dict[str, object | Callable[[], object]] = {}
    for say in (_choices, _name, _texts, _probed, _scheduled, _zone, _spans, _first_ping, _counts, _windows, _flags):
        found |= say(fields, before)
    return found | dict(_channels(fields, channels))


@dataclass(frozen=True, slots=True)
class _Fields:
    values: Values
    edited: set[str]

    def __getitem__(self, name: str) -> str:
        return self.values[name]

    def changed(self, *names: str) -> bool:
        return not self.edited.isdisjoint(names)

    @property
    def is_probe(self) -> bool:
        return self["kind"] == "probe"

    @property
    def is_group(self) -> bool:
        return self["kind"] == "group"

    @property
    def is_simple(self) -> bool:
        return self["schedule_kind"] != "times"


def _choices(fields: _Fields, _: Config) -> Said:
    """What decides which fields are read is never guessed."""
    wrong = [] if fields["kind"] in _KINDS else ["kind"]
    if fields["kind"] == "job" and fields["schedule_kind"] not in _SCHEDULE_KINDS:
        wrong.append("schedule_kind")
    return {name: partial(_raise, name, _not_offered(fields[name])) for name in wrong}


def _not_offered(value: str) -> str:
    return f"{_quoted(value)} is none of them: choose one" if value else "choose one"


def _name(fields: _Fields, _: Config) -> Said:
    """A name may be lacking already, but not be taken away."""
    if not fields.changed("name"):
        return {}
    if not fields["name"].strip():
        return {"name": partial(_raise, "name", NAMELESS)}
    return {"name": fields["name"]}


def _raise(field: str, text: str) -> object:
    raise Wrong(field, text)


def _texts(fields: _Fields, _: Config) -> Said:
    return {name: fields[name] for name in ("slug", "tags", "desc") if fields.changed(name)}


def _flags(fields: _Fields, _: Config) -> Said:
    said: dict[str, object] = {}
    if fields.changed("manual_resume"):
        said["manual_resume"] = fields["manual_resume"] == ON
    if fields.changed("post_only"):
        said["methods"] = "POST" if fields["post_only"] == ON else ""
    return said


def _probed(fields: _Fields, before: Config) -> Said:
    if fields.is_group:
        return {}
    if not fields.is_probe:
        return {} if before.probe is None else {"probe": None}
    if before.probe is not None and not fields.changed(*_PROBE_FIELDS):
        return {}
    return {"probe": partial(_probe, fields, before)}


def _probe(fields: _Fields, before: Config) -> object:
    """As the API takes it. What the form does not show, such as headers, stays."""
    said = {} if before.probe is None else as_json(before.probe)
    said |= {name: fields[name].strip() for name in ("url", "method", "expect_status")}
    said["expect_text"] = fields["expect_text"]
    if not said["url"]:
        raise Wrong("url", "say which one, such as https://example.com/health")
    said["timeout"] = _number(fields, "timeout")
    said["slow"] = _number(fields, "slow") if fields["slow"].strip() else None
    said["every"] = 60 * _whole(fields, "every", 1, LONGEST_EVERY // SHORTEST_EVERY)
    said["certificate_days"] = _whole(fields, "certificate_days", 0, MOST_CERTIFICATE_DAYS)
    said["follow_redirects"] = fields["follow_redirects"] == ON
    try:
        sound(from_json(said))
    except BadInput as error:
        raise _of_probe(str(error)) from error
    return said


def _of_probe(text: str) -> Wrong:
    """The domain names the field first (`timeout 30 s: …`, `url holds …`); here it stands at it."""
    found = _OF_PROBE.fullmatch(text)
    if found is None or found[1] not in _PROBE_FIELDS:
        return Wrong("url", text)
    name, colon, rest = found.groups()
    return Wrong(name, rest if colon or not rest[0].isalpha() else f"it {rest}")


def _number(fields: _Fields, name: str) -> int | float:
    text = fields[name].strip()
    if not _NUMBER.fullmatch(text):
        raise Wrong(name, f"{_quoted(text)} is no number of seconds: write 10, or 0.5")
    return float(text) if "." in text else int(text)


def _whole(fields: _Fields, name: str, least: int, most: int) -> int:
    text = fields[name].strip()
    if not _WHOLE.fullmatch(text) or not least <= int(text) <= most:
        told = f"{_quoted(text)} is not" if text else "say how many:"
        raise Wrong(name, f"{told} a whole number from {least:,} to {most:,}")
    return int(text)


def _quoted(text: str) -> str:
    return f"“{text[:40]}”"


def _scheduled(fields: _Fields, before: Config) -> Said:
    """When it is due. A probe that becomes a job says it all; else a probe's schedule is its own, a group has none."""
    if fields.is_probe or fields.is_group:
        return {}
    begins = before.probe is not None
    if fields.is_simple:
        if begins or fields.changed("schedule_kind", "period", "period_unit"):
            return {"timeout": partial(_span, fields, "period", schema="timeout")}
        return {}
    if begins or fields.changed("schedule_kind", "schedule"):
        return {"schedules": partial(_lines, fields)}
    return {}


def _lines(fields: _Fields) -> list[str]:
    lines = [line.strip() for line in fields["schedule"].split("\n") if line.strip()]
    if not lines:
        raise Wrong("schedule", 'say when: five words as in a crontab, such as "0 2 * * *" for every day at 02:00')
    return lines


def _zone(fields: _Fields, _: Config) -> Said:
    is_shown = not fields.is_probe and not fields.is_group and not fields.is_simple
    return {"tz": fields["zone"].strip()} if is_shown and fields.changed("zone") else {}


def _spans(fields: _Fields, _: Config) -> Said:
    names = ("grace", "min_runtime", "max_runtime", "count_window", "remind_every", "early")
    return {
        name: partial(_span, fields, name)
        for name in names
        if fields.changed(name, f"{name}_unit") and not (name == "grace" and (fields.is_probe or fields.is_group))
    }


def _span(fields: _Fields, name: str, *, schema: str = "") -> int | str | None:
    """Seconds; None: no limit; the limit of a run may be learnt."""
    text = fields[name].strip()
    if name == "max_runtime" and text.lower() == AUTO:
        return AUTO
    if not text and name not in _NEEDED:
        return None
    if not text:
        raise Wrong(name, "say how long")
    found, offered = _AMOUNT.fullmatch(text), fields[f"{name}_unit"] or "s"
    if found is None:
        raise Wrong(name, f"{_quoted(text)} is no whole number: write one, such as 30, and choose its unit")
    if offered not in UNITS:
        raise Wrong(name, f"{_quoted(offered)} is no unit: choose one of {', '.join(UNITS.values())}")
    return _within(name, int(found[1]), found[2] or offered, SCHEMAS[schema or name])


def _within(name: str, number: int, unit: str, bounds: Mapping[str, int]) -> int:
    took = number * (LENGTHS_S | _WEEKS)[unit]
    if bounds["minimum"] <= took <= bounds["maximum"]:
        return took
    said = quantity(number, {**UNITS, "w": "weeks"}[unit].removesuffix("s"))
    least, most = (duration(timedelta(seconds=bounds[bound])) for bound in ("minimum", "maximum"))
    raise Wrong(name, f"{said} is too {'short' if took < bounds['minimum'] else 'long'}: it may be {least} to {most}")


def _first_ping(fields: _Fields, _: Config) -> Said:
    if not fields.changed("first_ping_by", "first_ping_by_unit", "first_ping_at"):
        return {}
    by, at = fields["first_ping_by"].strip(), fields["first_ping_at"].strip()
    if by and at:
        return {"first_ping_by": partial(_raise, "first_ping_by", "give one of them: a time span or an instant")}
    return {"first_ping_by": partial(_instant, at) if at else partial(_span, fields, "first_ping_by")}


def _instant(text: str) -> str:
    try:
        parse_instant("first_ping_at", text, "UTC")
    except BadInput as error:
        raise Wrong("first_ping_at", f"{_quoted(text)} is no date and time: write 2026-12-24T20:00") from error
    return text


def _counts(fields: _Fields, _: Config) -> Said:
    said: dict[str, object | Callable[[], object]] = {}
    for name in ("min_count", "failures_before_alert", "misses_before_alert"):
        if fields.changed(name):
            bounds = SCHEMAS[name]
            said[name] = partial(_whole, fields, name, bounds["minimum"], bounds["maximum"])
    if "min_count" in said and not fields["min_count"].strip():
        said["min_count"] = None
    return said


def _windows(fields: _Fields, _: Config) -> Said:
    if not fields.changed("windows"):
        return {}
    return {"windows": [line.strip() for line in fields["windows"].split("\n") if line.strip()]}


def _channels(fields: _Fields, channels: Sequence[Channel]) -> Said:
    if fields["all_channels"] == ON:
        return {"channels": "*"} if fields.changed("all_channels") else {}
    if not fields.changed("all_channels", *map(channel_field, channels)):
        return {}
    return {"channels": ",".join(each.id for each in channels if fields[channel_field(each)] == ON)}
