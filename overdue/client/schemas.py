"""The fields of API answers that commands read, and a test for answers that do not come from Overdue.

Start at `is_like`. docs/reference/wire.md says what the fields mean.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import reduce
from operator import or_
from types import UnionType
from typing import Any, NotRequired, TypedDict, get_args, get_origin, get_type_hints

NAMES = {"uuid", "unique_key"}  # each check has one of them; routes use it
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
    """An escalation step: seconds after the flip, and the ids of its channels (absent for a read-only key)."""

    after: int
    channels: NotRequired[str]


class PolicyJson(TypedDict):
    """A named escalation policy."""

    name: str
    steps: list[StepJson]


class CheckJson(TypedDict):
    """A check. A read-only key gets `unique_key` instead of `uuid`.

    Configuration fields that no command reads by name are read by the field table.
    """

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
    failures: NotRequired[int]
    misses: NotRequired[int]
    first_ping_by: NotRequired[int | str | None]
    early: NotRequired[int]
    windows: NotRequired[list[str]]
    maintenance_until: NotRequired[str | None]
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


class PingJson(TypedDict):
    """A ping of a check's history; an older server sends no `outcome`."""

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
    """An alert published to SNS, with the names of its channels."""

    kind: str
    to: list[str]
    at: str


class FlipJson(TypedDict):
    """A change of status. `sent` is absent for a read-only key; an older server sends no `status` and no `reason`."""

    timestamp: str
    up: int
    status: NotRequired[str]
    reason: NotRequired[str | None]
    sent: NotRequired[list[SentJson]]


class ChannelJson(TypedDict):
    """A notification channel."""

    id: str
    name: str
    kind: str


def is_like(value: object, shape: type) -> bool:
    """Whether a JSON value has all required fields of a TypedDict, and each known field has the right type.

    Unknown fields are allowed: a newer server may send them.
    """
    if not isinstance(value, dict) or (shape is CheckJson and not NAMES & value.keys()):
        return False
    kinds: Mapping[str, type | UnionType] = get_type_hints(shape)
    needed: frozenset[str] = shape.__required_keys__  # type: ignore[attr-defined]  # every TypedDict has it
    return needed <= value.keys() and all(
        isinstance(value[name], _checkable(kind)) and (name not in INSTANTS or _is_instant(value[name]))
        for name, kind in kinds.items()
        if name in value
    )


def _checkable(kind: type | UnionType) -> type | UnionType:
    """The type as `isinstance` accepts it: list and dict without their item types."""
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
