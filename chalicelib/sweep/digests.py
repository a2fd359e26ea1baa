"""What many checks have to tell at one moment goes out as digests, where it is much of a kind (docs/adr/0013).

Digests first; then judgements are written to the history, 25 per call; then each check publishes what is left
(`change.let_out`), and what a digest has told counts as told: noted at its flip, and taken out of its check.
Whatever dies in between, it still waits, and is told again. Start at `told_together`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib import log
from chalicelib.domain.alerts import Alert
from chalicelib.domain.check import Check
from chalicelib.domain.digest import digests
from chalicelib.domain.errors import Undelivered
from chalicelib.services.transaction import Ports, Publish
from chalicelib.store.history import put_judged


def told_together(ports: Ports, checks: Iterable[Check], *, now: datetime) -> Ports:
    """Tell what leaves these checks as digests; by what is returned the rest of it is let out, check by check.

    Raises Unavailable: nothing is told then.
    """
    checks = tuple(checks)
    if ports.together is None:
        return ports
    refused: dict[str, Undelivered] = {}
    for digest in digests(checks, at_least=ports.together.at_least, now=now):
        refused |= ports.together.publish(digest, now=now)
        log.event("digest", kind=digest.common.kind, alerts=len(digest.members))
    recorded = put_judged(ports.tables, checks)
    return replace(ports, publish=_Rest(ports.publish, refused), recorded=recorded)


@dataclass(frozen=True, slots=True)
class _Rest:
    """Publishes what no digest has told. What a digest was refused with waits; it is not tried one by one."""

    publish: Publish
    refused: Mapping[str, Undelivered]

    def __call__(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        """Publish one alert, as far as that is left to do. Raises Undelivered."""
        if alert.id in self.refused:
            raise Undelivered(str(self.refused[alert.id]))
        return self.publish(check, alert, now=now)
