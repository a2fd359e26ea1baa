"""What a form was understood to mean, in words: the schedule with its next occurrences, and the whole in short.

Start at `understood` and `in_short`. When something occurs and what is odd about it is decided in
`domain.schedule_words`; what is wrong with a form, in `form_reading`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.config import Config
from chalicelib.domain.schedule.describe import Occurrence, in_words, occurrences
from chalicelib.domain.schedule.maintenance import Walk
from chalicelib.domain.schedule.occurrences import Every, Schedule, zone_named
from chalicelib.domain.schedule.parse import warnings
from chalicelib.domain.text.amounts import ordinal, quantity
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.web.pages.check_form.parse import Problem, Reading
from chalicelib.web.pages.overview.position import shown_text
from chalicelib.web.pages.shell.instants import exact

COUNT = 5  # occurrences
_ASKED = {"url", "method", "expect_status", "expect_text", "timeout", "slow", "every", "certificate_days"}
_WHEN = {"kind", "schedule_kind", "schedule", "zone", "period"}


@dataclass(frozen=True, slots=True)
class Coming:
    """An occurrence on the clocks of its zone, and on others."""

    iso: str
    day: str
    time: str
    elsewhere: str  # "": it would say the same
    odd: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Understood:
    """A schedule in words; or what is wrong with it."""

    problem: Problem | None
    words: str
    coming: tuple[Coming, ...]
    end: str  # where no more come


@dataclass(frozen=True, slots=True)
class Phrase:
    """A piece of a sentence."""

    text: str
    is_strong: bool = False


Sentence = tuple[Phrase, ...]


def understood(reading: Reading, clock: WallClock) -> Understood:
    """The schedule of a form. Of a simple period only the words: what comes next depends on the last success."""
    problem = reading.problems.get("schedule") or reading.problems.get("zone")
    schedule = reading.config.schedule
    if problem is not None or isinstance(schedule, Every):
        return Understood(problem, _capital(in_words(schedule)), (), "")
    found = occurrences(schedule, after=clock.now, count=COUNT)
    end = "" if len(found) == COUNT else ("No more come after that." if found else "It never comes again.")
    if found:
        end = " ".join([end, *warnings(schedule, now=clock.now)]).strip()
    by_second = any(each.at.second for each in found)
    walk = Walk(reading.config.windows, reading.config.tz)
    coming = tuple(_coming(each, walk, schedule.tz, clock, by_second=by_second) for each in found)
    return Understood(None, f"{_capital(in_words(schedule))}, {schedule.tz}", coming, end)


def _coming(each: Occurrence, walk: Walk, tz: str, clock: WallClock, *, by_second: bool) -> Coming:
    local, other = each.local, "UTC" if tz != "UTC" else clock.tz
    odd = [each.oddity] if each.oddity else []
    if (end := walk.end_of(each.at)) is not None:
        odd.append(f"Within maintenance, until {WallClock(tz=tz, now=each.at).minute(end)}: not expected.")
    return Coming(
        exact(each.at, tz),
        _day(local, clock.now),
        _time(local, by_second=by_second),
        "" if other == tz else _elsewhere(each.at, local, other, by_second=by_second),
        tuple(odd),
    )


def _elsewhere(at: datetime, local: datetime, tz: str, *, by_second: bool) -> str:
    there = at.astimezone(zone_named(tz))
    day = "" if there.date() == local.date() else f"{there:%a} "
    return f"{day}{_time(there, by_second=by_second)} {tz}"


def _day(local: datetime, now: datetime) -> str:
    year = "" if local.year == now.year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}"


def _time(local: datetime, *, by_second: bool) -> str:
    return f"{local:%H:%M:%S}" if by_second else f"{local:%H:%M}"


def in_short(reading: Reading, channels: Sequence[Channel], clock: WallClock, *, is_new: bool) -> tuple[Sentence, ...]:
    """A paragraph each: when it is due, when and whom that is told, what holds before its first ping."""
    config, name = reading.config, Phrase(shown_text(reading.config.name) or "It", is_strong=True)
    if _ASKED & reading.problems.keys():
        return ((name, Phrase(" has no URL yet that can be asked.")),)
    if _WHEN & reading.problems.keys():
        return ((name, Phrase(" is due at times that are not understood yet.")),)
    told = (*_sentence_of_alerts(config), *_told(config, channels))
    first = (_before_first_ping(config, clock),) if is_new and config.group is None else ()
    return ((name, *_due(config)), told, *first)


def _due(config: Config) -> Sentence:
    if config.group is not None:
        return (Phrase(" is a group: its members tell how it is."),)
    if config.probe is None:
        return Phrase(" is due "), Phrase(in_words(config.schedule), is_strong=True), _counted_from(config.schedule)
    slow = config.probe.slow or config.probe.timeout
    url = Phrase(shown_text(config.probe.url.partition("?")[0])[:100], is_strong=True)
    often = in_words(Every(config.probe.every))
    good = f" {often}. Good is status {shown_text(config.probe.expect_status)} within {duration(slow)}."
    return Phrase(" asks "), url, Phrase(good)


def _counted_from(schedule: Schedule) -> Phrase:
    return Phrase(", counted from its last success." if isinstance(schedule, Every) else f", {schedule.tz}.")


def _sentence_of_alerts(config: Config) -> Iterator[Phrase]:
    """ "When no success has come 45 min later, when …, or when the job says that it failed, " """
    causes = list(_causes(config))
    for number, cause in enumerate(causes):
        begin = "When " if not number else (", or when " if number == len(causes) - 1 else ", when ")
        yield Phrase(begin)
        yield from cause
    yield Phrase(", ")


def _causes(config: Config) -> Iterator[Sentence]:
    if config.group is not None:
        yield (Phrase("its members make it down"),)
        return
    grace = Phrase(duration(config.grace), is_strong=True)
    if config.probe is not None:
        yield (Phrase(f"an answer is not good{_in_a_row(config.failures_before_alert)}"),)
        missed = _in_a_row(config.misses_before_alert)
        yield (Phrase("no good answer has come for "), _strong(config.probe.every + config.grace), Phrase(missed))
        return
    yield (Phrase("no success has come "), grace, Phrase(f" later{_in_a_row(config.misses_before_alert)}"))
    yield from _limits(config)
    yield (Phrase(f"the job says that it failed{_in_a_row(config.failures_before_alert)}"),)


def _limits(config: Config) -> Iterator[Sentence]:
    if config.learns_max_runtime:
        yield (Phrase("a run takes much longer than it usually does"),)
    if config.min_runtime is not None and config.max_runtime is not None:
        least, most = _strong(config.min_runtime), _strong(config.max_runtime)
        yield (Phrase("a run takes less than "), least, Phrase(" or more than "), most)
    elif config.min_runtime is not None:
        yield (Phrase("a run takes less than "), _strong(config.min_runtime))
    elif config.max_runtime is not None:
        yield (Phrase("a run takes more than "), _strong(config.max_runtime))
    if config.min_count is not None and config.count_window is not None:
        items = Phrase(quantity(config.min_count, "item"), is_strong=True)
        yield (Phrase("fewer than "), items, Phrase(f" come in {duration(config.count_window)}"))


def _strong(span: timedelta) -> Phrase:
    return Phrase(duration(span), is_strong=True)


def _in_a_row(times: int) -> str:
    return "" if times == 1 else f" for the {ordinal(times)} time in a row"


def _told(config: Config, channels: Sequence[Channel]) -> Iterator[Phrase]:
    names = [each.name for each in channels if EVERY_CHANNEL in config.channels or each.id in config.channels]
    if not names:
        yield Phrase("nobody", is_strong=True)
        yield Phrase(" is notified: it has no channel.")
        return
    *others, last = names
    yield Phrase(f"{', '.join(others)} and {last}" if others else last, is_strong=True)
    again = "" if config.remind_every is None else f", and again every {duration(config.remind_every)} while it is down"
    yield Phrase(f" {'are' if others else 'is'} notified immediately{again}.")


def _before_first_ping(config: Config, clock: WallClock) -> Sentence:
    by = config.first_ping_by
    new = Phrase("new", is_strong=True)
    if by is None:
        ping = "first ping" if config.probe is None else "first answer, within a minute,"
        return (Phrase(f"Until its {ping} it is "), new, Phrase(" and sends no alerts."))
    until = _strong(by) if isinstance(by, timedelta) else Phrase(clock.minute(by), is_strong=True)
    how = "within " if isinstance(by, timedelta) else "by "
    return (Phrase(f"When its first success has not come {how}"), until, Phrase(", an alert is sent, too."))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
