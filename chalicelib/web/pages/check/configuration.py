"""A check's configuration in words, for its page: what is expected, what is borne, who is told.

Start at `in_words_of`. What is as it is by default is left out, but for what everybody asks: schedule, grace, channels.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Group
from chalicelib.domain.runs.runs import max_runtime
from chalicelib.domain.schedule.describe import in_words
from chalicelib.domain.schedule.maintenance import Once, parse_window
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import lines_of
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.web.pages.overview.headline import Phrase
from chalicelib.web.pages.overview.position import shown_text

_URL = re.compile(r"https?://[^\s<>\"'\\]*[^\s<>\"'\\.,;:!?)\]}]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and what is said of it; `codes` are its expressions as they were written."""

    term: str
    said: tuple[Phrase, ...]
    codes: tuple[str, ...] = ()


def in_words_of(
    check: Check,
    channels: Sequence[Channel],
    clock: WallClock,
    *,
    parents: Sequence[Phrase],
    members: Sequence[Phrase],
    may_write: bool,
) -> tuple[Entry, ...]:
    """All of it. Secrets of a probe and the names of channels are for who may write."""
    config = check.config
    found = [
        *(_expected(config) if config.group is None else _members(config.group, members)),
        *_probe(config.probe, may_write=may_write),
        *_limits(config, max_runtime(check)),
        *_first_ping(config, clock),
        _alert(config, channels, may_write=may_write),
        *_parents(parents),
        *_windows(config),
        *_filters(config),
        *_rest(config),
    ]
    return tuple(found)


def _plain(term: str, words: str) -> Entry:
    return Entry(term, (Phrase(words),))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _expected(config: Config) -> Iterator[Entry]:
    words = _capital(in_words(config.schedule))
    if isinstance(config.schedule, Every):
        yield _plain("Schedule", f"{words}, counted from the last success")
    else:
        yield Entry("Schedule", (Phrase(f"{words}, in {config.tz}"),), lines_of(config.schedule))
    yield _plain("Grace", f"{duration(config.grace)} after that for the success, then it is missed")


def _members(group: Group, members: Sequence[Phrase]) -> Iterator[Entry]:
    tagged = (
        Phrase("all checks with the tag "),
        Phrase(shown_text(group.tag), href=f"/?{urlencode({'tag': group.tag}, errors='replace')}"),
    )
    yield Entry("Members", tagged if group.tag else tuple(_listed(members)))
    needed = "all of them are" if group.down_when is None else f"{group.down_when} of them are"
    yield _plain("Down when", f"{needed}; one that is paused does not count")


def _listed(links: Sequence[Phrase]) -> list[Phrase]:
    return [part for each in links for part in (each, Phrase(", "))][:-1]


def _probe(probe: Probe | None, *, may_write: bool) -> Iterator[Entry]:
    """The query of an address may hold a secret, as headers do: of those, names only."""
    if probe is None:
        return
    url = probe.url if may_write else probe.url.partition("?")[0]
    yield Entry("Overdue asks", (Phrase(f"{probe.method} "), Phrase(shown_text(url), kind="address")))
    good = [f"status {probe.expect_status}", f"within {duration(probe.slow or probe.timeout)}"]
    if probe.expect_text:
        good.append(f"with “{shown_text(probe.expect_text)}” in its text")
    if probe.url.lower().startswith("https:"):
        left = f"for {quantity(probe.certificate_days, 'day')} more" if probe.certificate_days else ""
        good.append(f"a certificate that is good {left}".rstrip())
    if not probe.follow_redirects:
        good.append("redirects are not followed")
    yield _plain("A good answer", ", ".join(good))
    if probe.headers:
        yield _plain("With headers", ", ".join(shown_text(name) for name, _ in probe.headers))


def _limits(config: Config, most: timedelta | None) -> Iterator[Entry]:
    """`most`: as was said, or is learnt."""
    if config.probe is None:
        least, learnt = config.min_runtime, ", which is learnt from its runs" if config.learns_max_runtime else ""
        if least is not None and most is not None:
            yield _plain("A run may take", f"from {duration(least)} to {duration(most)}{learnt}")
        elif most is not None:
            yield _plain("A run may take", f"up to {duration(most)}{learnt}")
        elif least is not None:
            yield _plain("A run must take", f"{duration(least)} at least")
        if learnt and most is None:
            yield _plain("A run may take", "as long as the grace, until enough runs tell how long it usually takes")
    if config.min_count is not None and config.count_window is not None:
        yield _plain("It must do", f"{quantity(config.min_count, 'item')} in each {duration(config.count_window)}")
    if config.early:
        yield _plain("Early", f"a success up to {duration(config.early)} before its time counts for it")


def _first_ping(config: Config, clock: WallClock) -> Iterator[Entry]:
    match config.first_ping_by:
        case timedelta() as span:
            yield _plain("First ping", f"within {duration(span)} of its making")
        case datetime() as at:
            yield _plain("First ping", f"by {clock.minute(at)}")
        case None:
            pass


def _alert(config: Config, channels: Sequence[Channel], *, may_write: bool) -> Entry:
    failures, misses = config.failures_before_alert, config.misses_before_alert
    when = f"after {quantity(failures, 'failure')} or {quantity(misses, 'miss').replace('misss', 'misses')}"
    if config.remind_every is not None:
        when += f", again every {duration(config.remind_every)} while down"
    said = [Phrase(f"{when}, to "), *_told(config.channels, channels, may_write=may_write)]
    for step in config.escalation:
        said += [Phrase(f"; {duration(step.after)} later, unless acknowledged, to ")]
        said += _told(step.channels, channels, may_write=may_write)
    if config.escalation_policy:
        said.append(Phrase(f" (policy {shown_text(config.escalation_policy)})"))
    return Entry("Alert", tuple(said))


def _told(ids: tuple[str, ...], channels: Sequence[Channel], *, may_write: bool) -> Iterator[Phrase]:
    known = [channel for channel in channels if EVERY_CHANNEL in ids or channel.id in ids]
    every = "all channels" if EVERY_CHANNEL in ids else ""
    if not known:
        yield Phrase(f"{every}, of which there are none yet" if every else "nobody")
    elif not may_write:
        yield Phrase(every or quantity(len(known), "channel"))
    else:
        names = ", ".join(shown_text(channel.name) for channel in known)
        yield Phrase(f"{every} ({names})" if every else names)


def _parents(parents: Sequence[Phrase]) -> Iterator[Entry]:
    if parents:
        yield Entry("Depends on", (*_listed(parents), Phrase(": while one of them is down, its own alerts wait")))


def _windows(config: Config) -> Iterator[Entry]:
    if not config.windows:
        return
    said = []
    for line in config.windows:
        window = parse_window(line, config.tz)
        if isinstance(window, Once):
            said.append(line)
            continue
        zone = "" if window.cron.tz == config.tz else f", in {window.cron.tz}"
        said.append(f"{in_words(window.cron)} for {duration(window.length)}{zone}")
    yield _plain("Maintenance", f"{_capital('; '.join(said))}: nothing is expected then")


def _filters(config: Config) -> Iterator[Entry]:
    filters = config.filters
    if filters.methods:
        yield _plain("Counts", f"only {filters.methods} requests")
    if filters.http_body:
        kinds = (("start", filters.start_kw), ("success", filters.success_kw), ("failure", filters.failure_kw))
        words = [f"“{shown_text(keywords)}” is a {kind}" for kind, keywords in kinds if keywords]
        other = "anything else is a failure" if filters.default_fail else "anything else is ignored"
        yield _plain("Bodies", "; ".join([*words, other]))
    if config.manual_resume:
        yield _plain("When paused", "pings do not resume it")


def _rest(config: Config) -> Iterator[Entry]:
    if config.slug:
        yield Entry("Slug", (), (config.slug,))
    if config.desc.strip():
        yield Entry("Note", tuple(linked(config.desc.strip())))


def linked(text: str) -> Iterator[Phrase]:
    """A text, with the addresses in it as links."""
    end = 0
    for found in _URL.finditer(text):
        if found.start() > end:
            yield Phrase(_lines(text[end : found.start()]))
        yield Phrase(shown_text(found[0].split("://", 1)[1]), href=found[0])
        end = found.end()
    if end < len(text):
        yield Phrase(_lines(text[end:]))


def _lines(text: str) -> str:
    return "\n".join(shown_text(line) for line in text.splitlines()) + ("\n" if text.endswith("\n") else "")
