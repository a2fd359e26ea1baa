"""Collect the alerts of many checks of a project that are due at once, so that they leave as digests (docs/adr/0013).

Alerts are collected for half a second and then published, while the next ones are collected for twice as long, and so
on. So the first messages leave soon, and a sweep that ends or dies leaves little undone. Start at `Gathering`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib import log
from chalicelib.domain.errors import Unavailable
from chalicelib.services.transaction import Ports
from chalicelib.sweep.digests import told_together
from chalicelib.sweep.process import Evaluated, Work

FIRST_GATHER = timedelta(seconds=0.5)
LONGEST_GATHER = timedelta(seconds=5)
MOST = 2_000  # checks per collection


@dataclass(slots=True)
class Gathering:
    """The evaluated checks of one project until their alerts are published."""

    evaluated: list[Evaluated] = field(default_factory=list)
    since: datetime | None = None  # None: it is empty
    lasts: timedelta = FIRST_GATHER

    def add(self, evaluated: Evaluated, *, now: datetime) -> None:
        """Add a check."""
        self.since = self.since or now
        self.evaluated.append(evaluated)

    def is_ripe(self, *, now: datetime, at_least: int) -> bool:
        """Whether to publish now even if more checks may follow. Too few for a digest wait for LONGEST_GATHER."""
        if self.since is None:
            return False
        lasts = self.lasts if len(self.evaluated) >= at_least else LONGEST_GATHER
        return now >= self.since + lasts or len(self.evaluated) >= MOST

    def taken(self) -> list[Evaluated]:
        """Remove and return the checks to publish now. The next collection lasts longer."""
        evaluated, self.evaluated, self.since = self.evaluated, [], None
        self.lasts = min(self.lasts * 2, LONGEST_GATHER)
        return evaluated


def publish_digests(work: Work, evaluated: Sequence[Evaluated], *, now: datetime) -> Ports | None:
    """Publish the alerts of these checks as digests; return the ports for publishing the rest check by check.

    None if DynamoDB is unavailable and nothing was published. The checks then stay due.
    """
    try:
        return told_together(work.ports, [each.check for each in evaluated], now=now)
    except Unavailable as error:
        log.event("unavailable", why=str(error))
        return None
    except Exception:  # noqa: BLE001  # the boundary between a check and its neighbours: each is published alone
        log.crash("not_told_together")
        return work.ports
