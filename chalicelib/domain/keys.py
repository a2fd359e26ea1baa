"""Keys to a project, as values. The keys themselves are shown once, and stored as digests only."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

KEY_LENGTH = 32
PING_KEY_LENGTH = 22  # so that it is never taken for an API key


class Scope(StrEnum):
    """What a key may do."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never the key itself."""

    project: str
    scope: Scope
    name: str
    expires_at: datetime | None = None  # from when on it is refused; None: never
    prefix: str = field(default="", compare=False)  # its first four characters; "" if it was not read from the table


def prefix_of(secret: str) -> str:
    """The first four characters, as stored and shown; "" for a text too short to be a key."""
    return secret[:4] if len(secret) >= PING_KEY_LENGTH else ""
