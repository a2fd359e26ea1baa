"""Throughput: alive is not enough, so many items must be done in each window (docs/reference/rules.md, rule 6).

Windows follow each other from the first counted ping. While the check is down, empty windows are not looked
at: nothing can change at their end, and a worker that is gone shall not cost a write a minute. The grid of
windows stays what it was.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.check import Check, Status, Window


def is_watched(check: Check) -> bool:
    """Whether this check has a minimum to reach."""
    return check.config.min_count is not None and check.config.count_window is not None


def window_end(check: Check) -> datetime | None:
    """When the current window is judged; None when there is none, or when its end can change nothing."""
    window, length = check.window, check.config.count_window
    if window is None or length is None or check.config.min_count is None:
        return None
    if check.status is Status.UP or (check.status is Status.DOWN and window.count > 0):
        return window.at + length
    return None


def counted(check: Check, count: int | None, *, at: datetime) -> Check:
    """The check after a success that brought `count` items; None when it did not say.

    What has ended must have been judged before. Items of a window that has been judged come too late.
    """
    length = check.config.count_window
    if count is None or length is None or check.config.min_count is None:
        return check
    window = check.window or Window(at=at, count=0)
    if at < window.at:
        return check
    if window.count == 0 and at >= window.at + length:  # empty windows passed unseen, while down
        window = Window(at=window.at + (at - window.at) // length * length, count=0)
    newest = at if count > 0 and (check.counted_at is None or at > check.counted_at) else check.counted_at
    return replace(check, window=replace(window, count=window.count + count), counted_at=newest)


def next_window(check: Check) -> Check:
    """The check with its window ended and the following one begun."""
    window, length = check.window, check.config.count_window
    assert window is not None, "only a window that exists ends"
    assert length is not None, "only a check with a window's length has windows"
    return replace(check, window=Window(at=window.at + length, count=0))


def restarted(check: Check) -> Check:
    """The check after a recovery, without a count window: the next counted ping starts a new one."""
    return replace(check, window=None)
