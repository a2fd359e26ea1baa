"""The link in an alert by which its outage is acknowledged: what it names, signed, so that nobody can make one.

Pure. It names one outage of one check, by its public name, and nothing else can be done by it. Start at `signed`.
`services.signed_links.ack_links` knows the secret; `web.pages.acknowledge` does what a link asks for.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from itsdangerous import BadSignature

from chalicelib.services.signed_links.signing import serializer

LASTS = timedelta(days=7)
_SALT = "acknowledge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The outage that a link names."""

    project: str
    unique_key: str
    flip: int
    until: datetime  # as long as the link works; whole seconds


def signed(secret: bytes, named: Named) -> str:
    """The token of a link, for its address."""
    said = [named.project, named.unique_key, named.flip, int(named.until.timestamp())]
    return str(serializer(secret, _SALT).dumps(said))


def read(secret: bytes, token: str) -> Named | None:
    """What a token names, whether it still works or not; None: nobody here has made it."""
    try:
        project, key, flip, until = serializer(secret, _SALT).loads(token.encode("utf-8", "replace"))
    except BadSignature:
        return None
    return Named(project=project, unique_key=key, flip=flip, until=datetime.fromtimestamp(until, UTC))
