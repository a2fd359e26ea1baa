"""A request for a page: who asks, at what instant, in which zone, with which form.

Start at `visit_of`. Who may see what is decided in `guards`; how a page becomes bytes, in `render`.
"""

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import current_zone
from chalicelib.domain.text.time_format import WallClock
from chalicelib.runtime import Wiring
from chalicelib.services.security_log import Actor
from chalicelib.services.signed_links.sessions import Session, Signer, short_id
from chalicelib.store.registry import signins
from chalicelib.web.request import moment, query_of, source_of

ZONE_COOKIE = "overdue_tz"
MOST_FORM_BYTES = 256 * 1024  # a description of 20,000 characters, each as %F0%9F%90%98
MOST_FIELDS = 300
_YEAR_S = 365 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request for a page as it was understood."""

    wiring: Wiring
    signer: Signer | None  # None: nobody has made a link on this stage yet
    session: Session | None
    clock: WallClock  # the reader's zone, the request's instant
    path: str
    query: Mapping[str, str]  # of what came repeatedly, the last
    tags: tuple[str, ...]  # all that came
    form: Mapping[str, str]
    accepts: str  # encodings
    new_zone: str | None  # chosen by this request: to be remembered
    source: str  # the address that API Gateway saw

    @property
    def now(self) -> datetime:
        """The instant of the request."""
        return self.clock.now

    @property
    def project(self) -> str:
        """Whose checks are seen."""
        assert self.session is not None, "`guards` lets nobody in without a session"
        return self.session.project

    @property
    def actor(self) -> Actor:
        """Who is signed in, for the security log."""
        assert self.session is not None, "as above"
        return Actor(by="session", project=self.project, name=short_id(self.session), source=self.source)

    @property
    def may_write(self) -> bool:
        """Whether forms and ping addresses are shown."""
        return self.session is not None and self.session.may_write

    @property
    def csrf(self) -> str:
        """What each form sends back; "" for who is not signed in."""
        if self.session is None or self.signer is None:
            return ""
        return self.signer.csrf(self.session)


def visit_of(wiring: Wiring, request: Any) -> Visit:
    """Parse a request for a page. One read where there is a session. Raises Unavailable."""
    event = request.to_original_event()
    now = moment(event)
    every = query_of(event)
    query = {name: values[-1] for name, values in every.items()}
    cookies = _cookies(request.headers.get("cookie", ""))
    secret = wiring.session_secret.key(now=now)
    signer = None if secret is None else Signer(secret)
    chosen = _zone(query.get("tz"))
    return Visit(
        wiring=wiring,
        signer=signer,
        session=_session(signer, cookies.get(session_cookie_name(wiring.settings.base_url)), now=now),
        clock=WallClock(tz=chosen or _zone(cookies.get(ZONE_COOKIE)) or wiring.settings.tz, now=now),
        path=event["path"],
        query=query,
        tags=tuple(every.get("tag", ())),
        form=_form(event) if event["httpMethod"] == "POST" else {},
        accepts=request.headers.get("accept-encoding", ""),
        new_zone=chosen,
        source=source_of(event),
    )


def _session(signer: Signer | None, cookie: str | None, *, now: datetime) -> Session | None:
    """The session of a cookie, unless it was signed out: one strongly consistent read (docs/adr/0020)."""
    session = None if signer is None or cookie is None else signer.read_session(cookie, now=now)
    return None if session is None or signins.has_ended(session.id) else session


def _cookies(header: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs if name}


def _zone(name: str | None) -> str | None:
    """The present name of a zone; None for none, or for what is none: an old cookie must not break a page."""
    if not name:
        return None
    try:
        return current_zone(name.replace("%2F", "/"))
    except BadInput:
        return None


def _form(event: Any) -> dict[str, str]:
    """The fields of a form, the last one if it came repeatedly; of one that is too large, none."""
    text: str = event.get("body") or ""
    if len(text) > MOST_FORM_BYTES * 4 // 3:
        return {}
    body = b64decode(text).decode("utf-8", "replace") if event.get("isBase64Encoded") else text
    try:
        return dict(parse_qsl(body, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        return {}


def session_cookie_name(base_url: str) -> str:
    """The cookie's name. The prefix keeps other hosts of a domain from setting it; it needs https."""
    return "__Host-overdue" if base_url.startswith("https://") else "overdue_session"


def cookie(base_url: str, name: str, value: str, *, max_age_s: int) -> str:
    """A Set-Cookie. Whether the deployment speaks https is configured, never guessed from a request."""
    secure = "; Secure" if base_url.startswith("https://") else ""
    return f"{name}={value}; Path=/; Max-Age={max_age_s}; HttpOnly; SameSite=Lax{secure}"


def zone_cookie(visit: Visit) -> dict[str, str]:
    """The header that remembers a zone for a year, if one has just been chosen."""
    if visit.new_zone is None:
        return {}
    value = visit.new_zone.replace("/", "%2F")
    return {"Set-Cookie": cookie(visit.wiring.settings.base_url, ZONE_COOKIE, value, max_age_s=_YEAR_S)}
