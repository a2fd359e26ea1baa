"""Limit how many pings a check takes in a minute (docs/adr/0018).

Start at `is_over`. The count costs no write of its own: `Check.pace` remembers how many pings had been counted when the
current minute began, and the rate of that minute is the difference. `receive` keeps it, the ping's edge refuses.
"""

from datetime import datetime

from chalicelib.domain.check import Check, Pace, Status
from chalicelib.domain.runs import closed_by
from chalicelib.domain.signals import Ping, Signal

MINUTE_S = 60
RESERVE = 5  # one fifth on top of the limit, for pings that say something new


def pace(check: Check, at: datetime) -> Pace:
    """The pace after a ping at this instant: the one it has, or a new one when a new minute begins."""
    known, minute = check.pace, _minute(at)
    return known if known is not None and known.minute >= minute else Pace(minute, check.n_pings)


def is_over(check: Check, ping: Ping, signal: Signal, *, most: int) -> bool:
    """Whether to refuse this ping: the check has had `most` pings within the ping's minute.

    Up to a fifth more, a ping still passes if it says something new. Beyond that, only what a false alert or a hidden
    failure would follow from: the first success of the minute, and a failure of a check that is not down.
    """
    known = check.pace
    if known is None or check.n_pings - known.n_pings < most or known.minute < _minute(ping.at):
        return False
    if _is_vital(check, ping, signal):
        return False
    has_reserve = check.n_pings - known.n_pings < most + most // RESERVE
    return not (has_reserve and _is_news(check, ping, signal))


def _is_vital(check: Check, ping: Ping, signal: Signal) -> bool:
    """The first success within the minute, or a failure of a check that is not down. Few pings a minute can be it."""
    if signal is Signal.SUCCESS:
        return check.last_success is None or _minute(check.last_success) < _minute(ping.at)
    return signal is Signal.FAIL and check.status is not Status.DOWN


def _is_news(check: Check, ping: Ping, signal: Signal) -> bool:
    """Whether it can change more than counters: a log line and one more success of the same minute cannot."""
    if signal is Signal.SUCCESS:
        return check.status is not Status.UP or closed_by(check, ping.rid, at=ping.at) is not None
    return signal in (Signal.START, Signal.FAIL)


def retry_after_s(at: datetime) -> int:
    """Seconds until the next minute begins, 1 to 60: when pings pass again."""
    return MINUTE_S - int(at.timestamp()) % MINUTE_S


def throttled(check: Check, at: datetime) -> datetime | None:
    """Since when pings have been refused in each minute, if a refusal at this instant is to be recorded.

    None when this minute has a record already: at most one is written a minute, however many are refused.
    """
    last, since = check.throttled_at, check.throttled_since
    if last is None or since is None:
        return at
    if _minute(at) <= _minute(last):
        return None
    return since if _minute(at) == _minute(last) + 1 else at


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // MINUTE_S
