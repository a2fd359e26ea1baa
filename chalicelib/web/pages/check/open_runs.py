"""The open runs on a check's page: since when, their last word, how long against the limit. Start at `open_runs`."""

from dataclasses import dataclass

from markupsafe import Markup

from chalicelib.domain.check import Check
from chalicelib.domain.runs.duration_stats import usual
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.web.pages.charts.progress_bar import progress
from chalicelib.web.pages.check.queries import Past
from chalicelib.web.pages.check.runs import Ran
from chalicelib.web.pages.overview.position import shown_text
from chalicelib.web.pages.shell.instants import Instant, exact

MOST = 10  # shown


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """One of them."""

    began: Instant
    rid: str  # "": it has none
    last_word: str
    bar: Markup
    words: str
    is_beyond: bool


def open_runs(check: Check, past: Past, clock: WallClock) -> tuple[OpenRun, ...]:
    """The oldest first: the one that is stuck stands above."""
    oldest_first = tuple(reversed(past.open))
    return tuple(_open(each, check, clock) for each in oldest_first[:MOST])


def _open(run: Ran, check: Check, clock: WallClock) -> OpenRun:
    most, so_far = limit(check), clock.now - run.at
    if so_far > most:
        words = f"{duration(so_far)}, {duration(so_far - most)} over"
    else:
        words = f"{duration(so_far)}, until {clock.minute(run.at + most)}"
    return OpenRun(
        began=Instant(exact(run.at, clock.tz), clock.second(run.at)),
        rid=shown_text(run.rid[:8]),
        last_word=_last_word(run, clock),
        bar=progress(so_far, limit=most, usual=usual(check.recent)),
        words=words,
        is_beyond=so_far > most,
    )


def _last_word(run: Ran, clock: WallClock) -> str:
    if not run.words:
        return "start"
    last = run.words[-1]
    return "start" if len(run.words) == 1 else f"{last.signal}, {clock.second(last.ping.at)}"
