"""A check as the API's JSON: one shape for all versions and both kinds of keys
(docs/reference/wire.md, Management API).

Start at `shaped`. Field names are the wire's; statuses and what comes next are decided in `domain.shown`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.check import Check, holders, started
from chalicelib.domain.config import Config, Step
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import warnings
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text import display_status
from chalicelib.domain.text.explanations import explain, where_to_look
from chalicelib.domain.text.outage_facts import outage_facts
from chalicelib.domain.text.time_format import WallClock
from chalicelib.fields.table import BY_NAME, FIELDS
from chalicelib.services.signed_links.badge_keys import badge_key
from chalicelib.web.api.call import Json
from chalicelib.web.api.versions import Version

# the fields that every key sees, as they are; `timeout`, or `schedule` and `tz`, go by the kind of schedule
_BY_HAND = ("timeout", "schedule", "tz")
_PLAIN = {
    since: [field for field in FIELDS if field.since == since and field.kind.is_plain and field.name not in _BY_HAND]
    for since in ("v1", "v3")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """From where a check is looked at."""

    base: str  # of the deployment
    version: Version
    may_write: bool
    channel_ids: Sequence[str]  # of the project, all of them
    badge_secret: bytes
    now: datetime
    slugs: Mapping[Code, str]  # of the checks that the one that is looked at names, as far as they exist
    is_list: bool = False  # warnings about ignored windows take up to 30 ms a check: a list goes without them


def shaped(stored: Check, viewer: Viewer) -> Json:
    """A check as it is at the viewer's instant. Instants are ISO 8601 in UTC, durations whole seconds."""
    check = display_status.as_of(stored, now=viewer.now)
    config, filters = check.config, check.config.filters
    is_running = viewer.version.says_started and display_status.is_running(check, now=viewer.now)
    value = _plain(config, "v1") | {
        "n_pings": check.n_pings,
        "status": "started" if is_running else display_status.status_without_unknown(check, now=viewer.now).value,
        "started": started(check) is not None,
        "last_ping": iso(check.last_ping),
        "next_ping": iso(display_status.next_ping(check)),
        "subject": filters.success_kw if filters.subject else "",
        "subject_fail": filters.failure_kw if filters.subject else "",
        "badge_url": f"{viewer.base}/b/2/{badge_key(viewer.badge_secret, check.code)}.svg",
    }
    if check.last_duration is not None:
        value["last_duration"] = _seconds(check.last_duration)
    _add_addresses(value, check, viewer)
    _add_schedule(value, config)
    if viewer.version.has_extras:
        value |= _plain(config, "v3")
        _add_extras(value, check, now=viewer.now, is_list=viewer.is_list)
        value["due_at"] = iso(stored.due_at)
        value["probe"] = _probe(config.probe, viewer)
        value["escalation"] = [_step(step, viewer) for step in config.escalation]
        value["depends_on"] = _names(config.depends_on, viewer)
        value["held_by"] = _names(holders(check), viewer)
        value["group"] = _group(config, viewer)
    return value


def _plain(config: Config, since: str) -> Json:
    return {field.name: field.kind.json(field.of(config)) for field in _PLAIN[since]}


def _add_addresses(value: Json, check: Check, viewer: Viewer) -> None:
    """Where the check can be pinged and changed, for those who may; else a name by which nobody can."""
    if not viewer.may_write:
        value["unique_key"] = unique_key(check.code)
        return
    url = f"{viewer.base}/api/{viewer.version.name}/checks/{check.code}"
    value["uuid"] = check.code
    value["ping_url"] = f"{viewer.base}/ping/{check.code}"
    value["update_url"] = url
    value["pause_url"] = f"{url}/pause"
    value["resume_url"] = f"{url}/resume"
    value["channels"] = ",".join(channels_of(check.config, viewer.channel_ids))


def channels_of(config: Config, existing: Sequence[str]) -> list[str]:
    """The ids of a check's channels, sorted, as far as they still exist."""
    if EVERY_CHANNEL in config.channels:
        return sorted(existing)
    return sorted(each for each in config.channels if each in existing)


def _group(config: Config, viewer: Viewer) -> object:
    """With what its members are called."""
    group = config.group
    if group is None or group.tag:
        return BY_NAME["group"].kind.json(group)
    return BY_NAME["group"].kind.json(replace(group, members=tuple(_names(group.members, viewer))))  # type: ignore[arg-type]


def _probe(probe: Probe | None, viewer: Viewer) -> object:
    """Its headers and its query may hold secrets: they are for keys that may write."""
    if probe is not None and not viewer.may_write:
        probe = replace(probe, url=probe.url.partition("?")[0], headers=())
    return BY_NAME["probe"].kind.json(probe)


def _names(codes: Sequence[Code], viewer: Viewer) -> list[str]:
    """What the checks of these codes are called; those that have been deleted are left out.

    One without a slug is told by its code, which is for those who may ping it, or by its public name.
    """
    there = [code for code in codes if code in viewer.slugs]
    return [viewer.slugs[code] or (code if viewer.may_write else unique_key(code)) for code in there]


def _step(step: Step, viewer: Viewer) -> Json:
    """As it is stored: `*`, sent back, must not become the channels of today. A read-only key learns of no channels."""
    value: Json = {"after": _seconds(step.after)}
    if viewer.may_write:
        value["channels"] = ",".join(step.channels)
    return value


def _add_schedule(value: Json, config: Config) -> None:
    if isinstance(config.schedule, Every):
        value["timeout"] = _seconds(config.schedule.period)
    else:
        value["schedule"] = config.schedule.expression
        value["tz"] = config.schedule.tz


def _add_extras(value: Json, check: Check, *, now: datetime, is_list: bool) -> None:
    config = check.config
    value["zone"] = config.tz
    value["every_channel"] = EVERY_CHANNEL in config.channels
    value["reason"] = None if check.reason is None else check.reason.value
    value["explanation"] = _explanation(check, now=now)
    value["learnt"] = _learnt(check) if config.learns_max_runtime else None
    value["failures"], value["misses"] = check.failures, check.misses
    value["maintenance_until"] = iso(_maintenance_end(config, now)) if config.windows else None
    ignored = () if is_list else _ignored(config)
    value["warnings"] = [*warnings(config.schedule, now=now), *ignored]
    value["snoozed_until"] = iso(check.snoozed_until)
    value["acknowledged_at"] = iso(check.acknowledged_at)
    value["acknowledged_by"] = check.acknowledged_by or None
    value["unknown_since"] = iso(display_status.unknown_since(check, now=now))
    value["throttled_since"], value["throttled_at"] = iso(check.throttled_since), iso(check.throttled_at)
    value["runs"] = [
        {"rid": run.rid or None, "started": whole_seconds(run.at), "overran": run.overran} for run in check.runs
    ]


def _explanation(check: Check, *, now: datetime) -> str | None:
    """Why the check is down and where to look first, in its time zone; None if it is not down."""
    if check.reason is None:
        return None
    facts = outage_facts(check, now=now)
    clock = WallClock(tz=check.config.tz, now=now)
    return f"{explain(check.reason, facts, clock)} {where_to_look(check.reason, facts)}"


def _learnt(check: Check) -> Json:
    from chalicelib.domain.runs.duration_stats import durations, learnt  # most checks learn nothing

    found = learnt(check.recent)
    return {
        "runs": len(durations(check.recent)),
        "usual": None if found is None else [round(edge.total_seconds(), 3) for edge in found.usual],
        "max_runtime": None if found is None else _seconds(found.limit),
    }


def _ignored(config: Config) -> Iterator[str]:
    """Windows of a check that was stored before such windows were refused."""
    if config.windows or config.misses_before_alert > 1:
        from chalicelib.domain.limits.evaluation_cost import ignored_windows  # most checks have neither

        if (found := ignored_windows(config)) is not None:
            yield found


def _maintenance_end(config: Config, now: datetime) -> datetime | None:
    from chalicelib.domain.schedule.maintenance import window_end  # most checks have none

    return window_end(config.windows, now, tz=config.tz)


def _seconds(span: timedelta) -> int:
    return int(span.total_seconds())


def whole_seconds(at: datetime) -> str:
    """An instant, its fraction cut off: `2026-03-01T12:00:00+00:00`."""
    return at.isoformat(timespec="seconds")


def iso(at: datetime | None) -> str | None:
    """An instant, or null."""
    return None if at is None else whole_seconds(at)
