"""Signing in without a list of users: a link that signs in once, then a session in a signed cookie.

Pure: what is signed, for whom, until when. Start at `Signer`. Where its secret is kept stands in
`store.secure_strings`, which links have been used and which sessions were signed out in `store.signins`, who may see
what in `visit`. Instants are the service's, so that a fast local clock ends sessions as it ends all else.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hmac import compare_digest, digest
from typing import Any

from itsdangerous import BadSignature

from chalicelib.services.signed_links.signing import serializer

LINK_LASTS = timedelta(minutes=10)
LOCAL_LINK_LASTS = timedelta(days=365)  # of a local server, whose clock may run fast
SESSION_LASTS = timedelta(hours=8)
LONGEST_SESSION = timedelta(days=90)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLink:
    """What a link grants to who uses it first."""

    id: str
    project: str
    may_write: bool
    made_at: datetime
    expires_at: datetime
    session_lasts: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who is signed in: nobody by name, but whoever used a link."""

    id: str
    project: str
    may_write: bool
    until: datetime


def short_id(session: Session) -> str:
    """The session's id as shown in the log: enough to distinguish sessions, too short to be used."""
    return session.id[:8]


def new_link(
    *, project: str, may_write: bool, now: datetime, lasts: timedelta = LINK_LASTS, session_lasts: timedelta
) -> SignInLink:
    """A link that nobody can guess."""
    return SignInLink(
        id=secrets.token_urlsafe(16),
        project=project,
        may_write=may_write,
        made_at=now,
        expires_at=now + lasts,
        session_lasts=session_lasts,
    )


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with a stage's secret, and reads what was signed with it."""

    secret: bytes

    def link(self, link: SignInLink) -> str:
        """The token of a link, for its address."""
        return serializer(self.secret, "link").dumps(
            {
                "id": link.id,
                "project": link.project,
                "rw": link.may_write,
                "made": _epoch(link.made_at),
                "expires": _epoch(link.expires_at),
                "session": round(link.session_lasts.total_seconds()),
            }
        )

    def read_link(self, token: str) -> SignInLink | None:
        """The link of a token, expired or not; None: nobody here has made it."""
        said = self._read("link", token)
        if said is None:
            return None
        return SignInLink(
            id=said["id"],
            project=said["project"],
            may_write=said["rw"],
            made_at=_instant(said["made"]),
            expires_at=_instant(said["expires"]),
            session_lasts=timedelta(seconds=said["session"]),
        )

    def session(self, link: SignInLink, *, now: datetime) -> tuple[Session, str]:
        """The session that a link begins, and its cookie's value."""
        begun = Session(
            id=secrets.token_urlsafe(16),
            project=link.project,
            may_write=link.may_write,
            until=now + link.session_lasts,
        )
        value = {"id": begun.id, "project": begun.project, "rw": begun.may_write, "until": _epoch(begun.until)}
        return begun, serializer(self.secret, "session").dumps(value)

    def read_session(self, cookie: str, *, now: datetime) -> Session | None:
        """The session of a cookie; None: it is over, or none of ours."""
        said = self._read("session", cookie)
        if said is None or now >= _instant(said["until"]):
            return None
        return Session(id=said["id"], project=said["project"], may_write=said["rw"], until=_instant(said["until"]))

    def csrf(self, session: Session) -> str:
        """What a form of this session must send back: no other site can know it."""
        return digest(self.secret, f"csrf {session.id}".encode(), "sha256").hex()[:32]

    def is_csrf(self, session: Session, claimed: str) -> bool:
        """Whether a form came from this session's own pages, in a time that does not tell how nearly."""
        return compare_digest(self.csrf(session).encode(), claimed.encode("utf-8", "surrogatepass"))

    def _read(self, salt: str, token: str) -> dict[str, Any] | None:
        try:
            said: dict[str, Any] = serializer(self.secret, salt).loads(token.encode("utf-8", "replace"))
        except BadSignature:
            return None
        return said


def _epoch(at: datetime) -> int:
    return int(at.timestamp())


def _instant(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
