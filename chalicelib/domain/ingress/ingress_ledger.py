"""What is known of the door, which is Overdue's own public URL: when pings could not come in, and who was told.

Start at `closed` and `opened`, which note what a look at the door has found. A door that closes again soon after it
has opened has never been open: one outage, one alert, one interval. What an interval does to a check is
decided in `ingress_outage`; `chalicelib.sweep.ingress` looks at the door.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from hmac import digest

from chalicelib.domain.ingress.ingress_outage import IngressOutage

SETTLED = timedelta(minutes=5)  # so long it must stay open for the outage to be over
KEPT = 20  # intervals


class Word(StrEnum):
    """What operators get about the door."""

    CLOSED = "closed"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The intervals, oldest first, and what has yet to be told of them, in order."""

    blindness: tuple[IngressOutage, ...] = ()
    untold: tuple[Word, ...] = ()
    why: str = ""  # the door was last found closed


def is_blind(ledger: Ledger) -> bool:
    """Whether pings cannot come in."""
    return bool(ledger.blindness) and ledger.blindness[-1].until is None


def closed(ledger: Ledger, *, since: datetime, why: str) -> Ledger:
    """The ledger after the door was found closed; `since` is the first instant that could not be judged."""
    if is_blind(ledger):
        return ledger
    last = ledger.blindness[-1] if ledger.blindness else None
    if last is not None and last.until is not None and since < last.until + SETTLED:
        untold = tuple(word for word in ledger.untold if word is not Word.OPEN)
        return Ledger((*ledger.blindness[:-1], replace(last, until=None)), untold, why)
    return Ledger((*ledger.blindness, IngressOutage(since, None))[-KEPT:], (*ledger.untold, Word.CLOSED), why)


def opened(ledger: Ledger, *, at: datetime) -> Ledger:
    """The ledger after the door was found open."""
    if not is_blind(ledger):
        return ledger
    last = replace(ledger.blindness[-1], until=max(at, ledger.blindness[-1].since))
    return Ledger((*ledger.blindness[:-1], last), (*ledger.untold, Word.OPEN), ledger.why)


def to_tell(ledger: Ledger, *, now: datetime) -> tuple[Word, ...]:
    """What is to be told by now, oldest first: that it is open, when it has stayed so."""
    until = ledger.blindness[-1].until if ledger.blindness else None
    is_settled = until is not None and now >= until + SETTLED
    return tuple(word for word in ledger.untold if word is Word.CLOSED or is_settled)


def told(ledger: Ledger, word: Word) -> Ledger:
    """The ledger after operators have got the oldest of these words."""
    at = ledger.untold.index(word)
    return replace(ledger, untold=ledger.untold[:at] + ledger.untold[at + 1 :])


def proof(secret: bytes, nonce: str) -> str:
    """What only this very deployment can answer to a nonce. The key is one of its own: it must sign nothing else."""
    return digest(digest(secret, b"door", "sha256"), nonce.encode("ascii"), "sha256").hex()
