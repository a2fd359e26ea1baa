"""A check's page, `/checks/{name}`: what is the matter with it, what it did, what is expected, how it is set up.

Start at `answered`. Whatever its history, it reads the check, three queries of the newest past, one of bodies, and the
channels; a page of older history adds two queries. What its forms do is `check_actions`' business.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from chalice.app import Response

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.check import Check, Status
from chalicelib.domain.errors import NotFound
from chalicelib.domain.ids import Code, is_uuid, unique_key
from chalicelib.runtime import Wiring
from chalicelib.services import find_checks
from chalicelib.store import batch_get, checks
from chalicelib.web.pages.charts.run_chart import Drawing, drawing
from chalicelib.web.pages.charts.timeline import GLYPHS
from chalicelib.web.pages.check.actions import SnoozeChoice, confirmation, snooze_choices
from chalicelib.web.pages.check.configuration import Entry, Seen, in_words_of
from chalicelib.web.pages.check.headline import CheckHeadline, verdict
from chalicelib.web.pages.check.history import History, Link, history_of
from chalicelib.web.pages.check.next_times import Upcoming, upcoming
from chalicelib.web.pages.check.open_runs import OpenRun, open_runs
from chalicelib.web.pages.check.queries import Source, past, source_of
from chalicelib.web.pages.check.status_changes import FlipRow, Month, flip_rows, months
from chalicelib.web.pages.check_form.snippets import Snippet, snippets
from chalicelib.web.pages.overview.headline import Phrase
from chalicelib.web.pages.overview.position import name_of, shown_text, standing
from chalicelib.web.pages.shell.commands import command
from chalicelib.web.pages.shell.guards import serve_page
from chalicelib.web.pages.shell.layout import Refresh, frame
from chalicelib.web.pages.shell.render import page, see_other
from chalicelib.web.pages.shell.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Forms:
    """What may be done now; only for who may write."""

    path: str
    acknowledges: bool
    resumes: bool
    is_snoozed: bool
    snoozes: tuple[SnoozeChoice, ...]
    pause_words: str
    resume_words: str
    confirmation: str
    n_pings: str
    ping_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckPage:
    """All that `check.html` shows."""

    verdict: CheckHeadline
    tags: tuple[Link, ...]
    namesakes: tuple[Link, ...]
    forms: Forms | None  # None: to look only
    drawing: Drawing
    open: tuple[OpenRun, ...]
    history: History
    flips: tuple[FlipRow, ...]
    months: tuple[Month, ...]
    upcoming: Upcoming
    config: tuple[Entry, ...]
    snippets: tuple[Snippet, ...]
    alarm_name: str  # what an alarm of CloudWatch is to be called; "" where none reports


def answered(wiring: Wiring, request: Any, name: str) -> Response:
    """`/checks/{name}`."""
    return serve_page(wiring, request, lambda visit: _look(visit, name))


def _look(visit: Visit, name: str) -> Response:
    try:
        stored = find_checks.named(visit.wiring.ports, visit.project, name)
    except NotFound:
        return see_other(f"/checks/{unique_key(_of_code(visit, name).code)}")
    view = check_page(visit, stored, path=f"/checks/{name}")
    refreshes = visit.query.get("refresh") != "off"
    around = frame(
        visit,
        title=view.verdict.title,
        icon="late" if view.verdict.mark == "unknown" else view.verdict.mark,
        marks=(view.verdict.mark, "down", "up", "late", "running", "paused", "new", "note", "clock", *GLYPHS),
        current="/",
        refresh=Refresh(refreshes, _switch(visit, refreshes)),
        zones=[stored.config.tz],
    )
    return page(visit, "check.html", around, view)


def _of_code(visit: Visit, name: str) -> Check:
    """For who may ping it anyway: a code leads to its page, and does not stay in the address. Raises NotFound."""
    if visit.may_write and is_uuid(name):
        return find_checks.with_code(visit.wiring.ports, visit.project, Code(name))
    raise NotFound("no check of this project is called so")


def _switch(visit: Visit, refreshes: bool) -> str:
    """The same page, made anew or not."""
    others = {name: value for name, value in visit.query.items() if name not in ("refresh", "tz")}
    query = urlencode(others | ({"refresh": "off"} if refreshes else {}), errors="replace")
    return f"{visit.path}?{query}" if query else visit.path


def check_page(visit: Visit, stored: Check, *, path: str) -> CheckPage:
    """The page as it is at the visit's instant."""
    clock, may_write = visit.clock, visit.may_write
    each = standing(stored, Counter({stored.config.slug: 1}), now=visit.now)
    check = each.check
    known = past(check, now=visit.now)
    source = source_of(check, known.pings)
    channels = visit.wiring.registry.channels(visit.project, now=visit.now)
    url = f"{visit.wiring.settings.base_url}/ping/{check.code}" if source in (Source.JOB, Source.ALARM) else ""
    days = visit.wiring.ports.tables.history_days
    return CheckPage(
        verdict=verdict(each, known, clock, names_channels=may_write, remedy=_remedy(visit, check, channels)),
        tags=tuple(
            Link(shown_text(tag), f"/?{urlencode({'tag': tag}, errors='replace')}")
            for tag in dict.fromkeys(check.config.tags.split())
        ),
        namesakes=_namesakes(visit, check),
        forms=_forms(visit, check, path, url) if may_write else None,
        drawing=drawing(check, known, source, clock),
        open=open_runs(check, known, clock),
        history=history_of(check, known, visit.query, path, clock, history_days=days),
        flips=flip_rows(check, known, clock, names_channels=may_write),
        months=months(check, known, clock, history_days=days),
        upcoming=upcoming(check, clock),
        config=in_words_of(
            Seen(
                check=check,
                channels=channels,
                clock=clock,
                parents=_named(visit, check.config.depends_on),
                members=_named(visit, () if check.config.group is None else check.config.group.members),
                may_write=may_write,
            )
        ),
        snippets=snippets(check.config, url) if may_write and source is Source.JOB else (),
        alarm_name=_alarm_name(check) if source is Source.ALARM else "",
    )


def _remedy(visit: Visit, check: Check, channels: Sequence[Channel]) -> str:
    """How a check gets a channel; "" where it has one, or for who may not give it one."""
    chosen = check.config.channels
    if not visit.may_write or any(EVERY_CHANNEL in chosen or each.id in chosen for each in channels):
        return ""
    if not channels:
        return f"Add one with: {command(visit, 'channels add NAME TARGET')}"
    return "Choose one by Edit."


def _namesakes(visit: Visit, check: Check) -> tuple[Link, ...]:
    """Other checks with its slug, to which that leads as well as to this one."""
    if not check.config.slug:
        return ()
    if len(checks.codes_by_slug(visit.project, check.config.slug)) < 2:
        return ()
    found = find_checks.with_slug(visit.wiring.ports, visit.project, check.config.slug)
    others = [each for each in found if each.code != check.code]
    return tuple(
        Link(shown_text(each.config.name or each.config.slug), f"/checks/{unique_key(each.code)}") for each in others
    )


def _named(visit: Visit, wanted: Sequence[Code]) -> list[Phrase]:
    """Links to the checks that it names, as far as they are still there. No read where there are none."""
    ports = visit.wiring.ports
    found = batch_get.checks(ports.tables, wanted, sleep=ports.sleep)
    return [Phrase(name_of(each), href=f"/checks/{unique_key(each.code)}") for each in found]


def _alarm_name(check: Check) -> str:
    project = "" if check.project == "default" else f"{check.project}/"
    return f"overdue:{project}{check.config.slug}"


def _forms(visit: Visit, check: Check, path: str, url: str) -> Forms:
    return Forms(
        path=path,
        acknowledges=check.status is Status.DOWN and check.acknowledged_at is None,
        resumes=check.status is Status.PAUSED,
        is_snoozed=check.snoozed_until is not None,
        snoozes=snooze_choices(visit.clock),
        pause_words=_pause_words(check),
        resume_words="It begins anew, as if it had never been pinged; its history stays.",
        confirmation=confirmation(check),
        n_pings=f"{check.n_pings:,}",
        ping_url=url,
    )


def _pause_words(check: Check) -> str:
    if check.config.probe is not None:
        return "Overdue does not ask until somebody resumes it."
    if check.config.group is not None:
        return "Its members are not looked at until somebody resumes it."
    said = "Nothing is expected of it, and open runs are forgotten."
    return f"{said} Pings do not resume it." if check.config.manual_resume else f"{said} Its next ping resumes it."
