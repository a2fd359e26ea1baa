"""What the fields of a request make of a check's configuration. Pure: the same for a new check and for an edit.

Start at `merged`. Bounds and texts are `fields`' business; what differs between versions is told by `Version`. What
depends on the instant is asked apart: `insist_on_time_to_come`.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.config import Config, Filters, Step
from chalicelib.domain.durations import parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.limits.evaluation_cost import TooCostly, cost_relevant, require_affordable
from chalicelib.domain.rules.escalation import in_order
from chalicelib.domain.schedule.occurrences import Every, Schedule, never_occurs, parse_schedule
from chalicelib.domain.schedule.parse import in_zone, parse_schedules
from chalicelib.domain.sources.probe import default_grace
from chalicelib.fields.kinds import AUTO
from chalicelib.services.relations import NOBODY, Named
from chalicelib.web.api.call import Refused
from chalicelib.web.api.schema.fields import CheckFields, StepFields
from chalicelib.web.api.schema.group_field import grouped, names_of
from chalicelib.web.api.versions import Version

BLANK = Config(channels=())  # what the API's new checks are made from: they alert nobody unless told to
LONGEST_SLUG = 100
FIRST_PING_HAS_PASSED = "json validation error: first_ping_by has passed"
NEVER_IN_ITS_ZONE = "json validation error: schedule is not a valid cron or OnCalendar expression"
NO_POLICIES: Mapping[str, tuple[Step, ...]] = {}  # enough where none is said
_DIRECT = (
    "desc",
    "slug",
    "tags",
    "tz",
    "manual_resume",
    "min_count",
    "failures_before_alert",
    "misses_before_alert",
)
_DURATIONS = ("grace", "min_runtime", "count_window", "remind_every", "early")
_FILTERS = {
    "methods": "methods",
    "filter_subject": "subject",
    "filter_body": "body",
    "filter_http_body": "http_body",
    "filter_default_fail": "default_fail",
    "start_kw": "start_kw",
    "success_kw": "success_kw",
    "failure_kw": "failure_kw",
}


def merged(
    config: Config,
    said: CheckFields,
    *,
    version: Version,
    channels: Sequence[Channel],
    policies: Mapping[str, tuple[Step, ...]] = NO_POLICIES,
    named: Named = NOBODY,
) -> Config:
    """The configuration with what was said; all else stays. `policies` are those of the project, where one is said;
    `named`, the checks that are.

    Raises Refused: nothing is to be changed then.
    """
    values: Mapping[str, Any] = said
    after = {name: values[name] for name in _DIRECT if name in said}
    after |= {name: _duration(values[name]) for name in _DURATIONS if name in said}
    if "max_runtime" in said:
        learns = said["max_runtime"] == AUTO
        after |= {"learns_max_runtime": learns, "max_runtime": None if learns else _duration(values["max_runtime"])}
    if "channels" in said:
        after["channels"] = chosen(said["channels"], channels)
    if "name" in said and said["name"] != config.name:
        after["name"] = said["name"]
        if version.slug_follows_name:
            after.setdefault("slug", slug_of(said["name"]))
    tz = after.get("tz", config.tz)
    if "first_ping_by" in said:
        after["first_ping_by"] = _first_ping_by(said["first_ping_by"], tz)
    if "windows" in said:
        after["windows"] = tuple(said["windows"])
    if "depends_on" in said:
        after["depends_on"] = tuple(dict.fromkeys(named[name].code for name in said["depends_on"]))
    if "group" in said:
        members = dict.fromkeys(named[name].code for name in names_of(said["group"]))
        after["group"] = grouped(said["group"], list(members))
    if "escalation" in said or "escalation_policy" in said:
        after |= _escalation(said, channels, policies)
    after["schedule"] = _schedule(config, said, tz=tz)
    if "probe" in said:
        after |= _probed(config, said)
    after["filters"] = _filters(config.filters, said)
    return _affordable(_consistent(replace(config, **after)), before=config)


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _first_ping_by(value: int | str | None, tz: str) -> datetime | timedelta | None:
    return parse_instant("first_ping_by", value, tz) if isinstance(value, str) else _duration(value)


def _schedule(config: Config, said: CheckFields, *, tz: str) -> Schedule:
    """Several schedules win over one, and that over a timeout; the zone is kept while the check is simple."""
    try:
        if "schedules" in said:
            return parse_schedules(said["schedules"], tz)
        if "schedule" in said:
            return parse_schedule(said["schedule"], tz)
    except BadInput as error:  # it was valid in UTC
        raise Refused(NEVER_IN_ITS_ZONE, str(error)) from error
    if "timeout" in said:
        return Every(timedelta(seconds=said["timeout"]))
    moved = in_zone(config.schedule, tz)
    if moved != config.schedule and never_occurs(moved):
        raise Refused(NEVER_IN_ITS_ZONE, f"clocks in {tz} skip all its times")
    return moved


def _probed(config: Config, said: CheckFields) -> dict[str, Any]:
    """A probe brings its own period, and a grace where none was chosen."""
    probe = said["probe"]
    if probe is None:
        return {"probe": None}
    found: dict[str, Any] = {"probe": probe}
    if not said.keys() & {"timeout", "schedule", "schedules"}:
        found["schedule"] = Every(probe.every)
    if "grace" not in said and (config.probe is None or config.grace == default_grace(config.probe.every)):
        found["grace"] = default_grace(probe.every)
    return found


def _escalation(
    said: CheckFields, channels: Sequence[Channel], policies: Mapping[str, tuple[Step, ...]]
) -> dict[str, Any]:
    """A policy wins over steps: an answer that is sent back has both."""
    name = said.get("escalation_policy")
    if name:
        if name not in policies:
            known = ", ".join(sorted(policies)) or "none yet"
            raise Refused("json validation error: there is no such escalation_policy", f'"{name}"; there are: {known}')
        return {"escalation": policies[name], "escalation_policy": name}
    return {"escalation": steps_of(said.get("escalation"), channels), "escalation_policy": ""}


def steps_of(said: Sequence[StepFields] | None, channels: Sequence[Channel]) -> tuple[Step, ...]:
    """Steps as a check holds them. Raises Refused."""
    found = [
        Step(after=timedelta(seconds=step["after"]), channels=chosen(step["channels"], channels)) for step in said or ()
    ]
    try:
        return in_order(found)
    except BadInput as error:
        raise Refused("json validation error: escalation contradicts itself", str(error)) from error


def _filters(filters: Filters, said: CheckFields) -> Filters:
    """The old names first (`subject` is success_kw with filter_subject), so that the new ones win."""
    values: Mapping[str, Any] = said
    if "subject" in said:
        filters = replace(filters, success_kw=said["subject"])
    if "subject_fail" in said:
        filters = replace(filters, failure_kw=said["subject_fail"])
    if "subject" in said or "subject_fail" in said:
        filters = replace(filters, subject=bool(filters.success_kw or filters.failure_kw))
    return replace(filters, **{ours: values[wire] for wire, ours in _FILTERS.items() if wire in said})


def _consistent(config: Config) -> Config:
    if (config.min_count is None) != (config.count_window is None):
        detail = "so many items in each window: give both, or null for both"
        raise Refused("json validation error: min_count and count_window go together", detail)
    if config.min_runtime and config.max_runtime and config.min_runtime > config.max_runtime:
        raise Refused("json validation error: min_runtime is above max_runtime", "no run could ever be right")
    if config.group is not None and (config.probe is not None or config.first_ping_by is not None):
        detail = "its members tell how it is: nobody pings or probes it. Say null for probe and first_ping_by"
        raise Refused("json validation error: a group has nothing of its own to wait for", detail)
    if config.probe is not None and config.schedule != Every(config.probe.every):
        detail = "it is expected as often as it is probed: say `every` within probe, or null for probe first"
        raise Refused("json validation error: a probed check has no schedule of its own", detail)
    return config


def _affordable(config: Config, *, before: Config) -> Config:
    """The configuration. Refuses one that costs too much to evaluate, unless its cost is unchanged (see `warnings`)."""
    if cost_relevant(config) != cost_relevant(before):
        try:
            require_affordable(config)
        except TooCostly as error:
            raise Refused(f"json validation error: {error.summary}", error.detail) from error
    return config


def insist_on_time_to_come(config: Config, *, before: Config, now: datetime) -> None:
    """An instant by which the first success must come, and that has passed, is awaited by nobody
    (docs/reference/rules.md, rule 7).

    What a check has already is no matter: a client may send it back. The API shows whole seconds of it. Raises Refused.
    """
    by, kept = config.first_ping_by, before.first_ping_by
    if not isinstance(by, datetime) or by > now:
        return
    if isinstance(kept, datetime) and kept.replace(microsecond=0) == by.replace(microsecond=0):
        return
    said = f"{by.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    detail = f"first_ping_by {said} has passed: give an instant to come"
    raise Refused(FIRST_PING_HAS_PASSED, detail)


def chosen(identifiers: str, channels: Sequence[Channel]) -> tuple[str, ...]:
    """The ids of channels by ids or names, comma-separated and not trimmed; `*` is all, those of later days too."""
    if identifiers in ("", EVERY_CHANNEL):
        return tuple(identifiers)
    return tuple(sorted({_channel(identifier, channels) for identifier in identifiers.split(",")}))


def _channel(identifier: str, channels: Sequence[Channel]) -> str:
    if not identifier:
        raise Refused("empty channel identifier")
    matching = [channel.id for channel in channels if identifier in (channel.id, channel.name)]
    match matching:
        case [only]:
            return only
        case []:
            raise Refused(f"invalid channel identifier: {identifier}")
        case _:
            raise Refused(f"non-unique channel identifier: {identifier}")


def slug_of(name: str) -> str:
    """A slug for a name: accents dropped, lower case, runs of white space and hyphens one hyphen, the rest left out."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9_\s-]", "", plain)
    return re.sub(r"[\s-]+", "-", kept).strip("-_")[:LONGEST_SLUG]
