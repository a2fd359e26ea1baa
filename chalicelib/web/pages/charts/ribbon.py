"""The ribbon: six hours back and six ahead; what is down since when, and what is expected next.

A pure function of names and instants (docs/reference/pages.md, Drawings). Start at `ribbon`. At most five lanes; what
is in one lane only needs no picture.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from markupsafe import Markup, escape

from chalicelib.domain.text.time_format import WallClock, ago
from chalicelib.web.pages.shell.instants import face, whole_hour

SPAN = timedelta(hours=6)
LANES = 5
_LANE = 16  # pixels
_LONGEST = 22  # characters of a name
_HOUR = timedelta(hours=1)
_INSIDE_UP_TO = 15.0  # per cent: a label before the start would have no room there
_ENDS_FROM = 80.0  # per cent: nor would one behind a mark there


@dataclass(frozen=True, slots=True)
class RibbonOutage:
    """A check that is down, or was until `ended`."""

    name: str
    since: datetime
    ended: datetime | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """A check that is expected; late when that has passed."""

    name: str
    at: datetime


def ribbon(
    down: Sequence[RibbonOutage], ended: Sequence[RibbonOutage], due: Sequence[Due], *, often: int, clock: WallClock
) -> Markup | None:
    """`down` the longest first, `due` the soonest first, both within reach; `often`: how many come all the time.

    None when there is nothing to compare.
    """
    left, right = down[:LANES], list(due[: LANES - bool(often)])
    lanes = max(len(left), len(right) + bool(often))
    if lanes < 2:
        return None
    bottom = _LANE * lanes
    parts = [
        _hours(clock, bottom),
        *(_since(outage, lane, clock) for lane, outage in enumerate(left)),
        *(_due(each, lane, clock) for lane, each in enumerate(right)),
    ]
    if often:
        more = f"{often} {'more ' if right else ''}every 15 min or more often"
        parts.append(f'<text x="50%" y="{_LANE * len(right) + 12}" dx="7">{more}</text>')
    parts += _headings(left, right, clock)
    parts.append(f'<line class="now" x1="50%" x2="50%" y1="0" y2="{bottom + 8}"/>')
    parts.append(_scale(clock, bottom + 21))
    title = escape(_title(down, ended, due, often, clock))
    return Markup(  # noqa: S704  # every name is escaped where it is put in
        f'<svg role="img" height="{bottom + 24}"><title>{title}</title>{"".join(parts)}</svg>'
    )


def _x(at: datetime, clock: WallClock) -> float:
    """Per cent; what lies before the left edge stands on it."""
    return min(max(50 + (at - clock.now) / SPAN * 50, 0.0), 100.0)


def _per_cent(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0") + "%"


def _since(outage: RibbonOutage, lane: int, clock: WallClock) -> str:
    x, y = _x(outage.since, clock), _LANE * lane + 8
    name = escape(_cut(outage.name))
    line = f'<line class="since" x1="{_per_cent(x)}" x2="50%" y1="{y}" y2="{y}"/>'
    start = "" if x == 0 else f'<use class="down" href="#start" x="{_per_cent(x)}" y="{y}"/>'
    if x < _INSIDE_UP_TO:
        return f'{line}{start}<text class="inside" x="{_per_cent(x)}" y="{y + 4}" dx="9">{name}</text>'
    return f'{line}{start}<text class="end" x="{_per_cent(x)}" y="{y + 4}" dx="-9">{name}</text>'


def _due(due: Due, lane: int, clock: WallClock) -> str:
    is_late = due.at <= clock.now
    x, y = (50.5 if is_late else _x(due.at, clock)), _LANE * lane + 2
    name = escape(_cut(due.name)) + (" late" if is_late else "")
    mark = (
        f'<line class="{"soon" if is_late else "due"}" x1="{_per_cent(x)}" x2="{_per_cent(x)}" y1="{y}" y2="{y + 12}"/>'
    )
    place = 'class="end" ' if x > _ENDS_FROM else ""
    return f'{mark}<text {place}x="{_per_cent(x)}" y="{y + 10}" dx="{-7 if place else 7}">{name}</text>'


def _cut(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _headings(left: Sequence[RibbonOutage], right: Sequence[Due], clock: WallClock) -> Iterator[str]:
    """What the two sides are, where the first lane leaves room for it."""
    if left and _x(left[0].since, clock) > 27:
        yield '<text class="scale" x="0" y="12">Down since</text>'
    if right and _x(right[0].at, clock) < 70:
        yield '<text class="scale end" x="100%" y="12">Expected next</text>'


def _marked(clock: WallClock) -> list[datetime]:
    """Whole hours of the reader's clock: the nearest that leave room for "now", and every second beyond."""
    whole = whole_hour(clock.now, clock.tz)
    before = [whole - _HOUR * back for back in range(7)]
    after = [whole + _HOUR * ahead for ahead in range(1, 8)]
    past = [at for at in before if clock.now - SPAN < at <= clock.now - _HOUR][::2]
    return [*reversed(past), *[at for at in after if clock.now + _HOUR <= at < clock.now + SPAN][::2]]


def _hours(clock: WallClock, bottom: int) -> str:
    lines = "".join(
        f'<line x1="{x}" x2="{x}" y1="0" y2="{bottom + 6}"/>'
        for x in (_per_cent(_x(at, clock)) for at in _marked(clock))
    )
    return f'<g class="hour">{lines}</g>'


def _scale(clock: WallClock, y: int) -> str:
    labels = "".join(
        f'<text x="{_per_cent(_x(at, clock))}" y="{y}">{face(at, clock.tz)}</text>' for at in _marked(clock)
    )
    return (
        f'<g class="mid scale">{labels}<text class="now-label" x="50%" y="{y}">{face(clock.now, clock.tz)}</text></g>'
    )


def _title(
    down: Sequence[RibbonOutage], ended: Sequence[RibbonOutage], due: Sequence[Due], often: int, clock: WallClock
) -> str:
    said = ["Six hours back and six ahead."]
    if down:
        told = ", ".join(f"{each.name} {clock.minute(each.since)}" for each in down[:LANES])
        more = f" and {len(down) - LANES} more" if len(down) > LANES else ""
        said.append(f"Down since: {told}{more}.")
    if ended:
        told = ", ".join(
            f"{each.name}, down from {clock.minute(each.since)} to {clock.minute(each.ended)}"
            for each in ended[:LANES]
            if each.ended is not None
        )
        said.append(f"Ended: {told}.")
    if due:
        told = ", ".join(f"{each.name} {_when(each, clock)}" for each in due[:LANES])
        said.append(f"Expected next: {told}.")
    if often:
        said.append(f"{often} {'check comes' if often == 1 else 'checks come'} every 15 min or more often.")
    return " ".join(said)


def _when(due: Due, clock: WallClock) -> str:
    return clock.minute(due.at) if due.at > clock.now else f"({ago(due.at, now=clock.now).removesuffix(' ago')} late)"
