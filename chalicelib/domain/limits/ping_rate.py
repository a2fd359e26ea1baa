"""Limit how many pings a check takes in a minute (docs/reference/rules.md, rule 21; docs/adr/0018).

Start at `is_over_limit`. Counting needs no extra write: `Check.pace` holds the number of pings at the beginning of the
current minute, and the rate is the difference. `receive` updates it; `web.pings` refuses pings.
"""

from datetime import datetime

from chalicelib.domain.check import Check, Pace, Status
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.runs.runs import closed_by

MINUTE_S = 60
RESERVE = 5  # one fifth of the limit, for pings that may change more than counters


def pace_after(check: Check, at: datetime) -> Pace:
    """The pace after a ping at this instant: unchanged, or a new one if a new minute begins."""
    known, minute = check.pace, _minute(at)
    return known if known is not None and known.minute >= minute else Pace(minute, check.n_pings)


def is_over_limit(check: Check, ping: Ping, signal: Signal, *, most: int) -> bool:
    """Whether to refuse this ping because the check has received `most` pings in the ping's minute.

    Up to a fifth more, pings pass that may change more than counters. Beyond that, only pings pass whose refusal would
    cause a false alert or hide a failure: the first success of the minute, and a failure of a check that is not down.
    """
    known = check.pace
    if known is None or check.n_pings - known.n_pings < most or known.minute < _minute(ping.at):
        return False
    if _always_passes(check, ping, signal):
        return False
    has_reserve = check.n_pings - known.n_pings < most + most // RESERVE
    return not (has_reserve and _may_use_reserve(check, ping, signal))


def _always_passes(check: Check, ping: Ping, signal: Signal) -> bool:
    """Whether it is the first success of the minute, or a failure of a check that is not down. Rare."""
    if signal is Signal.SUCCESS:
        return check.last_success is None or _minute(check.last_success) < _minute(ping.at)
    return signal is Signal.FAIL and check.status is not Status.DOWN


def _may_use_reserve(check: Check, ping: Ping, signal: Signal) -> bool:
    """Whether it can change more than counters. A log line and another success of the same minute cannot."""
    if signal is Signal.SUCCESS:
        return check.status is not Status.UP or closed_by(check, ping.rid, at=ping.at) is not None
    return signal in (Signal.START, Signal.FAIL)


def retry_after_s(at: datetime) -> int:
    """Seconds until the next minute begins, when pings pass again: 1 to 60."""
    return MINUTE_S - int(at.timestamp()) % MINUTE_S


def next_throttled_since(check: Check, at: datetime) -> datetime | None:
    """The new `throttled_since` to record for a refusal at this instant; None if this minute has a record already.

    So at most one record is written per minute, however many pings are refused.
    """
    last, since = check.throttled_at, check.throttled_since
    if last is None or since is None:
        return at
    if _minute(at) <= _minute(last):
        return None
    return since if _minute(at) == _minute(last) + 1 else at


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // MINUTE_S
