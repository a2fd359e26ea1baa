"""The history of a check, complete: what the table of the history has, and what still waits in the check's outbox."""

from collections.abc import Iterable
from datetime import datetime

from chalicelib.domain.check import Check, Flip, Judged
from chalicelib.store import history
from chalicelib.store.history import StoredFlip


def flips(check: Check, *, now: datetime, most: int) -> list[StoredFlip]:
    """The newest flips first: those that wait, then at most so many of the table. A query per 1 MB."""
    waiting = [StoredFlip(flip, ()) for flip in _waiting_flips(check)]
    known = {each.flip.number for each in waiting}
    stored = history.flips(check.code, now=now, most=most)
    return [*waiting, *(each for each in stored if each.flip.number not in known)]


def with_waiting(check: Check, stored: Iterable[Flip]) -> list[Flip]:
    """The newest flips first: those that wait, then these of the table."""
    waiting = _waiting_flips(check)
    known = {flip.number for flip in waiting}
    return [*waiting, *(flip for flip in stored if flip.number not in known)]


def judged_between(check: Check, since: datetime, until: datetime, *, now: datetime, most: int) -> list[Judged]:
    """The newest judgements first, both ends included: those that wait, then at most so many of the table."""
    stored = history.judged_between(check.code, since, until, now=now, most=most)
    known = {(each.at, each.count is None) for each in stored}
    waiting = [
        record
        for record in reversed(check.records)
        if isinstance(record, Judged) and since <= record.at <= until and (record.at, record.count is None) not in known
    ]
    return [*waiting, *stored]


def _waiting_flips(check: Check) -> list[Flip]:
    """The newest first."""
    return [record for record in reversed(check.records) if isinstance(record, Flip)]
