"""Messages to operators about Overdue itself: whether pings can come in
(docs/reference/rules.md, rule 15), and refused checks.

Plain text for the platform topic, beside what CloudWatch's alarms say there. Start at `letter_of` and
`refusal_letter`.
"""

from datetime import datetime
from typing import assert_never

from chalicelib.alerts.text import LONGEST_SUBJECT, Letter
from chalicelib.domain.ingress.ingress_ledger import Ledger, Word
from chalicelib.domain.limits.quota import Refusal
from chalicelib.domain.text.time_format import WallClock, duration_rounded


def letter_of(word: Word, ledger: Ledger, *, base: str, tz: str, now: datetime) -> Letter:
    """Word it in a zone. `base` is the URL that jobs ping at."""
    clock, last = WallClock(tz=tz, now=now), ledger.blindness[-1]
    match word:
        case Word.CLOSED:
            subject = "Overdue is blind: pings cannot come in"
            text = _CLOSED.format(base=base, since=clock.full(last.since), why=ledger.why or "it did not answer")
        case Word.OPEN:
            until = last.until or now
            subject = f"Overdue sees again: it was blind for {duration_rounded(until - last.since)}"
            text = _OPEN.format(base=base, span=clock.span(last.since, until))
        case _:
            assert_never(word)
    return Letter(subject=subject[:LONGEST_SUBJECT], text=text, sms=subject[:LONGEST_SUBJECT])


def refusal_letter(project: str, refusal: Refusal) -> Letter:
    """The message that Overdue refused to create a check."""
    subject = f"Overdue refuses new checks in project {project}"[:LONGEST_SUBJECT]
    text = (_RATE if refusal.is_rate else _FULL).format(project=project, why=refusal.text)
    return Letter(subject=subject, text=text, sms=subject)


_FULL = """\
Overdue refused to create a check in project "{project}": {why}.

If you created these checks, delete those that you no longer need, or raise the limit:
  overdue deploy --stage STAGE --checks-per-project N

If not, a key has leaked. List the newest checks with "overdue checks list", make new keys with "overdue keys rotate",
revoke the old ones with "overdue keys revoke", and delete what was created.

Pings of existing checks, and their alerts, are not affected. This notice is sent at most once an hour.
"""

_RATE = """\
Overdue refused to create a check in project "{project}": {why}.

If this was a roll-out, the next pings create the missing checks. For larger roll-outs, raise the limit:
  overdue deploy --stage STAGE --creates-per-minute N

If not, the project's ping key has leaked: make a new one with "overdue keys rotate", revoke the old one with "overdue
keys revoke", and delete what was created.

Pings of existing checks, and their alerts, are not affected. This notice is sent at most once an hour.
"""

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
