"""The signed token in the link that acknowledges an outage.

Pure. A token names one outage of one check, by its unique key, and allows nothing but acknowledging it. Start at
`sign_token`. `services.signed_links.ack_links` holds the secret; `web.pages.acknowledge` handles the link.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature

from chalicelib.services.signed_links.signing import serializer

LASTS = timedelta(days=7)
_SALT = "acknowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedOutage:
    """The outage that a token names."""

    project: str
    unique_key: str
    flip: int
    until: datetime  # when the link expires, in whole seconds


def sign_token(secret: bytes, named: NamedOutage) -> str:
    """The token of a link, safe in a URL."""
    signed = [named.project, named.unique_key, named.flip, int(named.until.timestamp())]
    return str(serializer(secret, _SALT).dumps(signed))


def read_token(secret: bytes, token: str) -> NamedOutage | None:
    """The outage that a token names, also of an expired one; None if its signature is wrong."""
    try:
        project, key, flip, until = serializer(secret, _SALT).loads(token.encode("utf-8", "replace"))
    except BadSignature:
        return None
    return NamedOutage(project=project, unique_key=key, flip=flip, until=datetime.fromtimestamp(until, UTC))
