"""What operators get about the door: that pings cannot come in, and that they can again (domain.md, rule 15).

Plain text for the platform topic, beside what CloudWatch's alarms say there. Start at `letter_of`.
"""

from datetime import datetime
from typing import assert_never

from chalicelib.alerts.letter import LONGEST_SUBJECT, Letter
from chalicelib.domain.door import Ledger, Word
from chalicelib.domain.wallclock import WallClock, lasted


def letter_of(word: Word, ledger: Ledger, *, base: str, tz: str, now: datetime) -> Letter:
    """Word it in a zone. `base` is the URL that jobs ping at."""
    clock, last = WallClock(tz=tz, now=now), ledger.blindness[-1]
    match word:
        case Word.CLOSED:
            subject = "Overdue is blind: pings cannot come in"
            text = _CLOSED.format(base=base, since=clock.full(last.since), why=ledger.why or "it did not answer")
        case Word.OPEN:
            until = last.until or now
            subject = f"Overdue sees again: it was blind for {lasted(until - last.since)}"
            text = _OPEN.format(base=base, span=clock.span(last.since, until))
        case _:
            assert_never(word)
    return Letter(subject=subject[:LONGEST_SUBJECT], text=text, sms=subject[:LONGEST_SUBJECT])


_CLOSED = """\
Overdue could not reach its own address, as jobs do: {why}.

Address       {base}
Since         {since}

Until it can, nothing is called missed or overrun: such checks show "unknown". What jobs report meanwhile is lost,
unless they send it again. Failures that do come in are told as always.

Look first at the name and the certificate of the address, then at the HTTP API and its function "api".

This is told once; another message comes when it is over.
"""

_OPEN = """\
Pings can come in again, and have been able to for a while.

Address       {base}
Blind         {span}

What was expected in that time is judged when its grace has passed once more since then. A job that reported only in
that time, and does not do so again, will be called missed.
"""
