"""A check's configuration in words, for its page.

Start at `in_words_of`. A field that has its default is left out, except for what everybody asks: schedule, grace,
channels. A field without an entry in `ENTRIES` is shown with its label.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from chalicelib.domain.channels import EVERY_CHANNEL, Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.runs.runs import max_runtime
from chalicelib.domain.schedule.describe import in_words
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import lines_of
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.fields.number_kinds import InARow
from chalicelib.fields.table import FIELDS
from chalicelib.web.pages.overview.headline import Phrase
from chalicelib.web.pages.overview.position import shown_text

_URL = re.compile(r"https?://[^\s<>\"'\\]*[^\s<>\"'\\.,;:!?)\]}]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A term and what is said of it; `codes` are its expressions as they were written."""

    term: str
    said: tuple[Phrase, ...]
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What the page knows of a check. Secrets of a probe and the names of channels are for those who may write."""

    check: Check
    channels: Sequence[Channel]
    clock: WallClock
    parents: Sequence[Phrase]
    members: Sequence[Phrase]
    may_write: bool

    @property
    def config(self) -> Config:
        """Its configuration."""
        return self.check.config


def in_words_of(seen: Seen) -> tuple[Entry, ...]:
    """The whole configuration."""
    return (*(entry for _, entries in ENTRIES for entry in entries(seen)), *_others(seen.config))


def _others(config: Config) -> Iterator[Entry]:
    """Fields that have no sentence of their own."""
    shown = {name for names, _ in ENTRIES for name in names}
    for field in FIELDS:
        value = field.of(config)
        if field.name not in shown and value != field.default:
            yield _plain(field.label, shown_text(field.kind.text(value)))


def _plain(term: str, words: str) -> Entry:
    return Entry(term, (Phrase(words),))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _expected(seen: Seen) -> Iterator[Entry]:
    config = seen.config
    if config.group is not None:
        return
    words = _capital(in_words(config.schedule))
    if isinstance(config.schedule, Every):
        yield _plain("Schedule", f"{words}, counted from the last success")
    else:
        yield Entry("Schedule", (Phrase(f"{words}, in {config.tz}"),), lines_of(config.schedule))
    yield _plain("Grace", f"{duration(config.grace)} after that for the success, then it is missed")


def _members(seen: Seen) -> Iterator[Entry]:
    group = seen.config.group
    if group is None:
        return
    tagged = (
        Phrase("all checks with the tag "),
        Phrase(shown_text(group.tag), href=f"/?{urlencode({'tag': group.tag}, errors='replace')}"),
    )
    yield Entry("Members", tagged if group.tag else tuple(_listed(seen.members)))
    needed = "all of them are" if group.down_when is None else f"{group.down_when} of them are"
    yield _plain("Down when", f"{needed}; one that is paused does not count")


def _listed(links: Sequence[Phrase]) -> list[Phrase]:
    return [part for each in links for part in (each, Phrase(", "))][:-1]


def _probe(seen: Seen) -> Iterator[Entry]:
    """The query of an address may hold a secret, as headers do: of those, names only."""
    probe = seen.config.probe
    if probe is None:
        return
    url = probe.url if seen.may_write else probe.url.partition("?")[0]
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


def _run_limits(seen: Seen) -> Iterator[Entry]:
    """The limit as it was set, or as it was learned."""
    config, least, most = seen.config, seen.config.min_runtime, max_runtime(seen.check)
    if config.probe is not None:
        return
    learnt = ", which is learnt from its runs" if config.learns_max_runtime else ""
    if least is not None and most is not None:
        yield _plain("A run may take", f"from {duration(least)} to {duration(most)}{learnt}")
    elif most is not None:
        yield _plain("A run may take", f"up to {duration(most)}{learnt}")
    elif least is not None:
        yield _plain("A run must take", f"{duration(least)} at least")
    if learnt and most is None:
        yield _plain("A run may take", "as long as the grace, until enough runs tell how long it usually takes")


def _throughput(seen: Seen) -> Iterator[Entry]:
    least, window = seen.config.min_count, seen.config.count_window
    if least is not None and window is not None:
        yield _plain("It must do", f"{quantity(least, 'item')} in each {duration(window)}")


def _early(seen: Seen) -> Iterator[Entry]:
    if seen.config.early:
        yield _plain("Early", f"a success up to {duration(seen.config.early)} before its time counts for it")


def _first_ping(seen: Seen) -> Iterator[Entry]:
    match seen.config.first_ping_by:
        case timedelta() as span:
            yield _plain("First ping", f"within {duration(span)} of its making")
        case datetime() as at:
            yield _plain("First ping", f"by {seen.clock.minute(at)}")
        case None:
            pass


_IN_A_ROW = tuple((field, field.kind) for field in FIELDS if isinstance(field.kind, InARow))


def _alert(seen: Seen) -> Iterator[Entry]:
    config = seen.config
    when = f"after {' or '.join(kind.amount(field.of(config)) for field, kind in _IN_A_ROW)}"
    if config.remind_every is not None:
        when += f", again every {duration(config.remind_every)} while down"
    said = [Phrase(f"{when}, to "), *_told(config.channels, seen)]
    for step in config.escalation:
        said += [Phrase(f"; {duration(step.after)} later, unless acknowledged, to "), *_told(step.channels, seen)]
    if config.escalation_policy:
        said.append(Phrase(f" (policy {shown_text(config.escalation_policy)})"))
    yield Entry("Alert", tuple(said))


def _told(ids: tuple[str, ...], seen: Seen) -> Iterator[Phrase]:
    known = [channel for channel in seen.channels if EVERY_CHANNEL in ids or channel.id in ids]
    every = "all channels" if EVERY_CHANNEL in ids else ""
    if not known:
        yield Phrase(f"{every}, of which there are none yet" if every else "nobody")
    elif not seen.may_write:
        yield Phrase(every or quantity(len(known), "channel"))
    else:
        names = ", ".join(shown_text(channel.name) for channel in known)
        yield Phrase(f"{every} ({names})" if every else names)


def _parents(seen: Seen) -> Iterator[Entry]:
    if seen.parents:
        yield Entry("Depends on", (*_listed(seen.parents), Phrase(": while one of them is down, its own alerts wait")))


def _windows(seen: Seen) -> Iterator[Entry]:
    config = seen.config
    if not config.windows:
        return
    from chalicelib.domain.schedule.maintenance import Once, parse_window  # most checks have none

    said = []
    for line in config.windows:
        window = parse_window(line, config.tz)
        if isinstance(window, Once):
            said.append(line)
            continue
        zone = "" if window.cron.tz == config.tz else f", in {window.cron.tz}"
        said.append(f"{in_words(window.cron)} for {duration(window.length)}{zone}")
    yield _plain("Maintenance", f"{_capital('; '.join(said))}: nothing is expected then")


def _methods(seen: Seen) -> Iterator[Entry]:
    if seen.config.filters.methods:
        yield _plain("Counts", f"only {seen.config.filters.methods} requests")


def _bodies(seen: Seen) -> Iterator[Entry]:
    filters = seen.config.filters
    if not filters.http_body:
        return
    kinds = (("start", filters.start_kw), ("success", filters.success_kw), ("failure", filters.failure_kw))
    words = [f"“{shown_text(keywords)}” is a {kind}" for kind, keywords in kinds if keywords]
    other = "anything else is a failure" if filters.default_fail else "anything else is ignored"
    yield _plain("Bodies", "; ".join([*words, other]))


def _pausing(seen: Seen) -> Iterator[Entry]:
    if seen.config.manual_resume:
        yield _plain("When paused", "pings do not resume it")


def _slug(seen: Seen) -> Iterator[Entry]:
    if seen.config.slug:
        yield Entry("Slug", (), (seen.config.slug,))


def _note(seen: Seen) -> Iterator[Entry]:
    if seen.config.desc.strip():
        yield Entry("Note", tuple(linked(seen.config.desc.strip())))


def _in_the_header(_: Seen) -> Iterator[Entry]:
    """The page says it at its top."""
    return iter(())


# the fields that sentences are about, in the order of the page
ENTRIES: tuple[tuple[tuple[str, ...], Callable[[Seen], Iterator[Entry]]], ...] = (
    (("name", "tags"), _in_the_header),
    (("timeout", "schedule", "schedules", "tz", "grace"), _expected),
    (("group",), _members),
    (("probe",), _probe),
    (("min_runtime", "max_runtime"), _run_limits),
    (("min_count", "count_window"), _throughput),
    (("early",), _early),
    (("first_ping_by",), _first_ping),
    (
        ("remind_every", "channels", "escalation", "escalation_policy", *(field.name for field, _ in _IN_A_ROW)),
        _alert,
    ),
    (("depends_on",), _parents),
    (("windows",), _windows),
    (("methods",), _methods),
    (("filter_http_body", "filter_default_fail", "start_kw", "success_kw", "failure_kw"), _bodies),
    (("manual_resume",), _pausing),
    (("slug",), _slug),
    (("desc",), _note),
)


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
