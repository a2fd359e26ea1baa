"""A sparkline: how long the last runs took, against the usual (docs/reference/pages.md, Drawings).

Start at `sparkline`, a pure function of numbers; `spark_of` says what a check's numbers are. Whole pixels compress.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from chalicelib.domain.check import Check, Run
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import unpacked
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.time_format import duration, duration_range

FEWEST: Final = 5
MOST: Final = 30
_BOTTOM, _TOP = 19, 2  # y of the least and of the most
_ZOOMED_FROM = 0.35  # of the most: what lies above as a whole need not be drawn from zero


@dataclass(frozen=True, slots=True)
class Took:
    """The last duration of a check in words, and the line of those before."""

    words: str
    line: Markup | None  # None: too few
    is_known: bool = True


def spark_of(check: Check, *, now: datetime) -> Took:
    """The durations of a check. A run that is open beyond its limit is the last of them."""
    durations = [run.took for run in unpacked(check.recent) if run.took is not None]
    stuck = next((run for run in check.runs if run.overran), None)
    if stuck is not None:
        durations.append(now - stuck.at)
    if not durations:
        return Took(
            "not timed" if check.recent else f"no {'runs' if check.config.probe is None else 'probes'} yet",
            None,
            is_known=False,
        )
    words = duration(durations[-1])
    if len(durations) < FEWEST:
        return Took(words, None)
    band = usual(check.recent)
    least = check.config.min_runtime
    is_out = stuck is not None or (least is not None and durations[-1] < least)
    of = "Duration of the last {} runs" if check.config.probe is None else "Latency of the last {} probes"
    title = _title(of.format(min(len(durations), MOST)), durations[-1], band, stuck, limit(check))
    drawn = sparkline(
        [took.total_seconds() for took in durations],
        band=None if band is None else (band[0].total_seconds(), band[1].total_seconds()),
        limit=None if stuck is None else limit(check).total_seconds(),
        is_out=is_out,
        title=title,
    )
    return Took(words, drawn)


def _title(
    of: str, newest: timedelta, band: tuple[timedelta, timedelta] | None, stuck: Run | None, most: timedelta
) -> str:
    said = f"the open run has taken {duration(newest)}" if stuck is not None else f"last {duration(newest)}"
    usually = "not enough runs yet for a usual duration" if band is None else f"usual {duration_range(*band)}"
    beyond = f", limit {duration(most)}" if stuck is not None else ""
    return f"{of}: {said}, {usually}{beyond}"


def sparkline(
    values: Sequence[float], *, band: tuple[float, float] | None, limit: float | None, is_out: bool, title: str
) -> Markup:
    """92 × 20 pixels, the newest value right. `title` must not come from outside: it is not escaped."""
    values = values[-MOST:]
    drawn_over = [*values, *(band or ()), *(() if limit is None else (limit,))]
    most, least = max(drawn_over), min(drawn_over)
    low = least - (most - least) * 0.2 if least > _ZOOMED_FROM * most else 0.0
    scale = (_BOTTOM - _TOP) / (most - low or 1)

    def y(value: float) -> int:
        return round(_BOTTOM - (value - low) * scale)

    first = MOST - len(values)
    points = [f"{2 + 3 * place},{y(value)}" for place, value in enumerate(values, start=first)]
    usually = (
        ""
        if band is None
        else f'<rect class="band" y="{y(band[1])}" width="92" height="{max(y(band[0]) - y(band[1]), 1)}"/>'
    )
    at_most = "" if limit is None else f'<path class="limit" d="M0 {y(limit)}H92"/>'
    return Markup(  # noqa: S704  # numbers, and a title of our own words
        f'<svg class="spark" role="img" width="92" height="20"><title>{title}</title>{usually}{at_most}'
        f'<polyline class="line" points="{" ".join(points)}"/>'
        f'<circle class="dot{" out" if is_out else ""}" cx="89" cy="{y(values[-1])}" r="2.25"/></svg>'
    )
