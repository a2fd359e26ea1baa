"""A CloudWatch alarm changed its state: which check is that about, and what does it say to it?
(docs/reference/rules.md, rule 20)

The event is EventBridge's "CloudWatch Alarm State Change" (Amazon CloudWatch User Guide, "Alarm events and
EventBridge"). Start at `heard_of`. Alarms tell changes only, so the check of one has a period of a year.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.ping import ALARM_SCHEME, Ping, Signal

DEFAULT_PROJECT = "default"
LONGEST_BODY = 2_000  # characters; CloudWatch's own limit of a reason is 1,023

_SIGNALS = {"ALARM": Signal.FAIL, "OK": Signal.SUCCESS}  # INSUFFICIENT_DATA says neither
_NAMED = re.compile(r"\boverdue:(?:([a-z0-9_-]{1,100})/)?([a-z0-9_-]{1,100})\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmPing:
    """What an alarm has said, and to which check."""

    project: str
    slug: str
    ping: Ping


def heard_of(event: Mapping[str, Any]) -> AlarmPing | None:
    """What an event says; None for a state that says nothing, or an alarm that can mean no check."""
    detail = event["detail"]
    state = detail["state"]
    signal = _SIGNALS.get(state["value"])
    project, slug = _meant(detail["alarmName"], detail.get("configuration", {}).get("description") or "")
    if signal is None or not slug:
        return None
    body = f"{state['value']}: {detail['alarmName']}\n{state.get('reason', '')}"
    ping = Ping(
        at=datetime.fromisoformat(state["timestamp"]).astimezone(UTC),
        signal=signal,
        body=body[:LONGEST_BODY].encode("utf-8", "replace"),
        method="POST",
        scheme=ALARM_SCHEME,
        ua="CloudWatch alarm",
    )
    return AlarmPing(project=project, slug=slug, ping=ping)


def _meant(name: str, description: str) -> tuple[str, str]:
    """Project and slug: what `overdue:slug` or `overdue:project/slug` in its description says, else its name."""
    named = _NAMED.search(description)
    if named is not None:
        return named[1] or DEFAULT_PROJECT, named[2]
    return DEFAULT_PROJECT, re.sub(r"[^a-z0-9_]+", "-", name.lower()).strip("-_")[:100]
