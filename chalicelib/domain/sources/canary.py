"""The canary: a check that misses on purpose every day, and what its last miss has proved
(docs/reference/rules.md, rule 20).

Start at `missing`. It is a check like any other, known by its slug in the first project; its run pings it once a day,
and two minutes later it is down. What runs it is `chalicelib.handlers.canary`, what makes it `overdue canary`.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta

from chalicelib.domain.alerts import Kind, Reason, Told
from chalicelib.domain.check import Check, Flip, Status

PROJECT = "default"
SLUG = "overdue-canary"
RUNS_AT = time(10, 0, tzinfo=UTC)  # each day; app.py's schedule says the same
PERIOD = GRACE = timedelta(minutes=1)
TELLING = timedelta(minutes=10)  # from its ping: so long may the miss and its alert take
NOTICED = timedelta(minutes=1)  # a new channel may be unknown to a warm function so long


def is_ripe(check: Check, *, now: datetime) -> bool:
    """Whether its last ping is long enough ago for its miss to have been told; never pinged has nothing to tell."""
    return check.last_success is not None and now >= check.last_success + TELLING


def missing(
    check: Check, flips: Sequence[tuple[Flip, Sequence[Told]]], *, channels: Mapping[str, datetime | None]
) -> tuple[str, ...]:
    """What a ripe canary leaves unproved, in words; nothing when its miss was told to each of its channels.

    `flips` are newest first, each with what was sent of it; `channels` its channels by name, with when each was made.
    """
    if not channels:
        return ("it has no channel",)
    since = check.last_success
    assert since is not None, "what is ripe has been pinged"
    misses = [(flip, sent) for flip, sent in flips if flip.at > since and _is_miss(flip)]
    if not misses:
        return (f"it was not seen to miss after its ping of {since.isoformat(timespec='seconds')}",)
    flip, sent = misses[0]
    at = flip.at.isoformat(timespec="seconds")
    downs = [each for each in sent if each.kind is Kind.DOWN]
    if not downs:
        return (f"SNS has not taken the alert of the miss at {at}",)
    told = {name for each in downs for name in each.to}
    known = [name for name, made in channels.items() if made is None or made + NOTICED <= flip.at]
    return tuple(f"{name} was not told of the miss at {at}" for name in known if name not in told)


def _is_miss(flip: Flip) -> bool:
    return flip.new is Status.DOWN and flip.reason is Reason.MISSED


def next_run(*, now: datetime) -> datetime:
    """When it is pinged next."""
    today = datetime.combine(now.astimezone(UTC), RUNS_AT)
    return today if today > now else today + timedelta(days=1)
