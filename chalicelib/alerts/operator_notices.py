"""Messages to operators about Overdue itself: ingress outages (docs/reference/rules.md, rule 15), and refused checks.

They are plain texts for the platform topic, which also gets CloudWatch's alarms. Start at `ingress_notice` and
`refusal_notice`.
"""

from datetime import datetime
from typing import assert_never

from chalicelib.alerts.text import LONGEST_SUBJECT, Message
from chalicelib.domain.ingress.ingress_ledger import Ledger, Word
from chalicelib.domain.limits.quota import Refusal
from chalicelib.domain.text.time_format import WallClock, duration_rounded


def ingress_notice(word: Word, ledger: Ledger, *, base: str, tz: str, now: datetime) -> Message:
    """The notice that an ingress outage has begun or ended, with times in the zone `tz`. `base`: the URL of pings."""
    clock, last = WallClock(tz=tz, now=now), ledger.blindness[-1]
    match word:
        case Word.CLOSED:
            subject = "Overdue is unreachable: pings cannot come in"
            text = _CLOSED.format(base=base, since=clock.full(last.since), why=ledger.why or "it did not answer")
        case Word.OPEN:
            until = last.until or now
            subject = f"Overdue is reachable again: pings could not come in for {duration_rounded(until - last.since)}"
            text = _OPEN.format(base=base, span=clock.span(last.since, until))
        case _:
            assert_never(word)
    return Message(subject=subject[:LONGEST_SUBJECT], text=text, sms=subject[:LONGEST_SUBJECT])


def refusal_notice(project: str, refusal: Refusal) -> Message:
    """The notice that Overdue refused to create a check."""
    subject = f"Overdue refuses new checks in project {project}"[:LONGEST_SUBJECT]
    text = (_RATE if refusal.is_rate else _FULL).format(project=project, why=refusal.text)
    return Message(subject=subject, text=text, sms=subject)


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
Overdue cannot reach its own public address, which jobs use: {why}.

Address       {base}
Since         {since}

Until it can, no check is reported as missed or overrun; checks that wait for a ping show "unknown". Pings of this time
are lost, unless the jobs send them again. Failures that do come in are alerted as usual.

Look first at the name and the certificate of the address, then at the HTTP API and its function "api".

This message is sent once. Another one follows when pings can come in again.
"""

_OPEN = """\
Pings can come in again.

Address       {base}
Outage        {span}

Checks that were expected to succeed in that time get their grace once more. A job that reported only in that time, and
does not report again, is then missed.
"""
