"""Who may see a page or send a form, and the page that each refusal becomes.

Start at `serve_page` and `serve_form`, which need a session, and at `serve_public_page` and `serve_public_form`, which
do not. A form is taken only from a read-write session, with the CSRF token of that session.
"""

from collections.abc import Callable
from typing import Any

from chalice.app import Response

from chalicelib import log
from chalicelib.domain.errors import BadInput, NotFound, OverdueError, Unavailable
from chalicelib.runtime import Wiring
from chalicelib.web.answers import TRY_AGAIN
from chalicelib.web.pages.shell.commands import command
from chalicelib.web.pages.shell.error_pages import later, said, wrong_verb
from chalicelib.web.pages.shell.sign_in_page import how_to
from chalicelib.web.pages.shell.visit import Visit, visit_of

GET_ONLY = "GET, HEAD"  # what most pages take
WITH_POST = "GET, HEAD, POST"
CSRF_FIELD = "csrf"


class Forbidden(OverdueError):
    """Not allowed with this session. The message says what to do; `why` is the reason in the security log."""

    def __init__(self, text: str, *, why: str) -> None:
        super().__init__(text)
        self.why = why


class CsrfRefused(Forbidden):
    """A form that was not sent from a page of this session."""


def serve_page(wiring: Wiring, request: Any, show: Callable[[Visit], Response], *, allowed: str = GET_ONLY) -> Response:
    """A page for those who are signed in; others are told how to. `allowed`: what else its address takes."""

    def shown(visit: Visit) -> Response:
        if visit.session is not None:
            return show(visit)
        log_refusal(visit, "forbidden", "not_signed_in")
        return how_to(visit)

    return serve_public_page(wiring, request, shown, allowed=allowed)


def serve_public_page(
    wiring: Wiring, request: Any, show: Callable[[Visit], Response], *, allowed: str = GET_ONLY
) -> Response:
    """A page that needs no session; where there is one, it is known."""
    event = request.to_original_event()
    if event["httpMethod"] not in ("GET", "HEAD"):
        return wrong_verb(event, allowed)
    return _answered(wiring, request, show)


def serve_form(
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

    return serve_public_form(wiring, request, acted)


def serve_public_form(wiring: Wiring, request: Any, act: Callable[[Visit], Response]) -> Response:
    """What a form asks for that needs no session; never from another site's page."""
    event = request.to_original_event()
    if event["httpMethod"] != "POST":
        return wrong_verb(event, "POST")

    def acted(visit: Visit) -> Response:
        if request.headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
            raise CsrfRefused("Another site's page asked for this: nothing was done", why="other_site")
        return act(visit)

    return _answered(wiring, request, acted)


def _answered(wiring: Wiring, request: Any, act: Callable[[Visit], Response]) -> Response:
    try:
        visit = visit_of(wiring, request)
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
