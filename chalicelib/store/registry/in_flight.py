"""Record which checks each sweep is evaluating: a registry row per sweep, `sweep` / `flight#<id>` (docs/adr/0016).

An invocation that dies cannot report which check killed it. The entries of its row that are still due are the suspects,
which the next sweep evaluates last. An entry is a check with the instant at which it was due; a check that was handled
since is due at another instant. Call `tables.connect` first.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice

from chalicelib.domain.ids import Code
from chalicelib.store.tables import RegistryItem, talking

MOST = 5_000  # entries per row: an item can hold 400 kB, about 7,800 entries
ABANDONED_AFTER = timedelta(seconds=10)  # a running sweep rewrites its row for each 100 checks

Entry = tuple[datetime, Code]  # the instant at which it was due, and the check


@dataclass(frozen=True, slots=True)
class Flight:
    """The row of a sweep: the checks that it was evaluating."""

    id: str
    entries: frozenset[Entry]


def write(sweep: str, entries: Collection[Entry], *, now: datetime) -> None:
    """Replace a sweep's row. One write unit per 20 checks. Raises Unavailable.

    Of more than 5,000 entries, the row lists any 5,000: fewer suspects are better than a row too large to be written.
    """
    listed = "\n".join(f"{at.timestamp():.3f} {code}" for at, code in islice(entries, MOST))
    with talking:
        RegistryItem("sweep", f"flight#{sweep}", created_at=now.timestamp(), in_flight=listed).save()


def abandoned(*, now: datetime) -> list[Flight]:
    """The rows that were not rewritten for 10 seconds. One query. Raises Unavailable."""
    with talking:
        rows = list(RegistryItem.query("sweep", RegistryItem.sk.startswith("flight#"), consistent_read=True))
    before = (now - ABANDONED_AFTER).timestamp()
    return [_as_flight(row) for row in rows if (row.created_at or 0) < before]


def remove(sweep: str) -> None:
    """Delete a sweep's row if it exists. Raises Unavailable."""
    with talking:
        RegistryItem("sweep", f"flight#{sweep}").delete()


def _as_flight(row: RegistryItem) -> Flight:
    entries = (line.split(" ") for line in (row.in_flight or "").split("\n") if line)
    found = frozenset((datetime.fromtimestamp(float(at), UTC), Code(code)) for at, code in entries)
    return Flight(row.sk.removeprefix("flight#"), found)
