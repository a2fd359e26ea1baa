"""The round trip of a change, written once: load, decide, write, again on a conflict; then let out what waits.

Ping, sweep and API hand their decision to `change`, and call `deliver` for what a verdict left in the check's
outbox. The order of steps guarantees at-least-once alerts: write the verdict with its alert, publish, record
what was sent in the history, acknowledge. If the process dies in between, the alert is still in the item, and `due_at`
makes the sweep evaluate the check again (docs/adr/0022).

The retries are hand-written because each loads the check again and repeats the decision, not only the write.
"""

import random
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

from chalicelib import log
from chalicelib.domain.alerts import Alert, Told
from chalicelib.domain.check import Beat, Check, Flip, Outcome, Record
from chalicelib.domain.deliver import delivered, waiting
from chalicelib.domain.errors import NotFound, Unavailable, Undelivered
from chalicelib.domain.ids import Code, short
from chalicelib.domain.limits.steps import DECISION_STEPS, limited_to
from chalicelib.metrics import Tally
from chalicelib.store import checks, history
from chalicelib.store.tables import Tables

if TYPE_CHECKING:  # pings tell of one check
    from chalicelib.domain.digest import Digest

MOST_TRIES = 10
LONGEST_PAUSE_S = 0.05


class Publish(Protocol):
    """Tell people. Returns the names of the channels; raises Undelivered."""

    def __call__(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        """Publish one alert."""


class PublishDigest(Protocol):
    """Tell people of many alerts at once. Returns those that were refused, by id; raises Unavailable."""

    def __call__(self, digest: "Digest", *, now: datetime) -> Mapping[str, Undelivered]:
        """Publish a digest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Together:
    """How alerts leave as digests. What it has told, `Publish` tells no more, but returns the names all the same."""

    at_least: int  # so many of a kind
    publish: PublishDigest


@dataclass(frozen=True, slots=True, kw_only=True)
class Ports:
    """What a change needs of the outside. Made once a process."""

    tables: Tables
    publish: Publish
    tally: Tally
    together: Together | None = None  # None: each alert leaves alone
    recorded: frozenset[tuple[Code, Record]] = frozenset()  # already written to the history, as part of a batch
    sleep: Callable[[float], None] = field(default=time.sleep)


@dataclass(frozen=True, slots=True)
class Written:
    """A change as it was written: what it was decided from, what the check is now."""

    outcome: Outcome
    check: Check


def change(ports: Ports, code: Code, decide: Callable[[Check], Outcome], *, read: Check | None = None) -> Written:
    """Decide about the current check, and write the decision.

    `read` is the check if the caller has just read it; that saves one call. A verdict that changes nothing is not
    written. Raises NotFound, OverBudget when the decision takes too many steps, and Unavailable after ten conflicts or
    when DynamoDB is unavailable. In each of these cases, nothing was recorded.
    """
    check = read or checks.get(ports.tables, code)
    for _ in range(MOST_TRIES):
        with limited_to(DECISION_STEPS):
            outcome = decide(check)
        try:
            return Written(outcome, _write(ports, outcome))
        except checks.Lost as lost:
            check = _again(ports, lost, code)
    raise Unavailable(f"check {short(code)} is changed by too many at once: try again in a few seconds")


def _write(ports: Ports, outcome: Outcome) -> Check:
    if isinstance(outcome, Beat):
        return checks.beat(ports.tables, outcome)
    if outcome.after == outcome.before:
        return outcome.before
    check = checks.decide(ports.tables, outcome)
    if check.n_flips != outcome.before.n_flips:
        ports.tally.add("Flips", check.n_flips - outcome.before.n_flips)
    return check


def _again(ports: Ports, lost: checks.Lost, code: Code) -> Check:
    """The check that the write has lost to. Pauses for a random while, so that the same two do not meet again."""
    log.event("conflict", check=short(code))
    ports.tally.add("Conflicts")
    ports.sleep(random.uniform(0, LONGEST_PAUSE_S))  # noqa: S311  # no secret
    return lost.current or checks.get(ports.tables, code)


def deliver(ports: Ports, check: Check, *, now: datetime) -> Check:
    """Let out what waits in a check: records into the history, alerts to SNS; then take them out of the check.

    What tells of a child's trouble may be held back for its parents. Returns the check as it is afterwards. Raises
    Unavailable, and NotFound when it was deleted meanwhile; in both cases all of it stays where it is, and is delivered
    again.
    """
    return let_out(ports, held_back(ports, check, now=now), now=now)


def let_out(ports: Ports, check: Check, *, now: datetime) -> Check:
    """The same, where nothing is to be held back. Raises as `deliver` does."""
    alerts = waiting(check, now=now)
    if not check.records and not alerts:
        return check
    # in this order: a crash in between repeats an alert; any other order could lose one
    told = {alert.id: it for alert in alerts if (it := _publish(ports, check, alert, now=now)) is not None}
    sent = tuple(alert for alert in alerts if alert.id in told)
    failed = tuple(alert for alert in alerts if alert.id not in told)
    _record(ports, check, sent, told)
    if check.in_groups and any(isinstance(record, Flip) for record in check.records):
        make_groups_due(ports, check, now=now)
    records = check.records
    for _ in range(MOST_TRIES):
        try:
            return checks.decide(ports.tables, delivered(check, records=records, sent=sent, failed=failed, now=now))
        except checks.Lost as lost:
            check = _again(ports, lost, check.code)
    return check


def make_groups_due(ports: Ports, member: Check, *, now: datetime) -> None:
    """Let the sweep look at the groups that a check belongs to. One write each. Raises Unavailable."""
    for group in member.in_groups:
        try:
            checks.make_due(ports.tables, group, now=now)
        except NotFound:
            with suppress(NotFound):
                checks.leave(ports.tables, member.code, group)


def held_back(ports: Ports, check: Check, *, now: datetime) -> Check:
    """The check with what its parents hold waiting for them. Parents are read only where something would leave."""
    if not (check.config.depends_on and check.alerts):
        return check
    from chalicelib.services import parent_holds  # most checks have no parents: 1 % of a ping's cold start

    for _ in range(MOST_TRIES):
        verdict = parent_holds.hold_or_release(check, ports.tables, now=now, sleep=ports.sleep)
        if verdict is None:
            return check
        try:
            return _write(ports, verdict)
        except checks.Lost as lost:
            check = _again(ports, lost, check.code)
    raise Unavailable(f"check {short(check.code)} is changed by too many at once: its alert stays, and is sent later")


def _publish(ports: Ports, check: Check, alert: Alert, *, now: datetime) -> Told | None:
    """Publish one alert; None if SNS did not accept it."""
    try:
        to = ports.publish(check, alert, now=now)
    except Undelivered as error:
        log.event("undelivered", check=short(check.code), kind=alert.kind, attempts=alert.attempts + 1, why=str(error))
        ports.tally.add("Undelivered")
        return None
    log.event("alert", check=short(check.code), kind=alert.kind, reason=alert.reason)
    ports.tally.add("Alerts")
    return Told(id=alert.id, kind=alert.kind, to=to, at=now)


def _record(ports: Ports, check: Check, sent: Iterable[Alert], told: Mapping[str, Told]) -> None:
    """Write the check's records to the history, each flip together with what was sent about it.

    One write per record, and one for each earlier flip about which an alert was sent.
    """
    about: dict[int, list[Told]] = {}
    for alert in sent:
        about.setdefault(alert.flip, []).append(told[alert.id])
    for record in check.records:
        notes = about.pop(record.number, ()) if isinstance(record, Flip) else ()
        if (check.code, record) not in ports.recorded:
            history.put_record(ports.tables, check, record, sent=notes)
    for flip, notes in about.items():
        history.note_sent(ports.tables, check.code, flip, notes)
