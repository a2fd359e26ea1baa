"""Channels: the named destinations of alerts, as values."""

from dataclasses import dataclass, field
from datetime import datetime

EVERY_CHANNEL = "*"  # among the ids of a check's channels: all of the project, also those that are added later
PAGERDUTY, AMAZON_Q = "pagerduty", "amazon-q"  # kinds of channels whose alerts go to a topic of their own


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A named destination of alerts, with the SNS subscription that serves it."""

    id: str
    name: str
    kind: str
    target: str  # masked where it is a secret that is kept elsewhere
    subscription: str  # ARN; "": none of its own
    created_at: datetime | None = field(default=None, compare=False)  # None: it does not come from the table
