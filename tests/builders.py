"""Builders that the tests share: instants, durations, checks and pings with the numbers that matter in sight."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Beat, Check, Flip, Outcome, Status, Verdict
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.ping import Ping, Signal, heard
from chalicelib.domain.receive import receive
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.schedule.occurrences import Every

CODE = Code("7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab")
R1 = "11111111-1111-4111-8111-111111111111"
R2 = "22222222-2222-4222-8222-222222222222"
R3 = "33333333-3333-4333-8333-333333333333"

_CONFIG = {field.name for field in fields(Config)}


def utc(text: str) -> datetime:
    """The instant of an ISO text."""
    return datetime.fromisoformat(text).astimezone(UTC)


def days(number: float) -> timedelta:
    return timedelta(days=number)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def minutes(number: float) -> timedelta:
    return timedelta(minutes=number)


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def a_check(
    *,
    status: Status | None = None,
    last_success: datetime | None = None,
    since: datetime | None = None,
    period: timedelta | None = None,
    **given: Any,  # further fields of its configuration and of its state, by their names
) -> Check:
    """A check of the default project: new, or up since `last_success`, or down since `since`.

    Its `due_at` is the true one, unless given.
    """
    config = {name: value for name, value in given.items() if name in _CONFIG}
    state = {name: value for name, value in given.items() if name not in _CONFIG}
    if period is not None:
        config["schedule"] = Every(period)
    status = status or (Status.NEW if last_success is None else Status.UP)
    since = since or last_success
    check = Check(
        code=CODE,
        project="default",
        config=Config(**config),
        created_at=utc("2026-01-01T00:00Z"),
        status=status,
        reason=state.pop("reason", Reason.FAILED if status is Status.DOWN else None),
        since=since,
        settled_at=since,
        n_flips=state.pop("n_flips", 0 if status is Status.NEW else 1),
        last_ping=state.pop("last_ping", last_success),
        last_success=last_success,
    )
    check = replace(check, **state)
    return check if "due_at" in state else replace(check, due_at=next_due(check))


def a_ping(
    signal: Signal = Signal.SUCCESS,
    *,
    at: datetime,
    rid: str = "",
    count: int | None = None,
    exit_status: int | None = None,
    body: str | bytes = b"",
    method: str = "GET",
) -> Ping:
    """A ping that says so by its URL."""
    body = body.encode() if isinstance(body, str) else body
    return Ping(signal=signal, at=at, rid=rid, count=count, exit_status=exit_status, body=body, method=method)


def outcome_of(check: Check, ping: Ping) -> Outcome:
    """What `receive` makes of a ping, as the check hears it."""
    return receive(check, ping, heard(check, ping))


def beat_of(check: Check, ping: Ping) -> Beat:
    """The same where it must be a heartbeat."""
    outcome = outcome_of(check, ping)
    assert isinstance(outcome, Beat)
    return outcome


def verdict_of(check: Check, ping: Ping) -> Verdict:
    """The same where it must be a verdict."""
    outcome = outcome_of(check, ping)
    assert isinstance(outcome, Verdict)
    return outcome


def after(check: Check, *pings: Ping) -> Check:
    """The check after these pings, in the order in which they arrive."""
    for ping in pings:
        check = outcome_of(check, ping).after
    return check


def flips(check: Check) -> list[Flip]:
    """The flips that wait in the outbox, oldest first."""
    return [record for record in check.records if isinstance(record, Flip)]


def told(check: Check) -> list[str]:
    """The alerts that wait in the outbox, oldest first: "down missed", "reminder failed 2", "up missed"."""
    return [
        " ".join((alert.kind, alert.reason or "", *([str(alert.ordinal)] if alert.ordinal else [])))
        for alert in check.alerts
    ]
