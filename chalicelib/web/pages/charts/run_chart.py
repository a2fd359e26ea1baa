"""What is drawn of a check's runs: durations of a job, latencies of a probe, items of a throughput check.

Start at `drawing`. Where nothing was timed, the strip says how the runs ended, and how they could be timed. Geometry is
`timeline`'s.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from markupsafe import Markup

from chalicelib.domain.check import Check
from chalicelib.domain.rules.throughput import is_watched
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.recent_runs import unpacked
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.time_format import WallClock, duration, duration_range
from chalicelib.web.pages.charts.strip import strip_of
from chalicelib.web.pages.charts.timeline import MOST, Bar, Scale, brief, timeline
from chalicelib.web.pages.check.queries import Past, Source
from chalicelib.web.pages.check.runs import Outcome, Ran

SPAN: Final = timedelta(days=14)
_MOST_TOLD = 12  # of what was not good, in the title
_WORDS = {"too-short": "too short", "unreported": "no end reported"}
_FINE = (Outcome.OK, Outcome.RUNNING)


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture with the words around it."""

    heading: str
    note: str
    picture: Markup | None
    strip: Markup | None
    sentence: str  # instead of a picture


def drawing(check: Check, past: Past, source: Source, clock: WallClock) -> Drawing:
    """The runs of two weeks, at most 60."""
    recent = [each for each in (*past.open, *past.runs) if clock.now - each.at <= SPAN or each in past.open]
    shown = sorted(recent, key=lambda each: each.began or each.at)[-MOST:]
    if is_watched(check):
        windows = [each for each in shown if each.count is not None]
        return _items(check, windows, clock)
    if any(each.took is not None for each in shown):
        return _durations(check, shown, source, clock)
    strip = strip_of(check) if check.recent else None
    were_timed = any(run.took is not None for run in unpacked(check.recent))
    sentence = "None of the last two weeks is kept any more." if were_timed else _UNTIMED[source]
    return Drawing(_HEADINGS[source], "the last 30, newest right" if strip else "", None, strip, sentence)


_HEADINGS = {Source.GROUP: "Runs", Source.JOB: "Runs", Source.PROBE: "Probes", Source.ALARM: "Changes of the alarm"}
_UNTIMED = {
    Source.GROUP: "Its members have runs, a group has none.",
    Source.JOB: "How long a run takes is not known: it does not say when it starts. Ping /start first, and it is.",
    Source.PROBE: "No probe has been answered yet.",
    Source.ALARM: "An alarm tells when it changes, not how long something took.",
}


def _durations(check: Check, shown: Sequence[Ran], source: Source, clock: WallClock) -> Drawing:
    bars = [
        Bar(
            each.outcome.value,
            None if each.took is None else each.took.total_seconds(),
            each.began or each.at,
            each.is_beyond,
        )
        for each in shown
    ]
    band = usual(check.recent)
    most = _most(check, source)
    scale = Scale(
        said=brief,
        band=None if band is None else (band[0].total_seconds(), band[1].total_seconds()),
        limit=most.total_seconds(),
    )
    noun = "run" if source is Source.JOB else "probe"
    usually = "not enough runs yet for a usual duration" if band is None else f"usual {duration_range(*band)}"
    title = _title(
        "Durations" if source is Source.JOB else "Latencies", noun, bars, f"{usually}, limit {duration(most)}", clock
    )
    note = f"the last {quantity(len(bars), noun)}, oldest left; " if len(bars) > 1 else f"the only {noun} so far; "
    note += "the usual range is not known yet" if band is None else "the band is the usual range"
    return Drawing(_HEADINGS[source], note, timeline(bars, scale, title=title, clock=clock), None, "")


def _most(check: Check, source: Source) -> timedelta:
    probe = check.config.probe
    if source is Source.PROBE and probe is not None:
        return probe.slow or probe.timeout
    return limit(check)


def _items(check: Check, windows: Sequence[Ran], clock: WallClock) -> Drawing:
    least, length = check.config.min_count or 0, check.config.count_window or timedelta()
    if not windows:
        return Drawing("Windows", "", None, None, f"No window of {duration(length)} has ended yet.")
    bars = [Bar(each.outcome.value, float(each.count or 0), each.began or each.at) for each in windows]
    scale = Scale(said=_brief_count, limit=float(least), limit_word="least", is_floor=True)
    title = _title("Items", f"window of {duration(length)}", bars, f"at least {least:,} each", clock)
    note = f"items in the last {len(bars)} of {duration(length)} each, oldest left"
    return Drawing("Windows", note, timeline(bars, scale, title=title, clock=clock), None, "")


def _brief_count(value: float) -> str:
    """A number of items in few letters: "800", "12,000", "1.5 million"."""
    if value < 1_000_000:
        return f"{value:,.0f}"
    return f"{value / 1e6:.3g} million" if value < 1e12 else f"{value:.0e}"


def _title(of: str, noun: str, bars: Sequence[Bar], known: str, clock: WallClock) -> str:
    """The picture in words."""
    nouns = noun.replace("window", "windows", 1) if len(bars) != 1 and "window" in noun else noun
    nouns = nouns if len(bars) == 1 or "window" in noun else f"{noun}s"
    first, last = clock.minute(bars[0].at), clock.minute(bars[-1].at)
    said = [f"{of} of the last {len(bars)} {nouns}, {first} to {last}."]
    said.append(f"{known[:1].upper()}{known[1:]}.")
    odd = [bar for bar in bars if bar.outcome not in _FINE]
    if odd:
        told = ", ".join(f"{_WORDS.get(bar.outcome, bar.outcome)} {clock.minute(bar.at)}" for bar in odd[-_MOST_TOLD:])
        more = f" and {len(odd) - _MOST_TOLD} before" if len(odd) > _MOST_TOLD else ""
        said.append(f"Not good: {told}{more}.")
    still = [bar for bar in bars if bar.outcome == Outcome.RUNNING and bar.value is not None]
    said += [f"Open since {clock.minute(bar.at)}: {duration(timedelta(seconds=bar.value or 0))}." for bar in still[-3:]]
    return " ".join(said)
