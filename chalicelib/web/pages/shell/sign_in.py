"""Signing in and out: `/signin/{token}` and `/signout`.

A link is looked at by GET, which programs that check links do, too, and used by POST, once: a conditional write decides
between two that come at once. What a link grants is signed in `sessions`.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalice.app import Response

from chalicelib.domain.text.amounts import quantity
from chalicelib.runtime import Wiring
from chalicelib.security_log import log_event
from chalicelib.store.registry import signins
from chalicelib.store.tables import Conflict
from chalicelib.web.pages.shell.commands import LOCAL, command
from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import page, see_other
from chalicelib.web.pages.shell.session_cookie import LINK_LASTS, LOCAL_LINK_LASTS, SESSION_LASTS, Link
from chalicelib.web.pages.shell.visit import (
    WITH_POST,
    Visit,
    changed,
    cookie,
    posted_by_anyone,
    seen_by_anyone,
    session_cookie,
)

_TITLE = "Sign in · Overdue"


def lasts(span: timedelta) -> str:
    """ "10 minutes", "8 hours", "30 days": in the largest unit that fits."""
    for unit, length in (("day", timedelta(days=1)), ("hour", timedelta(hours=1))):
        if not span % length:
            return quantity(span // length, unit)
    return quantity(span // timedelta(minutes=1), "minute")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """The page: what the link does or why it does not, and how to get another."""

    heading: str
    sentence: str
    grants: bool  # whether there is something to confirm
    command: str
    command_to_look: str
    lasts: str


def answered(wiring: Wiring, request: Any, token: str) -> Response:
    """`/signin/{token}`."""
    if request.to_original_event()["httpMethod"] == "POST":
        return posted_by_anyone(wiring, request, lambda visit: _use(visit, token))
    return seen_by_anyone(wiring, request, lambda visit: _look(visit, token), allowed=WITH_POST)


def signed_out(wiring: Wiring, request: Any) -> Response:
    """`/signout`: end the session, also for copies of its cookie. A form, so that no other site can do it."""

    def act(visit: Visit) -> Response:
        assert visit.session is not None, "`changed` acts for nobody else"
        signins.end(visit.session.id, at=visit.now, expires_at=visit.session.until)
        log_event("signed_out", visit.actor)
        base = visit.wiring.settings.base_url
        return see_other("/", {"Set-Cookie": cookie(base, session_cookie(base), "", max_age_s=0)})

    return changed(wiring, request, act, reading_is_enough=True)


def how_to(visit: Visit) -> Response:
    """For who is not signed in."""
    return _page(visit, 403, "You are not signed in", f"{_once(visit)} Sessions end by themselves.")


def _look(visit: Visit, token: str) -> Response:
    link = None if visit.signer is None else visit.signer.read_link(token)
    if link is None:
        return _page(
            visit, 404, "This link no longer works", f"{_once(visit)} This one is not from this deployment, or cut."
        )
    used_at = signins.used_at(link.id)
    if used_at is not None or visit.now >= link.expires_at:
        return _no_longer(visit, link, used_at)
    what = "to read and write" if link.may_write else "to look, not to change anything,"
    sentence = f"This link signs in once: {what} in project {link.project}, for {lasts(link.session_lasts)}."
    return _page(visit, 200, "Sign in to Overdue", sentence, grants=True)


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
    return see_other("/", {"Set-Cookie": cookie(base, session_cookie(base), value, max_age_s=lasts_s)})


def _log_refusal(visit: Visit, link: Link | None, why: str) -> None:
    project = None if link is None else link.project
    visit.wiring.refusals.log("sign_in_refused", source=visit.source, now=visit.now, project=project, why=why)


def _once(visit: Visit) -> str:
    """The local server's links outlive it, as its clock may run fast."""
    within = LOCAL_LINK_LASTS if visit.wiring.settings.stage == LOCAL else LINK_LASTS
    return f"Each link signs in once, within {lasts(within)} of its making."


def _no_longer(visit: Visit, link: Link, used_at: datetime | None) -> Response:
    made = f"This one was made at {visit.clock.minute(link.made_at)}"
    used = " and has expired." if used_at is None else f" and used at {visit.clock.minute(used_at)}."
    return _page(visit, 410, "This link no longer works", f"{_once(visit)} {made}{used}")


def _page(visit: Visit, status: int, heading: str, sentence: str, *, grants: bool = False) -> Response:
    view = SignIn(
        heading=heading,
        sentence=sentence,
        grants=grants,
        command=command(visit, "open"),
        command_to_look=f"{command(visit, 'open')} --read-only --for 30d",
        lasts=lasts(SESSION_LASTS),
    )
    around = frame(visit, title=_TITLE, icon="note", marks=("clock",), current="", refresh=None)
    return page(visit, "signin.html", around, view, status=status)
