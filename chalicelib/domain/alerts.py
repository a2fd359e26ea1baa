"""Alerts as values: kinds, reasons, deterministic ids, and the facts of the moment that they tell.

How an alert is worded stands in `chalicelib.alerts`; who decides that there is one, in `receive` and `advance`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5


class Reason(StrEnum):
    """Why a check is down, each with its own wording (docs/reference/rules.md, Terms)."""

    MISSED = "missed"
    OVERRUN = "overrun"
    FAILED = "failed"
    TOO_SHORT = "too_short"
    STALLED = "stalled"


class Kind(StrEnum):
    """What people get."""

    DOWN = "down"
    UP = "up"
    REMINDER = "reminder"
    ESCALATION = "escalation"
    DIGEST = "digest"
    TEST = "test"


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What was known when the alert was decided: a late delivery must not tell of a later state.

    None means unknown or beside the point for this reason.
    """

    since: datetime  # down since; of an `up`, since when it had been down
    is_first: bool = False  # the missed success would have been the check's first (rule 7)
    expected: datetime | None = None  # when the missed success was due; of an `up` or a failure, the next
    last_success: datetime | None = None
    last_took: timedelta | None = None  # how long the last success took
    usual: tuple[timedelta, timedelta] | None = None  # rule 16
    output: str = ""  # the end of what it last said, several lines
    exit_status: int | None = None
    in_a_row: int = 0  # failures
    misses: int = 0  # in a row
    took: timedelta | None = None  # of the run that this is about
    is_probed: bool | None = None  # True: Overdue asks by itself; None: it waits for a job, or is a group
    is_alarm: bool | None = None  # True: a CloudWatch alarm reported the failure
    run: str | None = None  # its rid; "" when it has none, None when no run was open
    started: datetime | None = None  # when it started
    limit: timedelta | None = None  # max_runtime, min_runtime or grace: whichever was broken
    learnt_from: int | None = None  # so many runs, where the limit is learnt (rule 16)
    count: int | None = None  # items in the window that stalled
    min_count: int | None = None
    window: tuple[datetime, datetime] | None = None
    last_ping: datetime | None = None
    counted_at: datetime | None = None
    next_reminder: datetime | None = None
    after: timedelta | None = None  # of an escalation: how long after the flip its step comes
    blind: tuple[datetime, datetime] | None = None  # pings could not come in then, when this one was awaited
    snoozed_until: datetime | None = None  # what held it back; None: nothing did
    members: tuple[str, ...] | None = None  # of a group: names of those that are down; None: it is no group
    n_members: int | None = None  # all that count
    down_when: int | None = None  # so many make it down; None: all
    waited_for: tuple[str, ...] | None = None  # names of the parents that held it back; None: none did


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """Something to tell people, kept in the check until SNS has taken it (docs/reference/rules.md, rule 13)."""

    id: str
    kind: Kind
    reason: Reason | None  # of an `up`: why it had been down
    flip: int  # the number of the flip that it tells of
    ordinal: int  # 0, or the number of the reminder or of the escalation
    at: datetime  # when what it tells of happened
    facts: Facts
    channels: tuple[str, ...] = ()  # of an escalation: only these; of an `up`: these as well as the check's
    held_by: tuple[str, ...] = ()  # codes of the parents that it waits for; (): it goes out
    attempts: int = 0
    retry_at: datetime  # when to publish, if nobody has by then


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """That SNS has taken an alert: which one, for the channels of these names, and when."""

    id: str
    kind: Kind
    to: tuple[str, ...]
    at: datetime


def alert_id(code: str, *, flip: int, kind: Kind, ordinal: int = 0) -> str:
    """The same id for each delivery of the same alert, so that a consumer can drop a repeat (rule 13)."""
    return str(uuid5(UUID(code), f"{flip}:{kind}:{ordinal}"))


def digest_id(member_ids: Iterable[str]) -> str:
    """The same id for the same members, in whatever order (rule 13)."""
    first, *rest = sorted(member_ids)
    return str(uuid5(UUID(first), " ".join((first, *rest))))
