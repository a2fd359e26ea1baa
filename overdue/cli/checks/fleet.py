"""A project's checks at a glance: how many are how, what is down and late, what comes next.

Start at `Fleet.of`. A check's status, and when it is expected, are the server's word; nothing is worked out here but
order and numbers.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

from overdue.client.api import Found
from overdue.client.schemas import CheckJson, FlipJson

ORDER = ("down", "grace", "up", "new", "paused")  # others, which an older CLI does not know, come first


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """All checks of a project, sorted."""

    counts: Mapping[str, int]  # by status, what is worst first; statuses that none has are left out
    down: Sequence[Found]  # by name
    late: Sequence[Found]  # within its grace, the one that has been expected longest first
    next: Found | None  # that is expected next; None: nothing is expected

    @classmethod
    def of(cls, checks: Iterable[CheckJson]) -> Self:
        """Sort them."""
        found = [Found(check) for check in checks]
        counted = Counter(each.check["status"] for each in found)
        known = sorted(counted, key=lambda status: (ORDER.index(status) if status in ORDER else -1, status))
        coming = [each for each in found if each.check["status"] == "up" and each.check["next_ping"]]
        late = [each for each in found if each.check["status"] == "grace"]
        return cls(
            counts={status: counted[status] for status in known},
            down=sorted((each for each in found if each.check["status"] == "down"), key=lambda each: each.title),
            late=sorted(late, key=_expected),
            next=min(coming, key=_expected, default=None),
        )

    @property
    def total(self) -> int:
        """How many checks there are."""
        return sum(self.counts.values())


def _expected(found: Found) -> str:
    """The API writes all instants alike, in UTC: their texts sort as they do."""
    return found.check["next_ping"] or ""


def down_since(flips: Sequence[FlipJson]) -> str | None:
    """When the newest outage began; None: its flip is so old that it has expired."""
    return next((flip["timestamp"] for flip in flips if not flip["up"]), None)
