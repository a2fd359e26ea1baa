"""Who looks at a page, at what moment, in which zone; and who is let in.

Start at `looked_at` (a page), `changed` (a form) and `seen_by_anyone` (no session needed): they turn every outcome into
an answer. A form is taken only from a read-write session, with the CSRF token of that session. How a page becomes bytes
is `rendering`'s business.
"""

from base64 import b64decode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.errors import BadInput, NotFound, OverdueError, Unavailable
from chalicelib.domain.schedule.occurrences import current_zone
from chalicelib.domain.text.time_format import WallClock
from chalicelib.runtime import Wiring
from chalicelib.security_log import Actor
from chalicelib.store.registry import signins
from chalicelib.web.answers import TRY_AGAIN
from chalicelib.web.api.call import moment, query_of, source_of
from chalicelib.web.pages.shell.commands import command
from chalicelib.web.pages.shell.session_cookie import Session, Signer, short_id

GET_ONLY = "GET, HEAD"  # what most pages take
WITH_POST = "GET, HEAD, POST"
ZONE_COOKIE = "overdue_tz"
CSRF_FIELD = "csrf"
MOST_FORM_BYTES = 256 * 1024  # a description of 20,000 characters, each as %F0%9F%90%98
MOST_FIELDS = 300
_YEAR_S = 365 * 86_400


class Forbidden(OverdueError):
    """Not allowed with this session. The message says what to do; `why` is the reason in the security log."""

    def __init__(self, text: str, *, why: str) -> None:
        super().__init__(text)
        self.why = why


class CsrfRefused(Forbidden):
    """A form that was not sent from a page of this session."""


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
        assert self.session is not None, "`looked_at` and `changed` let nobody in without a session"
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


def looked_at(wiring: Wiring, request: Any, show: Callable[[Visit], Response], *, allowed: str = GET_ONLY) -> Response:
    """A page for those who are signed in; others are told how to. `allowed`: what else its address takes."""

    def shown(visit: Visit) -> Response:
        from chalicelib.web.pages.shell.sign_in import how_to  # it needs this room

        if visit.session is not None:
            return show(visit)
        log_refusal(visit, "forbidden", "not_signed_in")
        return how_to(visit)

    return seen_by_anyone(wiring, request, shown, allowed=allowed)


def seen_by_anyone(
    wiring: Wiring, request: Any, show: Callable[[Visit], Response], *, allowed: str = GET_ONLY
) -> Response:
    """A page that needs no session; where there is one, it is known."""
    event = request.to_original_event()
    if event["httpMethod"] not in ("GET", "HEAD"):
        return _wrong_verb(event, allowed)
    return _answered(wiring, request, event, show)


def changed(
    wiring: Wiring, request: Any, act: Callable[[Visit], Response], *, reading_is_enough: bool = False
) -> Response:
    """What a form of ours asks for. It has been checked that it is one, and that its session may write."""

    def acted(visit: Visit) -> Response:
        session, signer = visit.session, visit.signer
        if session is None or signer is None:
            how = command(visit, "open")
            raise Forbidden(f"You are not signed in any more. Sign in again with: {how}", why="not_signed_in")
        if not signer.is_csrf(session, visit.form.get(CSRF_FIELD, "")):
            text = "This form is not from your session. Go back, reload the page, and try again"
            raise CsrfRefused(text, why="token")
        if not session.may_write and not reading_is_enough:
            how = command(visit, "open")
            text = f"You are signed in to look only. To change something, sign in with: {how}"
            raise Forbidden(text, why="read_only")
        return act(visit)

    return posted_by_anyone(wiring, request, acted)


def posted_by_anyone(wiring: Wiring, request: Any, act: Callable[[Visit], Response]) -> Response:
    """What a form asks for that needs no session; never from another site's page."""
    event = request.to_original_event()
    if event["httpMethod"] != "POST":
        return _wrong_verb(event, "POST")

    def acted(visit: Visit) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise CsrfRefused("Another site's page asked for this: nothing was done", why="other_site")
        return act(visit)

    return _answered(wiring, request, event, acted)


def _wrong_verb(event: Any, allowed: str) -> Response:
    from chalicelib.web.pages.shell.error_pages import wrong_verb  # it needs this room

    return wrong_verb(event, allowed)


def _answered(wiring: Wiring, request: Any, event: Any, act: Callable[[Visit], Response]) -> Response:
    from chalicelib.web.pages.shell.error_pages import later  # they need this room
    from chalicelib.web.pages.shell.message_page import said

    try:
        visit = _visit(wiring, request, event)
    except Unavailable as error:
        log.event("page_refused", why=str(error))
        return later()
    try:
        return act(visit)
    except NotFound:
        return said(visit, 404, "There is nothing here", "It may have been deleted, or its address changed.")
    except Forbidden as error:
        log_refusal(visit, "csrf_refused" if isinstance(error, CsrfRefused) else "forbidden", error.why)
        return said(visit, 403, "Nothing was done", f"{error}.")
    except BadInput as error:
        return said(visit, 400, "Nothing was done", f"{error}.")
    except Unavailable as error:
        log.event("page_refused", why=str(error))
        return said(visit, 503, "DynamoDB does not answer as it should", "Try again in a few seconds.", TRY_AGAIN)


def log_refusal(visit: Visit, name: str, why: str) -> None:
    """Log to the security log that a page or a form was refused."""
    facts = {"source": visit.source} if visit.session is None else visit.actor.facts()
    visit.wiring.refusals.log(name, now=visit.now, **facts, why=why)


def _visit(wiring: Wiring, request: Any, event: Any) -> Visit:
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
        session=_session(signer, cookies.get(session_cookie(wiring.settings.base_url)), now=now),
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


def session_cookie(base_url: str) -> str:
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
