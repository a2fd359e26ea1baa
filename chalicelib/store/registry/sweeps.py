"""When a sweep has last ended, and how: one row of the registry, `sweep` / `last`, for those who look at a page.

Needs `tables.connect` to have been called.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from chalicelib.store.tables import RegistryItem, talking


@dataclass(frozen=True, slots=True)
class LastSweep:
    """A sweep that has ended."""

    at: datetime
    behind: timedelta | None  # how long what was still due had been; None: not all could be read


def note(sweep: LastSweep) -> None:
    """Write it over the one before. Raises Unavailable."""
    behind_s = None if sweep.behind is None else sweep.behind.total_seconds()
    with talking:
        RegistryItem("sweep", "last", created_at=sweep.at.timestamp(), behind_s=behind_s).save()


def last() -> LastSweep | None:
    """The last one; None: there was none yet. Raises Unavailable."""
    try:
        with talking:
            row = RegistryItem.get("sweep", "last")
    except RegistryItem.DoesNotExist:
        return None
    at = datetime.fromtimestamp(row.created_at or 0, UTC)
    return LastSweep(at, None if row.behind_s is None else timedelta(seconds=row.behind_s))
