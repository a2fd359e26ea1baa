"""A check as the API's JSON: one shape for all versions and both kinds of keys
(docs/reference/wire.md, Management API).

Start at `shaped`. Field names are the wire's; statuses and what comes next are decided in `domain.shown`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NotRequired, TypedDict

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.check import Check, started
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code, unique_key
from chalicelib.domain.rules.dependencies import holders
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import lines_of, warnings
from chalicelib.domain.text import display_status
from chalicelib.domain.text.explanations import explain, where_to_look
from chalicelib.domain.text.outage_facts import outage_facts
from chalicelib.domain.text.time_format import WallClock
from chalicelib.fields.kinds import AUTO
from chalicelib.services.signed_links.badge_keys import badge_key
from chalicelib.web.api.schema import probe_field
from chalicelib.web.api.versions import Version

if TYPE_CHECKING:  # most checks have no steps
    from chalicelib.domain.config import Step


class RunJson(TypedDict):
    """An open run."""

    rid: str | None
    started: str
    overran: bool


class LearntJson(TypedDict):
    """What `max_runtime: auto` has learnt so far."""

    runs: int
    usual: list[float] | None
    max_runtime: int | None


class StepJson(TypedDict):
    """An escalation step: so many seconds after the flip; a read-only key learns of no channels."""

    after: int
    channels: NotRequired[str]


class CheckJson(TypedDict):
    """Instants are ISO 8601 in UTC with whole seconds, durations seconds."""

    name: str
    slug: str
    tags: str
    desc: str
    grace: int
    n_pings: int
    status: str
    started: bool
    last_ping: str | None
    next_ping: str | None
    manual_resume: bool
    methods: str
    subject: str
    subject_fail: str
    start_kw: str
    success_kw: str
    failure_kw: str
    filter_subject: bool
    filter_body: bool
    filter_http_body: bool
    filter_default_fail: bool
    badge_url: str
    last_duration: NotRequired[int]
    # of a read-write key
    uuid: NotRequired[str]
    ping_url: NotRequired[str]
    update_url: NotRequired[str]
    pause_url: NotRequired[str]
    resume_url: NotRequired[str]
    channels: NotRequired[str]
    # of a read-only key
    unique_key: NotRequired[str]
    # of a simple check, and of one with a schedule
    timeout: NotRequired[int]
    schedule: NotRequired[str]
    tz: NotRequired[str]
    # what Overdue adds, from v3 on
    zone: NotRequired[str]
    every_channel: NotRequired[bool]
    reason: NotRequired[str | None]
    explanation: NotRequired[str | None]
    max_runtime: NotRequired[int | str | None]
    learnt: NotRequired[LearntJson | None]
    min_runtime: NotRequired[int | None]
    min_count: NotRequired[int | None]
    count_window: NotRequired[int | None]
    remind_every: NotRequired[int | None]
    escalation: NotRequired[list[StepJson]]
    escalation_policy: NotRequired[str | None]
    failures_before_alert: NotRequired[int]
    failures: NotRequired[int]
    misses_before_alert: NotRequired[int]
    misses: NotRequired[int]
    first_ping_by: NotRequired[int | str | None]
    early: NotRequired[int]
    windows: NotRequired[list[str]]
    maintenance_until: NotRequired[str | None]
    schedules: NotRequired[list[str]]
    warnings: NotRequired[list[str]]
    snoozed_until: NotRequired[str | None]
    acknowledged_at: NotRequired[str | None]
    acknowledged_by: NotRequired[str | None]
    unknown_since: NotRequired[str | None]
    throttled_since: NotRequired[str | None]
    throttled_at: NotRequired[str | None]
    runs: NotRequired[list[RunJson]]
    due_at: NotRequired[str | None]
    probe: NotRequired[dict[str, Any] | None]
    depends_on: NotRequired[list[str]]
    held_by: NotRequired[list[str]]
    group: NotRequired[dict[str, Any] | None]


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


def shaped(stored: Check, viewer: Viewer) -> CheckJson:
    """A check as it is at the viewer's instant."""
    check = display_status.as_of(stored, now=viewer.now)
    config, filters = check.config, check.config.filters
    is_running = viewer.version.says_started and display_status.is_running(check, now=viewer.now)
    value: CheckJson = {
        "name": config.name,
        "slug": config.slug,
        "tags": config.tags,
        "desc": config.desc,
        "grace": _seconds(config.grace),
        "n_pings": check.n_pings,
        "status": "started" if is_running else display_status.status_without_unknown(check, now=viewer.now).value,
        "started": started(check) is not None,
        "last_ping": iso(check.last_ping),
        "next_ping": iso(display_status.next_ping(check)),
        "manual_resume": config.manual_resume,
        "methods": filters.methods,
        "subject": filters.success_kw if filters.subject else "",
        "subject_fail": filters.failure_kw if filters.subject else "",
        "start_kw": filters.start_kw,
        "success_kw": filters.success_kw,
        "failure_kw": filters.failure_kw,
        "filter_subject": filters.subject,
        "filter_body": filters.body,
        "filter_http_body": filters.http_body,
        "filter_default_fail": filters.default_fail,
        "badge_url": f"{viewer.base}/b/2/{badge_key(viewer.badge_secret, check.code)}.svg",
    }
    if check.last_duration is not None:
        value["last_duration"] = _seconds(check.last_duration)
    _add_addresses(value, check, viewer)
    _add_schedule(value, config)
    if viewer.version.has_extras:
        _add_extras(value, check, now=viewer.now, is_list=viewer.is_list)
        value["due_at"] = iso(stored.due_at)
        value["probe"] = probe_field.shown(config.probe, may_write=viewer.may_write)
        value["escalation"] = [_step(step, viewer) for step in config.escalation]
        value["escalation_policy"] = config.escalation_policy or None
        value["depends_on"] = _names(config.depends_on, viewer)
        value["held_by"] = _names(holders(check), viewer)
        value["group"] = _group(config, viewer)
    return value


def _add_addresses(value: CheckJson, check: Check, viewer: Viewer) -> None:
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


def _group(config: Config, viewer: Viewer) -> dict[str, Any] | None:
    if config.group is None:
        return None
    from chalicelib.web.api.schema import group_field  # most checks are none

    return group_field.shown(config.group, _names(config.group.members, viewer))


def _names(codes: Sequence[Code], viewer: Viewer) -> list[str]:
    """What the checks of these codes are called; those that have been deleted are left out.

    One without a slug is told by its code, which is for those who may ping it, or by its public name.
    """
    there = [code for code in codes if code in viewer.slugs]
    return [viewer.slugs[code] or (code if viewer.may_write else unique_key(code)) for code in there]


def _step(step: "Step", viewer: Viewer) -> StepJson:
    """As it is stored: `*`, sent back, must not become the channels of today."""
    value: StepJson = {"after": _seconds(step.after)}
    if viewer.may_write:
        value["channels"] = ",".join(step.channels)
    return value


def _add_schedule(value: CheckJson, config: Config) -> None:
    if isinstance(config.schedule, Every):
        value["timeout"] = _seconds(config.schedule.period)
    else:
        value["schedule"] = config.schedule.expression
        value["tz"] = config.schedule.tz


def _add_extras(value: CheckJson, check: Check, *, now: datetime, is_list: bool) -> None:
    config = check.config
    value["zone"] = config.tz
    value["every_channel"] = EVERY_CHANNEL in config.channels
    value["reason"] = None if check.reason is None else check.reason.value
    value["explanation"] = _explanation(check, now=now)
    value["max_runtime"] = AUTO if config.learns_max_runtime else _seconds_or_null(config.max_runtime)
    value["learnt"] = _learnt(check) if config.learns_max_runtime else None
    value["min_runtime"] = _seconds_or_null(config.min_runtime)
    value["min_count"] = config.min_count
    value["count_window"] = _seconds_or_null(config.count_window)
    value["remind_every"] = _seconds_or_null(config.remind_every)
    value["failures_before_alert"], value["failures"] = config.failures_before_alert, check.failures
    value["misses_before_alert"], value["misses"] = config.misses_before_alert, check.misses
    by = config.first_ping_by
    value["first_ping_by"] = whole_seconds(by) if isinstance(by, datetime) else _seconds_or_null(by)
    value["early"] = _seconds(config.early)
    value["windows"] = list(config.windows)
    value["maintenance_until"] = iso(_maintenance_end(config, now)) if config.windows else None
    value["schedules"] = list(lines_of(config.schedule))
    value["warnings"] = list(warnings(config.schedule, now=now))
    if not is_list:
        value["warnings"] += _ignored(config)
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


def _learnt(check: Check) -> LearntJson:
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


def _seconds_or_null(span: timedelta | None) -> int | None:
    return None if span is None else _seconds(span)


def whole_seconds(at: datetime) -> str:
    """An instant, its fraction cut off: `2026-03-01T12:00:00+00:00`."""
    return at.isoformat(timespec="seconds")


def iso(at: datetime | None) -> str | None:
    """An instant, or null."""
    return None if at is None else whole_seconds(at)
