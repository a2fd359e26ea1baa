"""Is the door open? What a sweep must know before it calls anything missed (docs/reference/rules.md, rule 15).

One a sweep. It looks only when a miss is at stake, or when the door was last found closed; what it finds it notes in
the registry, for the sweeps after it, and tells operators. A way out that is broken is no door that is closed: pings
that have just come in prove it open, whatever the look says. Start at `judge`.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Protocol

from chalicelib import log
from chalicelib.alerts.operator_notices import ingress_notice
from chalicelib.alerts.text import Message
from chalicelib.domain.advance import advance
from chalicelib.domain.check import Check, Verdict
from chalicelib.domain.errors import Conflict, Unavailable, Undelivered
from chalicelib.domain.ingress.ingress_ledger import Ledger, Word, closed, is_blind, opened, to_tell, told
from chalicelib.domain.ingress.ingress_outage import advance_through, rests_on_silence
from chalicelib.domain.sources.canary import SLUG as CANARY
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get, checks, history
from chalicelib.store.registry import ingress
from chalicelib.store.tables import SHARDS

PROVED_FOR = timedelta(seconds=10)
FRESH = timedelta(minutes=1)  # a ping that came in so long ago proves that the next one could
SOONEST = 12  # checks of each shard that are asked for such a ping, as long as their item may tell of one
LOOKED_INTO = 5  # of these, whose history is read: only a request by HTTP has come by the door


class IngressCheck(Protocol):
    """The way to the door, and to operators."""

    @property
    def base(self) -> str:
        """The URL that jobs ping at."""

    @property
    def tz(self) -> str:
        """The zone that operators read."""

    def why_closed(self, *, now: datetime) -> str | None:
        """Why a ping could not come in, in words; None: it could. Raises Unavailable."""

    def tell(self, message: Message) -> None:
        """Tell operators. Raises Undelivered."""


class Unproved(Exception):
    """Something would be called missed, and nobody knows whether its ping could have come in."""

    def __init__(self, check: Check) -> None:
        super().__init__()
        self.check = check


class Door:
    """What one sweep knows of it."""

    def __init__(self, ports: Ports, way: IngressCheck) -> None:
        self._ports = ports
        self._way = way
        self._ledger: Ledger | None = None  # None: it could not be read
        self._proved_at: datetime | None = None  # when it was last found open
        self._known_at: datetime | None = None  # when it was last looked at

    @property
    def is_blind(self) -> bool:
        """Whether it is known to be closed."""
        return self._ledger is not None and is_blind(self._ledger)

    def is_known(self, *, now: datetime) -> bool:
        """Whether the ingress check has just run and its result is recorded."""
        known_at = self._known_at
        return known_at is not None and now - known_at < PROVED_FOR

    def recall(self) -> None:
        """What earlier sweeps have noted. One read."""
        try:
            self._ledger = ingress.read()
        except Unavailable as error:
            log.event("door_unknown", why=str(error))
        except Exception:  # noqa: BLE001  # a damaged ledger must not end every sweep
            log.crash("door_unknown")

    def look_again(self, *, now: datetime) -> None:
        """Whether a door that was closed is open now; one that was open is looked at when that matters."""
        if self.is_blind:
            self.prove(since=now, now=now)

    def judge(self, check: Check, now: datetime) -> Verdict:
        """What has become of a check at `now`. Raises Unproved, unless the door was found open shortly before."""
        verdict = self.judge_by_what_is_known(check, now)
        proved_at = self._proved_at
        is_proved = proved_at is not None and now - proved_at < PROVED_FOR
        if rests_on_silence(verdict) and not is_proved:
            raise Unproved(check)
        return verdict

    def judge_by_what_is_known(self, check: Check, now: datetime) -> Verdict:
        """The same after `prove`. While the ledger cannot be read, what is held stays so."""
        ledger = self._ledger  # another thread may prove the door meanwhile
        if ledger is None:
            return advance(check, now=now)
        return advance_through(check, now=now, blindness=ledger.blindness)

    def prove(self, *, since: datetime, now: datetime) -> bool:
        """Look at the door, and note what was found; `since` is the first instant that is at stake.

        False when it could not be noted, or another sweep has noted something meanwhile: nobody may judge by it.
        """
        self._proved_at = self._known_at = None
        try:
            before = ingress.read()
            why = self._why_closed(now=now)
            after = opened(before, at=now) if why is None else closed(before, since=since, why=why)
            if after != before:
                ingress.write(after, instead_of=before)
                log.event("door_opened" if why is None else "door_closed", why=why)
        except (Conflict, Unavailable) as error:
            log.event("door_unknown", why=str(error))
            self._ledger = None
            return False
        except Exception:  # noqa: BLE001  # the boundary between the door, and checks that need no proof
            log.crash("door_unknown")
            self._ledger = None
            return False
        self._ledger = after
        self._proved_at = now if why is None else None
        self._known_at = now
        return True

    def _why_closed(self, *, now: datetime) -> str | None:
        why = self._way.why_closed(now=now)
        if why is not None and self._pings_come_in(now=now):
            log.event("door_not_seen", why=why)  # from within only
            return None
        return why

    def _pings_come_in(self, *, now: datetime) -> bool:
        """Whether any of the checks that are due soonest has just been pinged by HTTP."""
        codes = [code for shard in range(SHARDS) for code in checks.coming_codes(shard, after=now, most=SOONEST)]
        found = batch_get.readable_checks(self._ports.tables, codes, sleep=self._ports.sleep)
        pinged = [check for check in found if _is_pinged(check) and _is_fresh(check.last_ping, now)]
        return any(self._came_by_http(check, now=now) for check in pinged[:LOOKED_INTO])

    def _came_by_http(self, check: Check, *, now: datetime) -> bool:
        newest = history.pings(check.code, now=now, most=1)
        return any(each.ping.scheme in ("http", "https") and _is_fresh(each.ping.at, now) for each in newest)

    def tell(self, *, now: datetime) -> None:
        """Let operators know, at least once: what could not be told, or noted as told, is told by a later sweep."""
        for ledger, word in self._untold(now):
            try:
                self._way.tell(ingress_notice(word, ledger, base=self._way.base, tz=self._way.tz, now=now))
                self._ledger = told(ledger, word)
                ingress.write(self._ledger, instead_of=ledger)
            except (Conflict, Unavailable, Undelivered) as error:
                log.event("operators_not_told", why=str(error))
                return
            log.event("operators_told", word=word)

    def _untold(self, now: datetime) -> Iterator[tuple[Ledger, Word]]:
        while self._ledger is not None and (words := to_tell(self._ledger, now=now)):
            yield self._ledger, words[0]


def _is_pinged(check: Check) -> bool:
    """Whether it waits for pings from outside."""
    return check.config.probe is None and check.config.slug != CANARY


def _is_fresh(at: datetime | None, now: datetime) -> bool:
    return at is not None and at >= now - FRESH
