"""What the values of fields make of a check's configuration. Pure: the same for a new check and for an edit.

Values are as `Kind.read` and `Kind.parse` return them. Names in them (channels, checks, policies) are looked up in
`Lookup`. Start at `merge`. What depends on the instant is a rule apart: `require_future_first_ping`. All errors are
FieldErrors: nothing is to be changed then.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Group, Step
from chalicelib.domain.durations import parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.limits.evaluation_cost import cost_relevant, require_affordable
from chalicelib.domain.rules.escalation import in_order
from chalicelib.domain.schedule.occurrences import Every, Schedule, never_occurs, parse_schedule
from chalicelib.domain.schedule.parse import in_zone, parse_schedules
from chalicelib.domain.sources.probe import default_grace
from chalicelib.fields.consistency import contradictions
from chalicelib.fields.kinds import AUTO
from chalicelib.fields.table import BY_NAME

Said = Mapping[str, Any]  # values by the field's name

BLANK = Config(channels=())  # a new check that notifies nobody unless told to: the Management API's


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the names in a request stand for, in its project."""

    channels: Sequence[Channel] = ()
    policies: Mapping[str, tuple[Step, ...]] | None = None  # None: no request names one
    checks: Mapping[str, Check] | None = None  # by slug or code, all that the request names


NO_NAMES = Lookup()


def merge(config: Config, said: Said, lookup: Lookup = NO_NAMES) -> Config:
    """The configuration with the values that were said; all else stays."""
    after: dict[str, Any] = {}
    filters: dict[str, Any] = {}
    for name, value in said.items():
        *where, attribute = BY_NAME[name].path
        (filters if where else after)[attribute] = _RESOLVE[name](value, lookup) if name in _RESOLVE else value
    tz = said.get("tz", config.tz)
    if isinstance(said.get("first_ping_by"), str):
        after["first_ping_by"] = parse_instant("first_ping_by", said["first_ping_by"], tz)
    if "max_runtime" in said:
        learns = said["max_runtime"] == AUTO
        after |= {"learns_max_runtime": learns, "max_runtime": None if learns else said["max_runtime"]}
    if "escalation" in said or "escalation_policy" in said:
        after |= _escalation(said, lookup)
    after["schedule"] = _schedule(config.schedule, said, tz=tz)
    if said.get("probe") is not None:
        after |= _probed(config, said)
    merged = replace(config, **after, filters=replace(config.filters, **filters))
    for error in contradictions(merged):
        raise error
    return _affordable(merged, before=config)


def _schedule(before: Schedule, said: Said, *, tz: str) -> Schedule:
    """Several schedules win over one, and that over a period; the zone is kept while the check is simple."""
    try:
        if "schedules" in said and not _is_sent_back(said):
            return parse_schedules(said["schedules"], tz)
        if "schedule" in said:
            return replace(parse_schedule(said["schedule"], tz), expression=said["schedule"])  # as it was sent
    except BadInput as error:  # it was valid in UTC
        raise FieldError("schedule", "never_occurs", value=tz) from error
    if "timeout" in said:
        return Every(said["timeout"])
    moved = in_zone(before, tz)
    if moved != before and never_occurs(moved):
        raise FieldError("schedule", "never_occurs", value=tz)
    return moved


def _is_sent_back(said: Said) -> bool:
    """Whether the one schedule has just the lines of the several: then it has them as they were sent."""
    lines = [line.strip() for line in said.get("schedule", "").strip().split("\n")]
    return lines == [line.strip() for line in said["schedules"]]


def _probed(config: Config, said: Said) -> dict[str, Any]:
    """A probe brings its own period, and a grace where none was chosen."""
    probe, found = said["probe"], dict[str, Any]()
    if not said.keys() & {"timeout", "schedule", "schedules"}:
        found["schedule"] = Every(probe.every)
    if "grace" not in said and (config.probe is None or config.grace == default_grace(config.probe.every)):
        found["grace"] = default_grace(probe.every)
    return found


def _escalation(said: Said, lookup: Lookup) -> dict[str, Any]:
    """A policy wins over steps: an answer that is sent back has both."""
    name, policies = said.get("escalation_policy"), lookup.policies or {}
    if not name:
        return {"escalation": resolved_steps(said.get("escalation", ()), lookup), "escalation_policy": ""}
    if name not in policies:
        raise FieldError("escalation_policy", "no_such_policy", bound=tuple(sorted(policies)), value=name)
    return {"escalation": policies[name], "escalation_policy": name}


def resolved_steps(steps: Sequence[Step], lookup: Lookup) -> tuple[Step, ...]:
    """Steps with the ids of their channels, the earliest first."""
    return in_order(replace(step, channels=resolved_channels(step.channels, lookup)) for step in steps)


def resolved_channels(names: Sequence[str], lookup: Lookup) -> tuple[str, ...]:
    """The ids of channels that are named by id or name, sorted; `*` is all, later ones too."""
    if tuple(names) in ((), (EVERY_CHANNEL,)):
        return tuple(names)
    return tuple(sorted({_channel(name, lookup.channels) for name in names}))


def _channel(name: str, channels: Sequence[Channel]) -> str:
    if not name:
        raise FieldError("channels", "empty_channel", value=name)
    found = [channel.id for channel in channels if name in (channel.id, channel.name)]
    if len(found) != 1:
        raise FieldError("channels", "several_channels" if found else "no_such_channel", value=name)
    return found[0]


def _checks(names: Sequence[str], lookup: Lookup) -> tuple[str, ...]:
    return tuple(dict.fromkeys((lookup.checks or {})[name].code for name in names))


def _group(group: Group | None, lookup: Lookup) -> Group | None:
    if group is None or not group.members:
        return group
    members = _checks(group.members, lookup)
    if group.down_when is not None and group.down_when > len(members):
        detail = f"{group.down_when} members cannot be down: it has {len(members)}"
        raise FieldError("group.down_when", "not_valid", value=group.down_when, detail=detail)
    return replace(group, members=members)  # type: ignore[arg-type]  # codes of checks


_RESOLVE: dict[str, Callable[[Any, Lookup], Any]] = {
    "channels": resolved_channels,
    "depends_on": _checks,
    "group": _group,
}


def _affordable(config: Config, *, before: Config) -> Config:
    """The configuration, unless it costs too much to evaluate; one that costs what it did before stays allowed."""
    if cost_relevant(config) != cost_relevant(before):
        require_affordable(config)
    return config


def require_future_first_ping(config: Config, *, before: Config, now: datetime) -> None:
    """Refuse an instant for the first success that has passed (docs/reference/rules.md, rule 7).

    The one that the check has already is accepted: a client may send it back, in the whole seconds that answers show.
    """
    by, kept = config.first_ping_by, before.first_ping_by
    if not isinstance(by, datetime) or by > now:
        return
    if isinstance(kept, datetime) and kept.replace(microsecond=0) == by.replace(microsecond=0):
        return
    said = f"{by.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='seconds')}Z"
    raise FieldError("first_ping_by", "has_passed", value=said)
