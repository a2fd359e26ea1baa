"""`/ack/{token}`: the link that an alert bears, by which its outage is acknowledged.

It needs no session, and is looked at by GET, which scanners of mail and previews of chats do, too; only its button, a
POST, acknowledges. What a link names is signed in `alerts.acknowledging`; what acknowledging does to a check is
`domain.configure`'s business.
"""

from dataclasses import dataclass
from typing import Any

from chalice.app import Response

from chalicelib.domain.check import Check, Status
from chalicelib.domain.configure import Acknowledge
from chalicelib.domain.text.display_status import as_of
from chalicelib.domain.text.reasons import reason_name
from chalicelib.runtime import Wiring
from chalicelib.security_log import Actor
from chalicelib.services import checks, find_checks
from chalicelib.services.signed_links.ack_tokens import LASTS, NamedOutage, read_token
from chalicelib.web.pages.shell.guards import WITH_POST, serve_public_form, serve_public_page
from chalicelib.web.pages.shell.layout import frame
from chalicelib.web.pages.shell.render import page, see_other
from chalicelib.web.pages.shell.visit import Visit

BY = "a link in an alert"


@dataclass(frozen=True, slots=True)
class Asked:
    """The page: what the outage is, and whether there is anything to acknowledge."""

    heading: str
    sentence: str
    is_open: bool


def answered(wiring: Wiring, request: Any, token: str) -> Response:
    """`/ack/{token}`."""
    if request.to_original_event()["httpMethod"] == "POST":
        return serve_public_form(wiring, request, lambda visit: _use(visit, token))
    return serve_public_page(wiring, request, lambda visit: _look(visit, token), allowed=WITH_POST)


def _look(visit: Visit, token: str) -> Response:
    named = _named(visit, token)
    if named is None:
        return _page(visit, 404, "This link does not work", "It is not from this deployment, or was cut.")
    if visit.now >= named.until:
        return _page(visit, 410, "This link no longer works", f"Links in alerts work for {LASTS.days} days.")
    check = as_of(_check(visit, named), now=visit.now)
    name = check.config.name or check.config.slug or "This check"
    if not _is_going_on(check, named):
        return _page(visit, 200, "This outage is over", _since_then(visit, check, name))
    what = f"{name} is down" + ("" if check.reason is None else f": {reason_name(check.reason)}")
    if check.acknowledged_at is not None:
        by = f", by {check.acknowledged_by}" if check.acknowledged_by else ""
        sentence = f"Acknowledged at {visit.clock.minute(check.acknowledged_at)}{by}. Its recovery will be told."
        return _page(visit, 200, what, sentence)
    assert check.since is not None, "what is down has flipped"
    sentence = (
        f"Since {visit.clock.minute(check.since)}. Acknowledging says that you see to it: "
        "no more reminders and no escalation of this outage. Its recovery will be told."
    )
    return _page(visit, 200, what, sentence, is_open=True)


def _since_then(visit: Visit, check: Check, name: str) -> str:
    """Each outage is acknowledged for itself."""
    if check.status is not Status.DOWN or check.since is None:
        return f"{name} is {check.status} now: there is nothing to acknowledge."
    return f"{name} is down again since {visit.clock.minute(check.since)}: acknowledge that by its own alert."


def _use(visit: Visit, token: str) -> Response:
    named = _named(visit, token)
    if named is None or visit.now >= named.until:
        return _look(visit, token)

    def decide(check: Check) -> Acknowledge | None:
        return Acknowledge(by=BY) if _is_going_on(as_of(check, now=visit.now), named) else None

    by = Actor(by="alert_link", project=named.project, name="", source=visit.source)
    code = _check(visit, named).code
    checks.change(visit.wiring.ports, code, decide, project=named.project, now=visit.now, by=by)
    return see_other(f"/ack/{token}")


def _named(visit: Visit, token: str) -> NamedOutage | None:
    """What a token names. Links sent before stages had a secret for links were signed with the secret of sessions."""
    secrets = (visit.wiring.alert_link_secret.key(now=visit.now), visit.signer and visit.signer.secret)
    return next((named for secret in secrets if secret and (named := read_token(secret, token))), None)


def _check(visit: Visit, named: NamedOutage) -> Check:
    """The check of the outage that a link names. Raises NotFound: it has been deleted."""
    return find_checks.with_unique_key(visit.wiring.ports, named.project, named.unique_key)


def _is_going_on(check: Check, named: NamedOutage) -> bool:
    return check.status is Status.DOWN and check.n_flips == named.flip


def _page(visit: Visit, status: int, heading: str, sentence: str, *, is_open: bool = False) -> Response:
    mark = "down" if is_open else "note"
    around = frame(visit, title="Acknowledge · Overdue", icon=mark, marks=(mark,), current="", refresh=None)
    return page(visit, "acknowledge.html", around, Asked(heading, sentence, is_open), status=status)
