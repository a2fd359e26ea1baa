"""A timeline: what each of the last runs took, against the usual and the limit (docs/reference/pages.md, Drawings).

Pure functions of numbers; all that is drawn is said in the title, too. Start at `timeline`. The scale begins at zero; a
limit that is far above all values is not drawn, or they would be flat. What a check's runs are is told by `check_runs`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from markupsafe import Markup, escape

from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.web.pages.shell.instants import local

MOST: Final = 60
PLOT: Final = 190  # pixels: y of zero
HEIGHT: Final = 222
_TALLEST = 178  # pixels
_SMALLEST = 2.0  # so that what took no time is seen, too
_FAR = 3  # times the highest value: a limit beyond it is not drawn
_ROOM = 13  # pixels between two labels
_LINES = 4  # of the grid, above zero
_DAY = timedelta(days=1)
_SPANS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)
_LONGER = (7200, 10800, 21600, 43200, 86400, 172800)
_LABELS = 14  # days or hours below the plot


@dataclass(frozen=True, slots=True)
class Bar:
    """A run: how it ended, how long it took in seconds, or how many items it did. None: nothing says."""

    outcome: str
    value: float | None
    at: datetime
    is_beyond: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the numbers are, and how they are said at the edge."""

    said: Callable[[float], str]  # of few letters
    band: tuple[float, float] | None = None
    limit: float | None = None
    limit_word: str = "limit"
    is_floor: bool = False  # below it is bad, not above


def timeline(bars: Sequence[Bar], scale: Scale, *, title: str, clock: WallClock) -> Markup:
    """The plot and its labels; `bars` oldest first, at least one."""
    bars = bars[-MOST:]
    limit = scale.limit if scale.limit is not None and _is_near(scale.limit, bars, scale) else None
    highest = max((*_values(bars), *(scale.band or ()), *(() if limit is None else (limit,))), default=0.0)
    step = _step(highest, is_time=not scale.is_floor)
    top = step * max(ceil(highest / step), 1)

    def y(value: float) -> float:
        return PLOT - value / top * _TALLEST

    starts = _starts(bars, clock)
    grid = [y(step * number) for number in range(1, round(top / step) + 1)]
    plot = "".join(
        (
            "" if scale.band is None else _band(y(scale.band[0]), y(scale.band[1])),
            _grid(grid),
            "" if limit is None else f'<line class="limit" x2="100%" y1="{_px(y(limit))}" y2="{_px(y(limit))}"/>',
            *_drawn(bars, y, scale.limit),
            _scale(bars, starts, clock),
            _open(bars, y, clock),
        )
    )
    labels = "".join(_labels(scale, limit, y, [(at, step * (number + 1)) for number, at in enumerate(grid)]))
    month = f'<text y="208">{_month(bars[-1].at, clock)}</text>' if starts else ""  # else it stands in the scale
    return Markup(  # noqa: S704  # numbers, and words of our own; the title is escaped
        f'<svg role="img" height="{HEIGHT}"><title>{escape(title)}</title>{plot}</svg>'
        f'<svg class="labels" aria-hidden="true" height="{HEIGHT}">{labels}{month}</svg>'
    )


def brief(seconds: float) -> str:
    """A duration in few letters: "142 ms", "9 min", "1 h 30", "3 days"."""
    span = timedelta(seconds=seconds)
    if seconds < 60:
        return duration(span)
    if seconds < 3600:
        minutes = round(seconds / 60, 1 if seconds < 600 else 0)
        return f"{minutes:g} min"
    if seconds < 172_800:
        hours, minutes = divmod(round(seconds / 60), 60)
        return f"{hours} h {minutes}" if minutes else f"{hours} h"
    return f"{round(seconds / 86_400, 1):g} days"


def _values(bars: Sequence[Bar]) -> list[float]:
    return [bar.value for bar in bars if bar.value is not None]


def _is_near(limit: float, bars: Sequence[Bar], scale: Scale) -> bool:
    return limit <= _FAR * max((*_values(bars), *(scale.band or ())), default=0.0) or scale.is_floor


def _step(highest: float, *, is_time: bool) -> float:
    """The smallest round number of which at most four reach the highest value."""
    steps: Iterator[float] = iter((*_SPANS, *_LONGER)) if is_time else _counts()
    found = next((step for step in steps if ceil(highest / step) <= _LINES), None)
    return found or float(ceil(highest / _LINES / 86_400)) * 86_400


def _counts() -> Iterator[float]:
    power = 1
    while True:
        yield from (power, 2 * power, 5 * power)
        power *= 10


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _x(place: int, count: int) -> str:
    return f"{_px((place + 0.5) / count * 100)}%"


def _band(low: float, high: float) -> str:
    return f'<rect class="band" width="100%" y="{_px(high)}" height="{_px(max(low - high, 1))}"/>'


def _grid(lines: Sequence[float]) -> str:
    drawn = "".join(f'<line x2="100%" y1="{_px(y)}" y2="{_px(y)}"/>' for y in lines)
    return f'<g class="grid">{drawn}<line x2="100%" y1="190.5" y2="190.5"/></g>'


_KINDS = {"failed": "bad", "too-short": "bad", "stalled": "bad", "running": "open", "overrun": "open"}
_GLYPHS = {
    "failed": "g-failed",
    "late": "g-late",
    "too-short": "g-short",
    "missed": "g-missed",
    "overrun": "g-over",
    "stalled": "g-stalled",
    "unreported": "g-unreported",
}
GLYPHS: Final = tuple(_GLYPHS.values())


def _drawn(bars: Sequence[Bar], y: Callable[[float], float], limit: float | None) -> Iterator[str]:
    """First all bars, then what stands on them."""
    yield "<g>"
    for place, bar in enumerate(bars):
        if bar.outcome not in ("missed", "unreported"):
            yield from _bar(bar, _x(place, len(bars)), y, limit)
    yield "</g><g>"
    for place, bar in enumerate(bars):
        if bar.outcome in _GLYPHS:
            yield f'<use href="#{_GLYPHS[bar.outcome]}" x="{_x(place, len(bars))}" y="{_px(_top(bar, y))}"/>'
    yield "</g>"


def _top(bar: Bar, y: Callable[[float], float]) -> float:
    """Where a bar ends; what has none stands on the ground."""
    if bar.outcome in ("missed", "unreported"):
        return PLOT
    return min(y(bar.value or 0), PLOT - _SMALLEST)


def _bar(bar: Bar, x: str, y: Callable[[float], float], limit: float | None) -> Iterator[str]:
    """One bar; what is beyond its limit, in the colour of trouble."""
    kind, top = _KINDS.get(bar.outcome, "ok"), _top(bar, y)
    if bar.is_beyond and limit is not None and bar.value is not None and bar.value > limit:
        middle = _px(y(limit))
        yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{PLOT}" y2="{middle}"/>'
        over = "over" if kind == "open" else "bad"
        yield f'<line class="{over}" x1="{x}" x2="{x}" y1="{middle}" y2="{_px(top)}"/>'
        return
    yield f'<line class="{kind}" x1="{x}" x2="{x}" y1="{PLOT}" y2="{_px(top)}"/>'


def _open(bars: Sequence[Bar], y: Callable[[float], float], clock: WallClock) -> str:
    """Which bar is the run that has been open for too long."""
    for place, bar in enumerate(bars):
        if bar.outcome == "overrun" and bar.value is not None:
            side = 'dx="-10" text-anchor="end"' if place >= len(bars) / 2 else 'dx="10"'
            at = f'x="{_x(place, len(bars))}" y="{_px(max(_top(bar, y) + 4, 12))}"'
            return f'<text class="strong" {at} {side}>{clock.minute(bar.at)}, still open</text>'
    return ""


def _starts(bars: Sequence[Bar], clock: WallClock) -> list[tuple[int, str]]:
    """Where each day begins, or each hour where all is within two days: the place of its first bar, and its name."""
    by_hour = bars[-1].at - bars[0].at < 2 * _DAY
    starts: list[tuple[int, str]] = []
    last = ""
    for place, bar in enumerate(bars):
        here = local(bar.at, clock.tz)
        name = f"{here:%H}:00" if by_hour else str(here.day)
        if name != last and place:
            starts.append((place, f"{here:%H:%M}" if by_hour else name))
        last = name
    return starts[:: ceil(len(starts) / _LABELS) or 1]


def _scale(bars: Sequence[Bar], starts: Sequence[tuple[int, str]], clock: WallClock) -> str:
    """The names below the plot, on a phone every third. Where no day or hour begins, when the first bar was."""
    if not starts:
        where = 'x="50%" y="208" text-anchor="middle"' if len(bars) == 1 else 'x="0%" y="208" dx="1"'
        return f'<g class="days"><text {where}>{_whole(bars[0].at, clock)}</text></g>'
    texts = "".join(
        f"<text{'' if number % 3 == 0 else ' class=' + chr(34) + 'opt' + chr(34)} "
        f'x="{_px(place / len(bars) * 100)}%" y="208" dx="1">{name}</text>'
        for number, (place, name) in enumerate(starts)
    )
    return f'<g class="days">{texts}</g>'


def _whole(at: datetime, clock: WallClock) -> str:
    here = local(at, clock.tz)
    return f"{here.day} {here:%b %H:%M}"


def _month(at: datetime, clock: WallClock) -> str:
    return f"{local(at, clock.tz):%B}"


def _labels(
    scale: Scale, limit: float | None, y: Callable[[float], float], grid: Sequence[tuple[float, float]]
) -> Iterator[str]:
    """The limit and the usual go first; a line of the grid is named where that leaves room."""
    taken = [PLOT + 4.0]
    if limit is not None:
        kind, at = "strong" if scale.is_floor else "limit-label", y(limit) + 4
        taken.append(at)
        yield f'<text class="{kind}" y="{_px(at)}">{scale.limit_word} {scale.said(limit)}</text>'
    if scale.band is not None:
        at = y(sum(scale.band) / 2) + 4
        if limit is not None and abs(at - taken[-1]) < _ROOM:
            at = taken[-1] + (_ROOM if at >= taken[-1] else -_ROOM)
        if at <= PLOT - _ROOM + 4:
            taken.append(at)
            yield f'<text class="strong" y="{_px(at)}">usual {scale.said(sum(scale.band) / 2)}</text>'
    for line, value in reversed(grid):
        if all(abs(line + 4 - other) >= _ROOM for other in taken):
            yield f'<text y="{_px(line + 4)}">{scale.said(value)}</text>'
    yield f'<text y="{PLOT + 4}">0</text>'
