"""Badges: the state of a check, of a tag, of a whole project, as picture and as JSON (docs/reference/wire.md, Badges).

Start at `of_check` and `of_tag`. An address is all that is needed to see a badge: `badge_keys` makes and reads them.
Never cached: a badge that says "up" for a job that is down is worse than none.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from chalice.app import Response

from chalicelib.domain.check import Check
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import is_uuid
from chalicelib.domain.text import display_status
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.runtime import Wiring
from chalicelib.services.find_checks import all_checks
from chalicelib.services.signed_links import badge_keys
from chalicelib.store import checks
from chalicelib.web import answers
from chalicelib.web.anonymous.get_only import serve_get
from chalicelib.web.anonymous.svg import badge_svg

ALL_LABEL = "Overdue"
_COLOURS = {"up": "success", "late": "important", "down": "critical"}  # as shields.io calls them
_CHECK = re.compile(r"(?P<states>[23])/(?P<key>[0-9a-f-]{36})\.(?P<kind>svg|json|shields)")
_TAG = re.compile(
    r"(?P<project>[\w-]+)/(?P<signature>[0-9a-f]+)(?P<two>-2)?(?:/(?P<tag>.+))?\.(?P<kind>svg|json|shields)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many checks, and how many of them are late or down."""

    total: int
    grace: int
    down: int

    def state(self, *, knows_late: bool) -> str:
        """The worst of them; with two states, late is up."""
        if self.down:
            return "down"
        return "late" if self.grace and knows_late else "up"


def of_check(wiring: Wiring, request: Any, rest: str) -> Response:
    """`/b/{2|3}/{badge key}.{svg|json|shields}`."""
    found = _CHECK.fullmatch(rest)
    return serve_get(request, lambda now: _check_badge(wiring, found, request, now))


def _check_badge(wiring: Wiring, found: re.Match[str] | None, request: Any, now: datetime) -> Response:
    if found is None:
        raise NotFound("no such badge")
    code = badge_keys.code_of(wiring.registry.badge_secret(now=now), _uuid(found["key"]))
    check = checks.get(wiring.ports.tables, code)
    counts = counted([check], now=now)
    state = counts.state(knows_late=found["states"] == "3")
    return _drawn(check.config.name or code, state, counts, found["kind"], request)


def _uuid(text: str) -> str:
    if not is_uuid(text):
        raise NotFound("no such badge")
    return text


def of_tag(wiring: Wiring, request: Any, rest: str) -> Response:
    """`/badge/{project}/{signature}[-2][/{tag}].{svg|json|shields}`."""
    found = _TAG.fullmatch(rest)
    return serve_get(request, lambda now: _tag_badge(wiring, found, request, now))


def _tag_badge(wiring: Wiring, found: re.Match[str] | None, request: Any, now: datetime) -> Response:
    if found is None:
        raise NotFound("no such badge")
    tag = _signed_tag(wiring.registry.badge_secret(now=now), found)
    everything = all_checks(wiring.ports, found["project"])
    bearing = [check for check in everything if tag == badge_keys.ALL_TAGS or tag in check.config.tags.split()]
    counts = counted(bearing, now=now)
    label = ALL_LABEL if tag == badge_keys.ALL_TAGS else tag
    return _drawn(label, counts.state(knows_late=found["two"] is None), counts, found["kind"], request)


def _signed_tag(secret: bytes, found: re.Match[str]) -> str:
    """The tag that the signature is of. Raises NotFound. A `?` in it comes encoded twice (`project.badges`)."""
    written = found["tag"] or badge_keys.ALL_TAGS
    for tag in (written, unquote(written)):
        if badge_keys.is_signed(secret, found["project"], tag, found["signature"]):
            return tag
    raise NotFound("no such badge")


def counted(found: Iterable[Check], *, now: datetime) -> Counts:
    """The checks as they are now. New, paused and started ones count as up; those that are held, as late."""
    states = [display_status.status_without_unknown(display_status.as_of(check, now=now), now=now) for check in found]
    return Counts(len(states), states.count(DisplayStatus.GRACE), states.count(DisplayStatus.DOWN))


def _drawn(label: str, state: str, counts: Counts, kind: str, request: Any) -> Response:
    accepts = request.headers.get("accept-encoding", "")
    match kind:
        case "json":
            value: object = {"status": state, "total": counts.total, "grace": counts.grace, "down": counts.down}
        case "shields":
            value = {"schemaVersion": 1, "label": label, "message": state, "color": _COLOURS[state]}
        case _:
            return answers.answer(badge_svg(label, state), "image/svg+xml", accepts, headers=_ANY_ORIGIN)
    return answers.json_answer(value, accepts, headers=_ANY_ORIGIN)


_ANY_ORIGIN = {"Access-Control-Allow-Origin": "*"}
