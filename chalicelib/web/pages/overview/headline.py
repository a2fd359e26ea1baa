"""The sentence that opens the overview: what is the matter, and the facts below it (docs/reference/pages.md, Words).

Start at `verdict`. It tells of all checks of the project, whatever the reader searches for.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain.text.reasons import reason_name
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.web.pages.overview.position import Section, Standing
from chalicelib.web.pages.shell.instants import to_come

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence: plain, in the colour of a status, or a link."""

    text: str
    kind: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Headline:
    """What is the matter."""

    mark: str
    title: str  # of the page: the count in front
    said: tuple[Phrase, ...]
    facts: tuple[Phrase, ...]


def verdict(standings: Sequence[Standing], clock: WallClock) -> Headline:
    """The verdict on all checks, of which there is at least one."""
    counts = Counter(each.section for each in standings)
    down, late = counts[Section.DOWN], counts[Section.LATE]
    if down:
        said = [Phrase(f"{_checks(down)} {_are(down)} down", "down")]
        if late:
            said += [Phrase(", "), Phrase(f"{late} {_are(late)} late", "late")]
        facts = (*_longest(standings, clock), Phrase(_others(counts, "Of the other")))
        return Headline("down", f"({down} down) Checks · Overdue", tuple(said), facts)
    if late:
        facts = (Phrase(_others(counts, "Of the other")), *_soonest(standings, clock))
        return Headline(
            "late", f"({late} late) Checks · Overdue", (Phrase(f"{_checks(late)} {_are(late)} late", "late"),), facts
        )
    working = counts[Section.UP] + counts[Section.RUNNING]
    if not working:
        return Headline(
            "new", "Checks · Overdue", (Phrase("Nothing is watched at the moment"),), (Phrase(_others(counts, "Of")),)
        )
    if working == len(standings):
        sentence, rest = ("The only check does its work" if working == 1 else f"All {working} checks do their work"), ""
    else:
        sentence, rest = f"{_checks(working)} {'does its' if working == 1 else 'do their'} work", _idle(counts)
    return Headline("up", "Checks · Overdue", (Phrase(sentence),), (*_soonest(standings, clock), Phrase(rest)))


def _checks(number: int) -> str:
    return f"{number:,} check" if number == 1 else f"{number:,} checks"


def _are(number: int) -> str:
    return "is" if number == 1 else "are"


def _longest(standings: Sequence[Standing], clock: WallClock) -> Iterator[Phrase]:
    down = [each for each in standings if each.section is Section.DOWN]
    first = min(down, key=lambda each: each.check.since or clock.now)
    since, reason = first.check.since, first.check.reason
    assert since is not None, "what is down has flipped"
    assert reason is not None, "and had a reason"
    yield Phrase("The longest: " if len(down) > 1 else "It is ")
    yield Phrase(first.name, href=first.path)
    yield Phrase(f", {reason_name(reason)}, for {duration(clock.now - since)}. ")
    lately = sum(each.check.since is not None and clock.now - each.check.since < _HOUR for each in down)
    if len(down) > 1 and lately:
        how_many = "All of them" if lately == len(down) else f"{lately} of the {len(down)}"
        yield Phrase(f"{how_many} went down within the last hour. ")


def _others(counts: Counter[Section], begin: str) -> str:
    """ "Of the other 10, 8 do their work, 1 is paused, 1 is new."; nothing where there are none."""
    working = counts[Section.UP] + counts[Section.RUNNING]
    total = working + counts[Section.PAUSED] + counts[Section.NEW]
    if not total:
        return ""
    if working == total > 1:
        return f"The other {total} do their work. "
    does = f"{working} {'does its' if working == 1 else 'do their'} work" if working else ""
    idle = _idle(counts).rstrip(".")
    if total == 1:
        what = "does its work" if working else "is paused" if counts[Section.PAUSED] else "is new"
        return f"The {'other' if begin == 'Of the other' else 'only'} one {what}. "
    return f"{begin} {total}, {', '.join(part for part in (does, idle) if part)}. "


def _idle(counts: Counter[Section]) -> str:
    kinds = ((counts[Section.PAUSED], "paused"), (counts[Section.NEW], "new"))
    told = ", ".join(f"{number} {_are(number)} {word}" for number, word in kinds if number)
    return f"{told}." if told else ""


def _soonest(standings: Sequence[Standing], clock: WallClock) -> Iterator[Phrase]:
    """What is expected next."""
    coming = [each for each in standings if each.next_at is not None and each.next_at > clock.now]
    first = min(coming, key=lambda each: (each.next_at or clock.now, each.name), default=None)
    if first is not None and first.next_at is not None:
        yield Phrase("Expected next: ")
        yield Phrase(first.name, href=first.path)
        yield Phrase(f", {to_come(first.next_at, clock).words}. ")
