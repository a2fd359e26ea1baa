"""Many checks of a project due at one instant: evaluated first, so that their alerts leave together (docs/adr/0013).

What was evaluated is gathered for half a second, then published while the next is gathered, for twice as long each
time: the first people are notified soon, and a sweep that ends, or dies, leaves little undone. Start at `Gathering`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.change import Ports
from chalicelib.looking import Evaluated, Work
from chalicelib.store.tables import Unavailable
from chalicelib.together import told_together

FIRST_GATHER = timedelta(seconds=0.5)
LONGEST_GATHER = timedelta(seconds=5)
MOST = 2_000  # checks whose alerts leave together


@dataclass(slots=True)
class Gathering:
    """What one project's checks hold, until it is published."""

    evaluated: list[Evaluated] = field(default_factory=list)
    since: datetime | None = None  # None: it is empty
    lasts: timedelta = FIRST_GATHER

    def add(self, evaluated: Evaluated, *, now: datetime) -> None:
        """Keep a check until `is_ripe`."""
        self.since = self.since or now
        self.evaluated.append(evaluated)

    def is_ripe(self, *, now: datetime, at_least: int) -> bool:
        """Whether it is time to publish, though more may come. Too few for a digest wait longest."""
        if self.since is None:
            return False
        lasts = self.lasts if len(self.evaluated) >= at_least else LONGEST_GATHER
        return now >= self.since + lasts or len(self.evaluated) >= MOST

    def taken(self) -> list[Evaluated]:
        """What is to be published now; the next gathering lasts longer."""
        evaluated, self.evaluated, self.since = self.evaluated, [], None
        self.lasts = min(self.lasts * 2, LONGEST_GATHER)
        return evaluated


def publish_digests(work: Work, evaluated: Sequence[Evaluated], *, now: datetime) -> Ports | None:
    """Publish as digests what these checks hold; by the ports returned, the rest is published check by check.

    None: DynamoDB is away, and nothing was published. All of it stays due, and the next look finds it again.
    """
    try:
        return told_together(work.ports, [each.check for each in evaluated], now=now)
    except Unavailable as error:
        log.event("unavailable", why=str(error))
        return None
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours: each is published alone
        log.crash("not_told_together")
        return work.ports
