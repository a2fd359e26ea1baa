"""Replay a check's stored pings through the pure core under any configuration, and list the alerts it would have sent.

Start at `replayed`. Receiving and evaluating are the core's (docs/reference/rules.md, The functional core); fields of
the API are read by the code that reads them on the server. The history has no item counts and does not say when the
check was paused, snoozed or acknowledged, so the replay ignores these.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.domain.advance import advance
from chalicelib.domain.alerts import Alert, Kind, Reason
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import NO_CHECK
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.receive import receive
from chalicelib.domain.runs.recent_runs import MOST, Ended, appended
from chalicelib.fields.table import FIELDS
from chalicelib.web.api.merged import merged
from chalicelib.web.api.schema.fields import SCHEMAS, read
from chalicelib.web.api.versions import VERSIONS
from overdue.client.schemas import CheckJson, PingJson

REPLAYED = {  # the fields that decide when an alert is sent; stored pings do not have counts of items
    field.name for field in FIELDS if field.section in ("schedule", "runs", "tolerance")
} - {"min_count", "count_window"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A ping of the history and its signal."""

    ping: Ping
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """One outage of the replay: the instants of its "down" alert and of the "up" alert that ends it."""

    at: datetime
    reason: Reason
    until: datetime | None  # None: still down


def config_of(check: CheckJson) -> Config:
    """Read the fields that decide when an alert is sent from a check as the API returns it. Raises BadInput."""
    shown = REPLAYED - {"schedule", "tz"}
    fields: dict[str, Any] = {name: value for name, value in check.items() if name in shown}
    if not fields.get("schedules"):
        fields.pop("schedules", None)
        if "schedule" in check:  # from a server that has only this field
            fields["schedules"] = check["schedule"].split("\n")
    return proposed(Config(tz=check.get("zone", check.get("tz", "UTC"))), fields)


def proposed(config: Config, fields: Mapping[str, Any]) -> Config:
    """Return the configuration with fields of the API changed; unknown fields are ignored. Raises BadInput."""
    known = {name: value for name, value in fields.items() if name in SCHEMAS}
    return merged(config, read(known, has_extras=True), version=VERSIONS["v3"], channels=())


def history_of(pings: Iterable[PingJson], *, is_probed: bool) -> list[Heard]:
    """The pings, oldest first. A ping from a probe carries its own duration."""
    return [_heard(ping, is_probed=is_probed) for ping in sorted(pings, key=lambda ping: ping["n"])]


def _heard(ping: PingJson, *, is_probed: bool) -> Heard:
    signal = Signal(ping["type"])
    took = timedelta(seconds=ping["duration"]) if is_probed and "duration" in ping else None
    at = datetime.fromisoformat(ping["date"]).astimezone(UTC)
    return Heard(Ping(at=at, signal=signal, rid=ping["rid"] or "", took=took), signal)


def durations(history: Sequence[Heard]) -> list[timedelta]:
    """The durations of the newest successful runs that sent a start, oldest first; at most `recent_runs.MOST`."""
    started_at: dict[str, datetime] = {}
    took = []
    for past in history:
        if past.signal is Signal.START:
            started_at[past.ping.rid] = past.ping.at
        elif past.signal in (Signal.SUCCESS, Signal.FAIL):
            at = started_at.pop(past.ping.rid, None)
            if at is not None and past.signal is Signal.SUCCESS:
                took.append(past.ping.at - at)
    return took[-MOST:]


def replayed(config: Config, history: Sequence[Heard], *, now: datetime) -> tuple[Outage, ...]:
    """The outages that a check with this configuration would have alerted on up to `now`, oldest first.

    `max_runtime: auto` uses the limit learned from the whole history from the first run on, since that is the limit
    that applies from today on.
    """
    if not history:
        return ()
    recent = b""
    for took in durations(history) if config.learns_max_runtime else ():
        recent = appended(recent, Ended.SUCCESS, took)
    check = replace(new_check(NO_CHECK, project="", config=config, now=history[0].ping.at), recent=recent)
    sent: list[Alert] = []
    for past in history:
        check = _heard_out(receive(check, past.ping, past.signal).after, sent)
    _heard_out(advance(check, now=max(now, history[-1].ping.at)).after, sent)
    return tuple(_outages(sent))


def _heard_out(check: Check, sent: list[Alert]) -> Check:
    """Move the pending alerts of the check to `sent`, as if each was published at once."""
    sent += check.alerts
    return replace(check, alerts=(), records=())


def _outages(sent: Sequence[Alert]) -> Iterable[Outage]:
    ends = {alert.flip - 1: alert.at for alert in sent if alert.kind is Kind.UP}
    for alert in sent:
        if alert.kind is Kind.DOWN:
            assert alert.reason is not None, "a down alert has a reason"
            yield Outage(at=alert.at, reason=alert.reason, until=ends.get(alert.flip))
