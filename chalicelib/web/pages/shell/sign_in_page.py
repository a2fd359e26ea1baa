"""The page about signing in: what a link does, or why it does not, and how to get another."""

from dataclasses import dataclass
from datetime import timedelta

from chalice.app import Response

from chalicelib.domain.text.amounts import quantity
from chalicelib.services.signed_links.sessions import LINK_LASTS, LOCAL_LINK_LASTS, SESSION_LASTS
from chalicelib.web.pages.shell.commands import LOCAL, command
from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import page
from chalicelib.web.pages.shell.visit import Visit

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


def how_to(visit: Visit) -> Response:
    """The page instead of one that needs a session."""
    return sign_in_page(visit, 403, "You are not signed in", f"{once(visit)} Sessions end by themselves.")


def once(visit: Visit) -> str:
    """How often and how long a link works. The local server's links last longer, as its clock may run fast."""
    within = LOCAL_LINK_LASTS if visit.wiring.settings.stage == LOCAL else LINK_LASTS
    return f"Each link signs in once, within {lasts(within)} of its making."


def sign_in_page(visit: Visit, status: int, heading: str, sentence: str, *, grants: bool = False) -> Response:
    """The page. `grants`: whether it shows the button that uses the link."""
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
