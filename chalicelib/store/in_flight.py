"""Which checks each sweep is evaluating: a row of the registry per sweep, `sweep` / `flight#<id>` (docs/adr/0016).

An invocation that dies cannot say which check killed it. What its row lists and is still due are the suspects, which
the next sweep evaluates last. An entry is a check with the instant at which it was due: one that has been handled since
has another. Needs `tables.connect` to have been called.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from chalicelib.domain.check import Code
from chalicelib.store.tables import RegistryItem, talking

MOST = 5_000  # entries of a row: an item holds 400 kB, about 7,800 of them
ABANDONED_AFTER = timedelta(seconds=10)  # a sweep that works writes its row again for each 100 checks

Entry = tuple[datetime, Code]  # when it was due, and what


@dataclass(frozen=True, slots=True)
class Flight:
    """What a sweep was evaluating when it last wrote its row."""

    id: str
    entries: frozenset[Entry]


def write(sweep: str, entries: Collection[Entry], *, now: datetime) -> None:
    """Write a sweep's row over the one before: one write unit for each 20 checks. Raises Unavailable.

    Of more than 5,000 entries the row lists any 5,000: a shorter list accuses fewer, and a row that is too large would
    not be written at all.
    """
    listed = "\n".join(f"{at.timestamp():.3f} {code}" for at, code in islice(entries, MOST))
    with talking:
        RegistryItem("sweep", f"flight#{sweep}", created_at=now.timestamp(), in_flight=listed).save()


def abandoned(*, now: datetime) -> list[Flight]:
    """The rows that no sweep has written again for 10 seconds. One query. Raises Unavailable."""
    with talking:
        rows = list(RegistryItem.query("sweep", RegistryItem.sk.startswith("flight#"), consistent_read=True))
    before = (now - ABANDONED_AFTER).timestamp()
    return [_as_flight(row) for row in rows if (row.created_at or 0) < before]


def remove(sweep: str) -> None:
    """Delete a row; one that is gone stays gone. Raises Unavailable."""
    with talking:
        RegistryItem("sweep", f"flight#{sweep}").delete()


def _as_flight(row: RegistryItem) -> Flight:
    entries = (line.split(" ") for line in (row.in_flight or "").split("\n") if line)
    found = frozenset((datetime.fromtimestamp(float(at), UTC), Code(code)) for at, code in entries)
    return Flight(row.sk.removeprefix("flight#"), found)
