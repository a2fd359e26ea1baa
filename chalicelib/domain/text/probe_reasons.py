"""The wording for a check that Overdue probes: what the probe found, and where to look first.

There is no job, so no text here may blame one. The finding is the text of the probe's ping
(`chalicelib.probes.verdict`), of which only the first line is read. `reasons` and `explanations` call these functions.
"""

import re

from chalicelib.domain.alerts import Facts
from chalicelib.domain.text.time_format import WallClock

_PLAIN = re.compile(r"[A-Za-z0-9 ,.:/()-]{1,48}")  # characters that exist in each alphabet that an alert is sent in
_BELOW_HTTP = ("no answer", "TLS:")


def short_finding(facts: Facts) -> str | None:
    """What the probe found, if that is short and plain enough for a subject or an SMS."""
    finding = _first_line(facts)
    if _PLAIN.fullmatch(finding):
        return finding
    return "no answer" if is_unanswered(facts) else None


def is_unanswered(facts: Facts) -> bool:
    """Whether no HTTP answer came. Its duration then says nothing about the server."""
    return _first_line(facts).startswith(_BELOW_HTTP)


def explain_failure(facts: Facts, clock: WallClock, *, after: str) -> str:
    """A sentence about a failed probe. `after`: how long the answer took."""
    at = clock.second(facts.last_ping or facts.since)
    if is_unanswered(facts):
        return f"The probe at {at} got no answer."
    return f"The probe at {at} got no good answer{after}."


def explain_miss(facts: Facts, clock: WallClock) -> str:
    """A sentence about a probe that was not made. It says nothing about the address."""
    return f"No probe was made by {clock.minute(facts.since)}."


def output_label(*, is_of_its_end: bool) -> str:
    """The line above the finding."""
    return "What the probe found:" if is_of_its_end else "What the last probe found:"


LOOK_AT_PROBER = "Look first at Overdue itself: its prober made no probe. See the log of the prober function."


def where_to_look(facts: Facts) -> str:
    """The probable place of the trouble, by what was found."""
    finding = _first_line(facts)
    match finding:
        case _ if "the prober's own" in finding:
            return "Look first at Overdue itself: see the log of the prober function."
        case _ if "inside address" in finding:
            return (
                "Look first at the address: it is internal, and probes may only request internal addresses that the "
                "deployment allows (overdue deploy --probe-inside)."
            )
        case _ if " DNS" in finding:
            return "Look first at the DNS: the name in the address could not be resolved."
        case _ if "redirect" in finding:
            return "Look first at where the address redirects to."
        case _ if finding.startswith("no answer"):
            return "Look first at the server: is it up, and can it be reached from outside?"
        case _ if finding.startswith(("TLS:", "certificate")):
            return "Look first at the server's certificate."
        case _ if finding.startswith("slow"):
            return "Look first at the load of the server: it answers, but too slowly."
        case _ if finding.startswith(("status", "text")):
            return "Look first at the server: it answers, but not as expected."
    return "Look first at the address that the probe requests, then at the server."


def _first_line(facts: Facts) -> str:
    return facts.output.strip().partition("\n")[0]
