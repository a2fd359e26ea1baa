"""A strip: how the last 30 runs ended, newest right (docs/reference/pages.md, Drawings).

A pure function of outcomes; what it shows is said once more in its title. What a check's outcomes are is `outcomes`'
business, here too, since the strip alone shows them.
"""

from collections import Counter
from collections.abc import Sequence
from functools import cache, lru_cache
from itertools import takewhile
from typing import Final

from markupsafe import Markup

from chalicelib.domain.check import Check
from chalicelib.domain.rules.throughput import is_watched
from chalicelib.domain.runs.recent_runs import Ended, unpacked
from chalicelib.domain.text.time_format import duration

SLOTS: Final = 30
WORDS = {  # outcome → words of the title, in the order in which they are drawn and told
    "ok": "succeeded",
    "late": "late but in time",
    "failed": "failed",
    "missed": "missed",
    "overrun": "overrun",
    "too-short": "too short",
    "stalled": "stalled",
    "unknown": "unknown",
    "running": "running",
}
_ENDED = {
    Ended.SUCCESS: "ok",
    Ended.LATE: "late",
    Ended.FAILED: "failed",
    Ended.MISSED: "missed",
    Ended.OVERRUN: "overrun",
    Ended.TOO_SHORT: "too-short",
    Ended.STALLED: "stalled",
}


def outcomes(check: Check) -> tuple[str, ...]:
    """The last runs of a check, oldest first, the open ones at the end; 30 at most."""
    ended = tuple(_ENDED[run.ended] for run in unpacked(check.recent))
    return (*ended, *("running" for _ in check.runs))[-SLOTS:]


def strip_of(check: Check) -> Markup:
    """The strip of a check."""
    window = check.config.count_window if is_watched(check) else None
    if window is not None:
        return strip(outcomes(check), "window", duration(window))
    return strip(outcomes(check), "run" if check.config.probe is None else "probe")


@lru_cache(maxsize=512)
def strip(ended: tuple[str, ...], noun: str = "run", each: str = "") -> Markup:
    """209 × 18 pixels. `each`: how long a window is."""
    places: dict[str, list[str]] = {"none": [_drawn("none", place) for place in range(SLOTS - len(ended))]}
    for place, outcome in enumerate(ended, start=SLOTS - len(ended)):
        places.setdefault(outcome, []).append(_drawn(outcome, place))
    paths = "".join(
        f'<path class="{outcome}" d="{"".join(places[outcome])}"/>'
        for outcome in ("none", *WORDS)
        if places.get(outcome)
    )
    # nothing in it comes from outside
    return Markup(f'<svg role="img" width="209" height="18"><title>{_title(ended, noun, each)}</title>{paths}</svg>')  # noqa: S704


@cache
def _drawn(outcome: str, place: int) -> str:
    x = 7 * place + 3
    match outcome:
        case "ok":
            return f"M{x} 17V9"
        case "late":
            return f"M{x} 17V9M{x} 6V3"
        case "failed":
            return f"M{x} 17V1"
        case "missed":
            return f"M{x - 1.5} 16.5v-15h3v15z"
        case "overrun":
            return f"M{x} 17V2M{x - 3} 2h6"
        case "too-short":
            return f"M{x} 17v-4"
        case "stalled":
            return f"M{x - 3} 12h6M{x - 3} 16h6"
        case "none":
            return f"M{x} 17v-2"
        case _:
            return f"M{x - 1.5} 16.5v-8h3v8z"


def _title(ended: Sequence[str], noun: str, each: str) -> str:
    if not ended:
        return f"No {noun}s yet"
    of = f" of {each}" if each else ""
    if len(ended) == 1:
        return f"The only {noun}{of} so far: {WORDS[ended[0]]}"
    counts = Counter(ended)
    told = ", ".join(f"{counts[outcome]} {word}" for outcome, word in WORDS.items() if outcome in counts)
    last = len(list(takewhile(lambda outcome: outcome == ended[-1], reversed(ended))))
    end = "" if last == len(ended) else f"; last {'one' if last == 1 else last} {WORDS[ended[-1]]}"
    return f"Last {len(ended)} {noun}s{of}: {told}{end}"
