"""The stored pings of a check once more, through the same pure core, under any configuration: what would people have
been told? (docs/reference/rules.md, The functional core)

Start at `replayed`. The API's words are read by the room that reads them on the server. What the history does not tell
is left out: counts of items, and when somebody paused, snoozed or acknowledged.
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

REPLAYED = {  # the fields that decide when people are told of stored pings, which do not say what was counted
    field.name for field in FIELDS if field.section in ("schedule", "runs", "tolerance")
} - {"min_count", "count_window"}


@dataclass(frozen=True, slots=True)
class Heard:
    """A ping as the history has it, and what it meant."""

    ping: Ping
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Outage:
    """What people would have been told of: a `down`, and the `up` after it."""

    at: datetime
    reason: Reason
    until: datetime | None  # None: it would still be down


def config_of(check: CheckJson) -> Config:
    """The configuration of a check that the API shows, as far as it decides when people are told. Raises BadInput."""
    said: dict[str, Any] = {name: value for name, value in check.items() if name in REPLAYED - {"schedule", "tz"}}
    if not said.get("schedules"):
        said.pop("schedules", None)
        if "schedule" in check:  # of a server that knows of no others
            said["schedules"] = check["schedule"].split("\n")
    return proposed(Config(tz=check.get("zone", check.get("tz", "UTC"))), said)


def proposed(config: Config, fields: Mapping[str, Any]) -> Config:
    """The same with fields of the API changed. Raises BadInput."""
    known = {name: value for name, value in fields.items() if name in SCHEMAS}
    return merged(config, read(known, has_extras=True), version=VERSIONS["v3"], channels=())


def history_of(pings: Iterable[PingJson], *, is_probed: bool) -> list[Heard]:
    """The pings in the order in which they came. A probe's tells itself how long it took."""
    return [_heard(ping, is_probed=is_probed) for ping in sorted(pings, key=lambda ping: ping["n"])]


def _heard(ping: PingJson, *, is_probed: bool) -> Heard:
    signal = Signal(ping["type"])
    took = timedelta(seconds=ping["duration"]) if is_probed and "duration" in ping else None
    at = datetime.fromisoformat(ping["date"]).astimezone(UTC)
    return Heard(Ping(at=at, signal=signal, rid=ping["rid"] or "", took=took), signal)


def durations(history: Sequence[Heard]) -> list[timedelta]:
    """How long the newest successes took that were begun by a start of the same run."""
    begun: dict[str, datetime] = {}
    took = []
    for heard in history:
        if heard.signal is Signal.START:
            begun[heard.ping.rid] = heard.ping.at
        elif heard.signal in (Signal.SUCCESS, Signal.FAIL):
            at = begun.pop(heard.ping.rid, None)
            if at is not None and heard.signal is Signal.SUCCESS:
                took.append(heard.ping.at - at)
    return took[-MOST:]


def replayed(config: Config, history: Sequence[Heard], *, now: datetime) -> tuple[Outage, ...]:
    """What a check of this configuration would have told people of this history up to `now`, oldest first.

    A limit that is learnt is known from the beginning, as the whole history teaches it: so it would be from today on.
    """
    if not history:
        return ()
    recent = b""
    for took in durations(history) if config.learns_max_runtime else ():
        recent = appended(recent, Ended.SUCCESS, took)
    check = replace(new_check(NO_CHECK, project="", config=config, now=history[0].ping.at), recent=recent)
    told: list[Alert] = []
    for heard in history:
        check = _heard_out(receive(check, heard.ping, heard.signal).after, told)
    _heard_out(advance(check, now=max(now, history[-1].ping.at)).after, told)
    return tuple(_outages(told))


def _heard_out(check: Check, told: list[Alert]) -> Check:
    """People get at once what there is to get."""
    told += check.alerts
    return replace(check, alerts=(), records=())


def _outages(told: Sequence[Alert]) -> Iterable[Outage]:
    ends = {alert.flip - 1: alert.at for alert in told if alert.kind is Kind.UP}
    for alert in told:
        if alert.kind is Kind.DOWN:
            assert alert.reason is not None, "each outage has one"
            yield Outage(at=alert.at, reason=alert.reason, until=ends.get(alert.flip))
