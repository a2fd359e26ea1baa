"""What a check is, as a frozen value: its configuration (`config`) and its current state.

Nothing is decided here. How a ping changes a check stands in `receive`, how time does in `advance`, what an
operator may do in `configure`; when a check needs a look is `due`'s business.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.alerts import Alert, Kind, Reason
from chalicelib.domain.config import Config, Step
from chalicelib.domain.ids import Code, short
from chalicelib.domain.runs.recent_runs import Ended


class Status(StrEnum):
    """What is stored. `grace`, `started` and `unknown` are derived, never stored (docs/reference/rules.md, Terms)."""

    NEW = "new"
    UP = "up"
    DOWN = "down"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """An open run: started, not yet closed by a success or a failure (docs/reference/rules.md, rule 3)."""

    rid: str  # "" when the start named none
    at: datetime
    log: str = ""  # the last line that it logged
    overran: bool = False  # its limit has passed, and people have been told


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The newest success or failure of a run id that has arrived. `mark` identifies the run id (`ended_runs`)."""

    mark: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The current window of a throughput check: since when, and how many items so far (rule 6)."""

    at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class Pace:
    """The number of pings counted when a minute began (minutes since the epoch). `rate` counts from there."""

    minute: int
    n_pings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flip:
    """A change of status: when, from what, to what, and why."""

    number: int
    at: datetime
    old: Status
    new: Status
    reason: Reason | None  # None: not down


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What no ping tells: a period without a success, or how a throughput window ended."""

    at: datetime
    reason: Reason | None  # None: the window reached its minimum
    count: int | None  # None: not about a window
    # of a miss, when the success was expected: `at` itself if it would have been the first (rule 7); of a window, its
    # start. None: a row of the history from before this was stored
    since: datetime | None = None


Record = Flip | Judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One watched piece of recurring work. It is also its own outbox: `records` and `alerts` have yet to leave."""

    code: Code
    project: str
    config: Config
    created_at: datetime
    version: int = 0  # of decisions; heartbeats leave it alone

    status: Status = Status.NEW
    reason: Reason | None = None  # why it is down
    since: datetime | None = None  # when the status last changed; None: never
    settled_at: datetime | None = None  # what lies before is settled: no flip will be dated earlier
    n_flips: int = 0
    recovered_at: datetime | None = None  # when it last came up again after it was down; None: never

    n_pings: int = 0
    pace: Pace | None = None  # of the newest minute with a ping; None: no ping yet
    throttled_since: datetime | None = (
        None  # first of consecutive minutes in which pings were refused (`rate`); None: never
    )
    throttled_at: datetime | None = None  # the last refusal, at a minute's precision; written by `note_throttled`
    last_ping: datetime | None = None  # the newest success or failure
    last_success: datetime | None = None
    last_duration: timedelta | None = None  # as Healthchecks counts it: of the newest run only
    last_exit: int | None = None  # exit status of the newest success or failure; None: it gave none
    last_output: str = ""  # the end of what it last said
    failures: int = 0  # in a row
    misses: int = 0  # in a row
    passed_at: datetime | None = None  # the last miss or failure that was borne: the next success is expected after it

    runs: tuple[Run, ...] = ()  # all open ones, oldest first
    ended: tuple[End, ...] = ()  # the runs that ended recently, the oldest end first
    answered_at: datetime | None = None  # starts up to here are, for a Healthchecks client, answered
    window: Window | None = None
    counted_at: datetime | None = None  # the newest ping that brought items
    recent: bytes = b""  # the last 30 runs, packed by `recent`

    reminders: int = 0  # the ordinal of the last reminder of this outage
    escalated: tuple[Step, ...] = ()  # what steps have told of this outage, and the last edit of them
    snoozed_until: datetime | None = None  # no alert before then (rule 9); None: alerts go out
    acknowledged_at: datetime | None = None  # somebody sees to this outage; None: nobody has said so
    acknowledged_by: str = ""
    told_late_at: datetime | None = (
        None  # when the alert of this outage was let out that had been held; None: it was not
    )
    is_untold: bool = False  # somebody saw to this outage before its alert was let out: it never is
    blind_since: datetime | None = None  # pings could not come in when one was awaited (rule 15); None: never
    blind_until: datetime | None = None  # with blind_since, None: they still cannot, and nothing is judged
    in_groups: tuple[Code, ...] = ()  # that its flips make due; written by `store.checks.join` alone
    records: tuple[Record, ...] = ()  # not yet in the history
    alerts: tuple[Alert, ...] = ()  # not yet acknowledged by SNS, oldest first
    due_at: datetime | None = None  # what the index holds: never later than the true next instant


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How the run ended that a success or failure reports. The history stores it, so that nobody evaluates it again."""

    outcome: Ended
    exceeded_limit: bool


@dataclass(frozen=True, slots=True)
class Beat:
    """An outcome that commutes with other beats: status, configuration and outbox are untouched."""

    before: Check
    after: Check
    at: datetime
    is_newest: bool  # `after` holds what is true only while no newer ping is known
    unstarted: str | None = None  # the rid of a success whose start may be coming in just now; None: it is not so
    opened: str | None = None  # the rid of a run that this opens; None: it opens none
    run_end: RunEnd | None = None  # None: the ping reports no end of a run


@dataclass(frozen=True, slots=True)
class Verdict:
    """An outcome that holds only if nothing else has happened to the check meanwhile."""

    before: Check
    after: Check
    run_end: RunEnd | None = None  # as above


Outcome = Beat | Verdict


def started(check: Check) -> Run | None:
    """The newest run, while a Healthchecks client would call it open (docs/reference/wire.md, Pings)."""
    return _unanswered(check, check.runs)


def started_by(check: Check, at: datetime) -> Run | None:
    """The same of the runs that had started by then."""
    return _unanswered(check, tuple(run for run in check.runs if run.at <= at))


def _unanswered(check: Check, runs: tuple[Run, ...]) -> Run | None:
    newest = max(runs, key=lambda run: run.at, default=None)
    if newest is None or (check.answered_at is not None and newest.at <= check.answered_at):
        return None
    return newest


def is_held(check: Check) -> bool:
    """Whether nothing that time brings is judged, since pings cannot come in."""
    return check.blind_since is not None and check.blind_until is None


def put_off(check: Check, at: datetime, *, begun: datetime) -> datetime:
    """When that is judged which would be judged at `at`, and could have come from `begun` on.

    At once where all of that time lies before the interval or after it.
    """
    since, until = check.blind_since, check.blind_until
    if since is None or until is None or begun >= until or at < since:
        return at
    return max(at, until + check.config.grace)


def with_run(check: Check, run: Run) -> tuple[Run, ...]:
    """The open runs with this one in the place of its namesake, oldest first."""
    others = (other for other in check.runs if other.rid != run.rid)
    return tuple(sorted((*others, run), key=lambda each: (each.at, each.rid)))


def flip_at(check: Check, at: datetime) -> datetime:
    """The instant to record for a flip that is due at `at`: never before the last flip or what is already settled."""
    return at if check.settled_at is None else max(at, check.settled_at)


def flipped(check: Check, new: Status, *, at: datetime, reason: Reason | None = None) -> tuple[Check, Flip]:
    """The check in its new status, and the flip that goes into the history. No flip is dated before the last."""
    at = flip_at(check, at)
    flip = Flip(number=check.n_flips + 1, at=at, old=check.status, new=new, reason=reason)
    after = replace(
        check,
        status=new,
        reason=reason,
        since=at,
        settled_at=at,
        n_flips=flip.number,
        reminders=0,
        escalated=(),
        acknowledged_at=None,
        acknowledged_by="",
        told_late_at=None,
        is_untold=False,
        records=(*check.records, flip),
    )
    return after, flip


def is_waiting(check: Check) -> bool:
    """Whether an alert of it waits for a parent."""
    return any(alert.held_by for alert in check.alerts)


def holders(check: Check) -> tuple[Code, ...]:
    """The parents that hold its alerts now, as it was looked at last. One may have been deleted since."""
    return tuple(dict.fromkeys(Code(code) for alert in check.alerts for code in alert.held_by))


def waits_for(check: Check) -> tuple[str, ...]:
    """The names of the parents that its alerts wait for; none: nothing waits."""
    names = (alert.facts.waited_for or () for alert in check.alerts if alert.held_by)
    return tuple(dict.fromkeys(name for each in names for name in each))


def is_unheard(check: Check) -> bool:
    """Whether people have not heard of the present outage, since its alert waits."""
    return any(alert.held_by and alert.kind is Kind.DOWN and is_of_now(check, alert) for alert in check.alerts)


def is_of_now(check: Check, alert: Alert) -> bool:
    """Whether an alert tells of the present outage."""
    return check.status is Status.DOWN and alert.flip == check.n_flips


def without_waiting(alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """The alerts that go out: with the outage over, what waits is no news any more."""
    return tuple(alert for alert in alerts if not alert.held_by)


def label(check: Check) -> str:
    """What alerts call another check: every protocol can spell it."""
    config = check.config
    return (
        config.slug or (config.name if config.name.isascii() and config.name.isprintable() else "") or short(check.code)
    )
