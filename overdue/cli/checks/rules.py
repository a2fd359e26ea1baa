"""What `overdue checks show` tells of tolerance, first ping, windows, what keeps it quiet, and acknowledgement.

Empty where a check has none of it. Start at `rules_of`.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.runs.duration_stats import FEWEST
from chalicelib.domain.text.time_format import duration_range
from chalicelib.fields.table import BY_NAME
from overdue.cli import show
from overdue.client.schemas import CheckJson


def rules_of(check: CheckJson, *, now: datetime) -> list[tuple[str, str]]:
    """Names and values, those of what does not hold for this check empty."""
    return [
        ("tolerates", "; ".join(_tolerated(check))),
        ("first ping", _by(check, now=now)),
        ("early by", f"{show.took(check['early'])} at most" if check.get("early") else ""),
        ("windows", "\n".join(check.get("windows", []))),
        ("in window", _at("until", check, check.get("maintenance_until"), now=now)),
        ("snoozed", _at("until", check, check.get("snoozed_until"), now=now)),
        ("unknown", _at("pings could not come in by", check, check.get("unknown_since"), now=now)),
        ("depends on", ", ".join(check.get("depends_on", []))),
        ("held", f"its alert waits for {holding}" if (holding := ", ".join(check.get("held_by", []))) else ""),
        ("throttled", _throttled(check, now=now)),
        ("seen to", _at("since", check, check.get("acknowledged_at"), now=now)),
    ]


def at_most(check: CheckJson) -> str:
    """How long a run may take, and where that is learnt, from what."""
    limit, learnt = check.get("max_runtime"), check.get("learnt")
    if learnt is None:
        return f"{show.took(limit)} a run" if isinstance(limit, int) else ""
    if learnt["usual"] is None:
        return f"as long as its grace, until learnt from {FEWEST} runs: {learnt['runs']} so far"
    low, high = (timedelta(seconds=edge) for edge in learnt["usual"])
    usual = f"usually {duration_range(low, high)}"
    return f"{show.took(learnt['max_runtime'])} a run, learnt from {learnt['runs']} runs: {usual}"


def _tolerated(check: CheckJson) -> Iterator[str]:
    """What does not put the check down yet, and how often it has happened."""
    shown: Mapping[str, Any] = check
    for field, one, several, so_far in (
        ("failures_before_alert", "failure", "failures", check.get("failures", 0)),
        ("misses_before_alert", "miss", "misses", check.get("misses", 0)),
    ):
        if (most := BY_NAME[field].kind.read(field, shown.get(field, 1))) > 1:
            yield f"{most - 1} {several if most > 2 else one} in a row, {so_far} so far"


def _by(check: CheckJson, *, now: datetime) -> str:
    by = check.get("first_ping_by")
    return f"within {show.took(by)}" if isinstance(by, int) else _at("by", check, by, now=now)


def _throttled(check: CheckJson, *, now: datetime) -> str:
    since, at = check.get("throttled_since"), check.get("throttled_at")
    if since is None or at is None:
        return ""
    zone = check.get("zone", "UTC")
    first, last = (show.when(text, tz=zone, now=now) for text in (since, at))
    when = f"at {first}" if first == last else f"from {first} to {last}"
    return f"{when} {zone}: pings over the limit were refused"


def _at(preposition: str, check: CheckJson, text: str | None, *, now: datetime) -> str:
    if text is None:
        return ""
    zone = check.get("zone", "UTC")
    return f"{preposition} {show.when(text, tz=zone, now=now)} {zone}"
