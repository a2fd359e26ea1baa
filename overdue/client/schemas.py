"""What the API answers, as far as commands read it; what looks otherwise comes from something else than Overdue.

Start at `is_like`. What the fields mean is the server's business.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints

NAMES = {"uuid", "unique_key"}  # one of them names a check in routes
INSTANTS = (
    "last_ping",
    "next_ping",
    "maintenance_until",
    "snoozed_until",
    "acknowledged_at",
    "unknown_since",
    "throttled_since",
    "throttled_at",
    "date",
    "timestamp",
)


class StepJson(TypedDict):
    """An escalation step: seconds after the flip, ids of channels; a read-only key gets none of those."""

    after: int
    channels: NotRequired[str]


class PolicyJson(TypedDict):
    """A named escalation policy."""

    name: str
    steps: list[StepJson]


class CheckJson(TypedDict):
    """A check, as far as commands read it; a read-only key gets no `uuid`, but a `unique_key`."""

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
    last_duration: NotRequired[int]
    uuid: NotRequired[str]
    unique_key: NotRequired[str]
    ping_url: NotRequired[str]
    channels: NotRequired[str]
    timeout: NotRequired[int]
    schedule: NotRequired[str]
    tz: NotRequired[str]
    reason: NotRequired[str | None]
    explanation: NotRequired[str | None]
    max_runtime: NotRequired[int | str | None]
    learnt: NotRequired[dict[str, Any] | None]
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
    depends_on: NotRequired[list[str]]
    held_by: NotRequired[list[str]]
    group: NotRequired[dict[str, Any] | None]
    probe: NotRequired[dict[str, Any] | None]
    zone: NotRequired[str]
    every_channel: NotRequired[bool]
    manual_resume: NotRequired[bool]
    methods: NotRequired[str]
    start_kw: NotRequired[str]
    success_kw: NotRequired[str]
    failure_kw: NotRequired[str]
    filter_subject: NotRequired[bool]
    filter_body: NotRequired[bool]
    filter_http_body: NotRequired[bool]
    filter_default_fail: NotRequired[bool]


class PingJson(TypedDict):
    """A ping of the history; an older server sends no `outcome`."""

    type: str
    date: str
    n: int
    method: str
    remote_addr: str
    ua: str
    rid: str | None
    body_url: str | None
    duration: NotRequired[int | float]
    outcome: NotRequired[str | None]


class SentJson(TypedDict):
    """An alert that SNS has taken, and the names of the channels that it was for."""

    kind: str
    to: list[str]
    at: str


class FlipJson(TypedDict):
    """A change of status; a read-only key gets no `sent`, an older server sends no `status` and no `reason`."""

    timestamp: str
    up: int
    status: NotRequired[str]
    reason: NotRequired[str | None]
    sent: NotRequired[list[SentJson]]


class ChannelJson(TypedDict):
    """A channel."""

    id: str
    name: str
    kind: str


def is_like(value: object, shape: type) -> bool:
    """Whether a JSON value has all fields of a TypedDict that it must have, and each as it should be."""
    if not isinstance(value, dict) or (shape is CheckJson and not NAMES & value.keys()):
        return False
    kinds: Mapping[str, type | UnionType] = get_type_hints(shape)
    needed: frozenset[str] = shape.__required_keys__  # type: ignore[attr-defined]  # each TypedDict has them
    return needed <= value.keys() and all(
        isinstance(value[name], _checkable(kind)) and (name not in INSTANTS or _is_instant(value[name]))
        for name, kind in kinds.items()
        if name in value
    )


def _checkable(kind: type | UnionType) -> type | UnionType:
    """What `isinstance` takes: of a list or an object, that it is one."""
    if isinstance(kind, UnionType):
        union: UnionType = reduce(or_, (get_origin(each) or each for each in get_args(kind)))
        return union
    return get_origin(kind) or kind


def _is_instant(value: str | None) -> bool:
    if value is None:
        return True
    try:
        return datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        return False
