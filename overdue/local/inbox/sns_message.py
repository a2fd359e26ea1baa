"""What SNS posts to a subscriber, read: its envelope, and in it the message of an alert, version 1.

Start at `received`. Everything in a message may be hostile: names and outputs come from whoever pings. What is
kept of it is `inbox`'s business.
"""

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.domain.alerts import Kind
from chalicelib.domain.errors import BadInput

UNSHOWABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters: they would steer the terminal
    "\ud800-\udfff"  # halves of characters: no page can be encoded with them
    "\u202a-\u202e\u2066-\u2069]"  # marks of direction: they would turn a line around
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedAlert:
    """An alert as people would get it. Its texts can be shown as they are, once escaped."""

    id: str
    kind: Kind
    sent_at: datetime
    channels: tuple[str, ...]
    subject: str
    text: str
    sms: str  # "": no SMS would go out
    message: dict[str, Any]  # all that came, word for word
    deliveries: int = 1  # alerts are at least once (docs/reference/rules.md, rule 13)


def received(body: bytes) -> ReceivedAlert | None:
    """The alert within SNS's envelope; None when the envelope is about the subscription. Raises BadInput."""
    match _json(body, "the envelope"):
        case {"Type": "SubscriptionConfirmation" | "UnsubscribeConfirmation"}:
            return None
        case {"Type": "Notification", "Message": str(message)}:
            return _alert(_json(message, "the message"))
        case _:
            raise BadInput("the envelope is no notification of SNS: Type and Message are not those")


def _json(text: str | bytes, what: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"{what} is not JSON: {error}") from error


def _alert(message: Any) -> ReceivedAlert:
    match message:
        case {
            "version": 1,
            "id": str(name),
            "kind": str(kind),
            "sent_at": str(sent_at),
            "channels": list(channels),
            "subject": str(subject),
            "text": str(text),
            "sms": str(sms),
            **_more,
        } if kind in set(Kind):
            return ReceivedAlert(
                id=name,
                kind=Kind(kind),
                sent_at=_instant(sent_at),
                channels=tuple(_showable(str(channel)) for channel in channels),
                subject=" ".join(_showable(subject).split()),
                text=_showable(text).strip("\n"),
                sms=_showable(sms),
                message=dict(message),
            )
        case _:
            raise BadInput(
                "the message is no alert of version 1: it needs id, kind, sent_at, channels, subject, text and sms"
            )


def _showable(text: str) -> str:
    return UNSHOWABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"sent_at {text!r} is not an instant in ISO 8601") from error
    if at.tzinfo is None or not 1970 <= at.year < 9999:
        raise BadInput(f"sent_at {text!r} has no zone, or lies outside of 1970–9998")
    return at.astimezone(UTC)
