"""What the forms of a check's page do: pause, resume, snooze, acknowledge, delete; `POST /checks/{name}/{action}`.

Parse, call the decision that the API calls, and show the check again. Start at `acted`. What each does to a check is
`domain.configure`'s business; whose form is taken, `visit`'s.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chalice.app import Response

from chalicelib.domain.check import Check
from chalicelib.domain.configure import Change, Pause, Resume, Snooze, Unsnooze
from chalicelib.domain.durations import LONGEST, parse_instant
from chalicelib.domain.errors import BadInput, NotFound
from chalicelib.domain.rules.snooze import end_of_snooze
from chalicelib.domain.text.time_format import WallClock
from chalicelib.runtime import Wiring
from chalicelib.services import checks
from chalicelib.services.find_checks import named
from chalicelib.web.pages.overview.position import name_of
from chalicelib.web.pages.shell.guards import serve_form
from chalicelib.web.pages.shell.instants import local
from chalicelib.web.pages.shell.render import see_other
from chalicelib.web.pages.shell.visit import Visit

BY = "the dashboard"  # who acknowledges: sessions bear no names
_MORNING = 9  # o'clock
Decision = Callable[[Check], Change]
_LONGEST_S = int(LONGEST.total_seconds())


def acted(wiring: Wiring, request: Any, name: str, action: str) -> Response:
    """`POST /checks/{name}/{action}`."""
    return serve_form(wiring, request, lambda visit: _act(visit, name, action))


def _act(visit: Visit, name: str, action: str) -> Response:
    check = named(visit.wiring.ports, visit.project, name)
    if action == "delete":
        return _deleted(visit, check)
    decide = _CHANGES.get(action)
    if decide is None:
        raise NotFound(f"nothing is called {action}")
    wanted, ports = decide(visit), visit.wiring.ports
    try:
        checks.change(ports, check.code, wanted, project=visit.project, now=visit.now, by=visit.actor)
    except checks.NotDown as error:
        raise BadInput("The check is not down (any more), so there is nothing to acknowledge") from error
    return see_other(f"/checks/{name}")


def _snooze(visit: Visit) -> Decision:
    until = snooze_until(visit.form, now=visit.now)
    return lambda _: Snooze(until)


def _acknowledge(visit: Visit) -> Decision:
    return lambda check: checks.acknowledge(check, by=BY, now=visit.now)


_CHANGES: Mapping[str, Callable[[Visit], Decision]] = {
    "pause": lambda _: lambda _: Pause(),
    "resume": lambda _: lambda _: Resume(),
    "snooze": _snooze,
    "unsnooze": lambda _: lambda _: Unsnooze(),
    "acknowledge": _acknowledge,
}


def snooze_until(form: Mapping[str, str], *, now: datetime) -> datetime:
    """The instant that a form asks for: so many seconds from now, or ISO 8601. Raises BadInput."""
    said = form.get("until", "")
    if said.isascii() and said.isdigit() and len(said) <= len(str(_LONGEST_S)):
        return end_of_snooze(now + timedelta(seconds=int(said)), now=now)
    return end_of_snooze(parse_instant("until", said, "UTC"), now=now)


@dataclass(frozen=True, slots=True)
class SnoozeChoice:
    """An end of a snooze that one can choose."""

    value: str
    label: str


def snooze_choices(clock: WallClock) -> tuple[SnoozeChoice, ...]:
    """So many hours, the reader's next morning, and that of the next week's Monday."""
    here = local(clock.now, clock.tz)
    today = here.replace(hour=_MORNING, minute=0, second=0, microsecond=0, fold=0)
    morning = today if here < today else today + timedelta(days=1)
    monday = today + timedelta(days=7 - here.weekday())
    mornings = [
        SnoozeChoice(morning.isoformat(), f"Snooze until {'' if morning == today else 'tomorrow '}{morning:%H:%M}")
    ]
    if monday != morning:
        mornings.append(SnoozeChoice(monday.isoformat(), f"Snooze until {clock.minute(monday)}"))
    return (
        SnoozeChoice("3600", "Snooze for 1 hour"),
        SnoozeChoice("14400", "Snooze for 4 hours"),
        *mornings,
        SnoozeChoice(str(7 * 86_400), "Snooze for a week"),
    )


def _deleted(visit: Visit, check: Check) -> Response:
    """Only who has written its name down."""
    if visit.form.get("confirm", "").strip() != confirmation(check):
        raise BadInput(f"The check is still there: to delete it, type {confirmation(check)} into the field")
    checks.delete(visit.wiring.ports, check.code, project=visit.project, now=visit.now, by=visit.actor)
    return see_other("/?deleted=yes")


def confirmation(check: Check) -> str:
    """What one has to type: its slug, or else its name as the page shows it."""
    return check.config.slug or name_of(check).strip()
