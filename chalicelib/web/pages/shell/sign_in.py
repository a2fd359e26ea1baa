"""Signing in and out: `/signin/{token}` and `/signout`.

A link is looked at by GET, which programs that check links do, too, and used by POST, once: a conditional write decides
between two that come at once. What a link grants is signed in `sessions`.
"""

from dataclasses import replace
from datetime import datetime
from typing import Any

from chalice.app import Response

from chalicelib.domain.errors import Conflict
from chalicelib.runtime import Wiring
from chalicelib.security_log import log_event
from chalicelib.services.signed_links.sessions import SignInLink
from chalicelib.store.registry import signins
from chalicelib.web.pages.shell.guards import WITH_POST, serve_form, serve_public_form, serve_public_page
from chalicelib.web.pages.shell.render import see_other
from chalicelib.web.pages.shell.sign_in_page import lasts, once, sign_in_page
from chalicelib.web.pages.shell.visit import Visit, cookie, session_cookie_name


def answered(wiring: Wiring, request: Any, token: str) -> Response:
    """`/signin/{token}`."""
    if request.to_original_event()["httpMethod"] == "POST":
        return serve_public_form(wiring, request, lambda visit: _use(visit, token))
    return serve_public_page(wiring, request, lambda visit: _look(visit, token), allowed=WITH_POST)


def signed_out(wiring: Wiring, request: Any) -> Response:
    """`/signout`: end the session, also for copies of its cookie. A form, so that no other site can do it."""

    def act(visit: Visit) -> Response:
        assert visit.session is not None, "`serve_form` acts for nobody else"
        signins.end(visit.session.id, at=visit.now, expires_at=visit.session.until)
        log_event("signed_out", visit.actor)
        base = visit.wiring.settings.base_url
        return see_other("/", {"Set-Cookie": cookie(base, session_cookie_name(base), "", max_age_s=0)})

    return serve_form(wiring, request, act, reading_is_enough=True)


def _look(visit: Visit, token: str) -> Response:
    link = None if visit.signer is None else visit.signer.read_link(token)
    if link is None:
        return sign_in_page(
            visit, 404, "This link no longer works", f"{once(visit)} This one is not from this deployment, or cut."
        )
    used_at = signins.used_at(link.id)
    if used_at is not None or visit.now >= link.expires_at:
        return _no_longer(visit, link, used_at)
    what = "to read and write" if link.may_write else "to look, not to change anything,"
    sentence = f"This link signs in once: {what} in project {link.project}, for {lasts(link.session_lasts)}."
    return sign_in_page(visit, 200, "Sign in to Overdue", sentence, grants=True)


def _use(visit: Visit, token: str) -> Response:
    link = None if visit.signer is None else visit.signer.read_link(token)
    if link is None or visit.signer is None or visit.now >= link.expires_at:
        _log_refusal(visit, link, "unknown" if link is None else "expired")
        return _look(visit, token)
    try:
        signins.use(link.id, at=visit.now, expires_at=link.expires_at)
    except Conflict:
        _log_refusal(visit, link, "used")
        return _no_longer(visit, link, signins.used_at(link.id))
    session, value = visit.signer.session(link, now=visit.now)
    scope, until = ("read-write" if session.may_write else "read-only"), session.until.isoformat()
    log_event("signed_in", replace(visit, session=session).actor, scope=scope, until=until)
    base = visit.wiring.settings.base_url
    lasts_s = int((session.until - visit.now).total_seconds())
    return see_other("/", {"Set-Cookie": cookie(base, session_cookie_name(base), value, max_age_s=lasts_s)})


def _log_refusal(visit: Visit, link: SignInLink | None, why: str) -> None:
    project = None if link is None else link.project
    visit.wiring.refusals.log("sign_in_refused", source=visit.source, now=visit.now, project=project, why=why)


def _no_longer(visit: Visit, link: SignInLink, used_at: datetime | None) -> Response:
    made = f"This one was made at {visit.clock.minute(link.made_at)}"
    used = " and has expired." if used_at is None else f" and used at {visit.clock.minute(used_at)}."
    return sign_in_page(visit, 410, "This link no longer works", f"{once(visit)} {made}{used}")
