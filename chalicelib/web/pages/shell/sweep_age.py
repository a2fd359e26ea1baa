"""Whether Overdue itself is at work: the last sweep in the words of the footer. Pure."""

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.store.registry.sweeps import LastSweep
from chalicelib.web.pages.shell.instants import Instant, clock_time

SILENT = timedelta(minutes=3)  # as the alarm `sweep-missing` has it
BEHIND = timedelta(seconds=10)  # the index may still show what has just been handled


@dataclass(frozen=True, slots=True, kw_only=True)
class SweptWords:
    """A sentence around an instant."""

    before: str
    at: Instant | None = None
    after: str = ""
    is_bad: bool = False


def swept_words(last: LastSweep | None, clock: WallClock) -> SweptWords:
    """What is known of the last sweep; None: there was none yet."""
    if last is None:
        return SweptWords(before="No sweep yet: the first one takes a minute")
    at = clock_time(last.at, clock)
    if clock.now - last.at > SILENT:
        return SweptWords(before="No sweep since", at=at, after=": nothing is called missed meanwhile", is_bad=True)
    if last.behind is None:
        return SweptWords(before="Last sweep", at=at, after=": not all checks could be read", is_bad=True)
    if last.behind > BEHIND:
        return SweptWords(before="Last sweep", at=at, after=f", {duration(last.behind)} behind", is_bad=True)
    return SweptWords(before="Last sweep", at=at, after=", on time")
