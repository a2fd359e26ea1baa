"""A probed check in words: what was found, and where to look first. There is no job, so no word may blame one.

What is found comes as the text of the probe's ping (`chalicelib.probes.verdict`): its first line is read here. All else
that words say stands in `words`, which asks this room for what is probed. Start at `why_failed`.
"""

import re

from chalicelib.domain.alerts import Facts
from chalicelib.domain.text.time_format import WallClock

_SPEAKABLE = re.compile(r"[A-Za-z0-9 ,.:/()-]{1,48}")  # what each alphabet that an alert is sent in has
_BELOW_HTTP = ("no answer", "TLS:")


def found(facts: Facts) -> str | None:
    """What the probe found, where that is short and plain enough for a subject or an SMS."""
    said = _first_line(facts)
    if _SPEAKABLE.fullmatch(said):
        return said
    return "no answer" if is_unanswered(facts) else None


def is_unanswered(facts: Facts) -> bool:
    """Whether nothing came that could have been good: how long that took is no fact about the server."""
    return _first_line(facts).startswith(_BELOW_HTTP)


def why_failed(facts: Facts, clock: WallClock, *, after: str) -> str:
    """Why it failed; `after` tells how long the answer took."""
    at = clock.second(facts.last_ping or facts.since)
    if is_unanswered(facts):
        return f"Overdue asked at {at} and got no answer."
    return f"Overdue asked at {at} and got no good answer{after}."


def why_missed(facts: Facts, clock: WallClock) -> str:
    """Why nothing came: the prober itself has not asked, which says nothing of what it asks."""
    return f"Overdue has not asked by {clock.minute(facts.since)}."


def output_label(*, is_of_its_end: bool) -> str:
    """What stands above the text."""
    return "What the probe found:" if is_of_its_end else "What the last probe found:"


LOOK_AT_PROBER = "Look first at Overdue itself: its prober asks, and has not. See the log of the prober function."


def look_first(facts: Facts) -> str:
    """The probable place of the trouble, by what was found."""
    said = _first_line(facts)
    match said:
        case _ if "the prober's own" in said:
            return "Look first at Overdue itself: see the log of the prober function."
        case _ if "inside address" in said:
            return (
                "Look first at the address: it is an inside one, which probes may ask only where the deployment "
                "opens it (overdue deploy --probe-inside)."
            )
        case _ if " DNS" in said:
            return "Look first at the DNS: the name in the address led nowhere."
        case _ if "redirect" in said:
            return "Look first at where the address redirects to."
        case _ if said.startswith("no answer"):
            return "Look first at the server: is it up, and can it be reached from outside?"
        case _ if said.startswith(("TLS:", "certificate")):
            return "Look first at the server's certificate."
        case _ if said.startswith("slow"):
            return "Look first at the load of the server: it answers, but too late."
        case _ if said.startswith(("status", "text")):
            return "Look first at the server: it answers, but not as it should."
    return "Look first at the address as the probe asks it, then at the server."


def _first_line(facts: Facts) -> str:
    return facts.output.strip().partition("\n")[0]
