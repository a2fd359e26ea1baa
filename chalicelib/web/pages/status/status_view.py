"""What a public status page says: the verdict, a section for each tag, and what happened. Start at `status_view`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.domain.text.time_format import WallClock, duration, duration_rounded
from chalicelib.store.registry.status_pages import StatusPage
from chalicelib.web.pages.charts.uptime_bars import drawn, percent
from chalicelib.web.pages.shell.instants import Instant, exact, face, zone
from chalicelib.web.pages.status.system import Downtime, System

MOST_OUTAGES = 20  # that are told; all of them are in the bars
_MARKS = {
    DisplayStatus.DOWN: ("down", "down"),
    DisplayStatus.GRACE: ("late", "late"),
    DisplayStatus.UNKNOWN: ("new", "unknown"),
    DisplayStatus.UP: ("up", "up"),
    DisplayStatus.PAUSED: ("paused", "paused"),
    DisplayStatus.NEW: ("new", "not watched yet"),
}


@dataclass(frozen=True, slots=True)
class SystemView:
    """A line of the page."""

    mark: str
    word: str
    name: str
    share: str  # "": it was never watched
    bars: Markup
    since: str  # "": for longer than is shown


@dataclass(frozen=True, slots=True)
class TagSection:
    """The systems of a tag."""

    heading: str
    systems: tuple[SystemView, ...]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened when."""

    at: Instant
    words: str


@dataclass(frozen=True, slots=True)
class Incident:
    """An outage, told."""

    name: str
    long: str
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """All that `status.html` shows."""

    title: str  # of the page that the browser shows
    brand: str
    mark: str
    kind: str  # the colour of the heading; "": none
    heading: str
    sentence: str
    as_of: Instant
    tz: str
    marks: tuple[str, ...]
    sections: tuple[TagSection, ...]
    incidents: tuple[Incident, ...]
    left_out: str


def status_view(page: StatusPage, systems: Sequence[System], clock: WallClock) -> StatusView:
    """The page at an instant. A system that bears several of the page's tags stands in the first one's section."""
    order = (DisplayStatus.DOWN, DisplayStatus.GRACE, DisplayStatus.UNKNOWN, DisplayStatus.UP)
    worst = next((state for state in order if _of(systems, state)), DisplayStatus.NEW)
    outages = sorted((each for one in systems for each in one.outages), key=lambda each: each.start, reverse=True)
    mark = "note" if not systems else _MARKS[worst][0]
    return StatusView(
        title=f"{page.title}: {_in_title(systems)}",
        brand=page.title,
        mark=mark,
        kind="" if worst not in (DisplayStatus.DOWN, DisplayStatus.GRACE) else mark,
        heading=_heading(systems, worst),
        sentence=_sentence(systems, worst, clock),
        as_of=Instant(exact(clock.now, clock.tz), face(clock.now, clock.tz)),
        tz=clock.tz,
        marks=tuple(dict.fromkeys((mark, *(_MARKS[each.status][0] for each in systems)))),
        sections=tuple(_sections(page, systems, clock)),
        incidents=tuple(_incident(each, clock) for each in outages[:MOST_OUTAGES]),
        left_out=f"{quantity(len(outages) - MOST_OUTAGES, 'outage')} before that"
        if len(outages) > MOST_OUTAGES
        else "",
    )


def _of(systems: Sequence[System], *states: DisplayStatus) -> list[System]:
    return [each for each in systems if each.status in states]


def _in_title(systems: Sequence[System]) -> str:
    troubled = len(_of(systems, DisplayStatus.DOWN, DisplayStatus.GRACE))
    if not troubled:
        return (
            "everything works"
            if _of(systems, DisplayStatus.UP) and not _of(systems, DisplayStatus.UNKNOWN)
            else "status"
        )
    return f"{troubled} of {quantity(len(systems), 'system')} {'has' if troubled == 1 else 'have'} trouble"


def _heading(systems: Sequence[System], worst: DisplayStatus) -> str:
    if not systems:
        return "Nothing is shown here yet"
    if worst is DisplayStatus.NEW:
        return "Nothing is watched right now"
    if worst is DisplayStatus.UP:
        return "Everything works"
    if worst is DisplayStatus.UNKNOWN:
        return "How things are is not known right now"
    troubled = _of(systems, worst)
    word = _MARKS[worst][1]
    return f"{troubled[0].name} is {word}" if len(troubled) == 1 else f"{len(troubled)} systems are {word}"


def _sentence(systems: Sequence[System], worst: DisplayStatus, clock: WallClock) -> str:
    late = len(_of(systems, DisplayStatus.GRACE))
    working = len(_of(systems, DisplayStatus.UP))
    if not systems:
        return "No system is public."
    if worst is DisplayStatus.NEW:
        return "How these systems are will stand here as soon as it is known."
    if worst is DisplayStatus.UNKNOWN:
        return "What watches these systems was out of reach for a while. It finds out again within minutes."
    works = f"{quantity(working, 'system')} {'works' if working == 1 else 'work'}."
    if worst is DisplayStatus.UP:
        return works
    said = []
    begun = [each.outages[-1].start for each in _of(systems, DisplayStatus.DOWN) if each.outages]
    if begun:
        first, since = min(begun), "Since" if len(begun) == 1 else "The first since"
        when = face(first, clock.tz) if _is_today(first, clock) else _dated(first, clock)
        said.append(f"{since} {when}, for {duration(clock.now - first)}.")
    if worst is DisplayStatus.DOWN and late:
        said.append("1 is late." if late == 1 else f"{late} are late.")
    if working:
        said.append(works)
    return " ".join(said)


def _sections(page: StatusPage, systems: Sequence[System], clock: WallClock) -> Iterator[TagSection]:
    left = list(systems)
    for tag in page.tags:
        members = [each for each in left if tag in each.tags]
        left = [each for each in left if tag not in each.tags]
        if members:
            words = "systems" if len(page.tags) == 1 else tag.replace("-", " ")
            yield TagSection(words[:1].upper() + words[1:], tuple(_line(each, clock) for each in members))


def _line(each: System, clock: WallClock) -> SystemView:
    mark, word = _MARKS[each.status]
    share = "" if each.days.share is None else percent(each.days.share)
    since = "" if each.watched_since is None else f"Watched since {_day(each.watched_since, clock)}"
    return SystemView(mark, word, each.name, share, drawn(each.days, each.name), since)


def _incident(each: Downtime, clock: WallClock) -> Incident:
    begun = "Down, since before then." if each.was_before else "Down."
    events = [Event(_instant(each.start, clock), begun)]
    if each.acknowledged_at is not None:
        events.append(Event(_instant(each.acknowledged_at, clock), "Someone is on it."))
    if each.is_over:
        events.append(Event(_instant(each.end, clock), "Up again." if each.comes_up else "Not watched any more."))
    long = duration_rounded(each.end - each.start) if each.is_over else f"{duration(each.end - each.start)} so far"
    return Incident(each.name, long, tuple(events))


def _instant(at: datetime, clock: WallClock) -> Instant:
    """ "Today 04:00", else "15 Oct 04:15"."""
    return Instant(exact(at, clock.tz), f"Today {face(at, clock.tz)}" if _is_today(at, clock) else _dated(at, clock))


def _is_today(at: datetime, clock: WallClock) -> bool:
    return at.astimezone(zone(clock.tz)).date() == clock.now.astimezone(zone(clock.tz)).date()


def _dated(at: datetime, clock: WallClock) -> str:
    return f"{_day(at, clock)} {face(at, clock.tz)}"


def _day(at: datetime, clock: WallClock) -> str:
    local, now = at.astimezone(zone(clock.tz)), clock.now.astimezone(zone(clock.tz))
    return f"{local.day} {local:%b}" + (f" {local.year}" if local.year != now.year else "")
