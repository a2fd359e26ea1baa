"""The history on a check's page: runs, every ping, or only what went wrong; a page of them, with what they said.

Start at `history_of`. All of it is in the page's address: `show` says which, `before` where a page begins. What a run
is made of is told by `check_runs`; bodies are read for the rows of one page only.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from chalicelib.domain.check import Check
from chalicelib.domain.ping import Signal
from chalicelib.domain.runs.runs import limit
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.inert import inert
from chalicelib.domain.text.time_format import WallClock, duration
from chalicelib.store import history
from chalicelib.store.history import StoredPing
from chalicelib.web.pages.check.queries import MOST_PINGS, Cursor, Past, older
from chalicelib.web.pages.check.runs import BAD, Outcome, Ran
from chalicelib.web.pages.overview.position import shown_text
from chalicelib.web.pages.shell.instants import Instant, exact

ROWS: Final = 15  # of a page
MOST_OPEN: Final = 3  # of them
MOST_LOOKED_AT: Final = 1_000  # pings, for what went wrong
_VIEWS = {"runs": "runs", "pings": "every ping", "bad": "only what went wrong"}
_MARKS = {Outcome.OK: "up", Outcome.LATE: "late", Outcome.RUNNING: "running", Outcome.UNREPORTED: "note"}
_WORDS = {
    Outcome.OK: "success",
    Outcome.LATE: "success, late",
    Outcome.FAILED: "failed",
    Outcome.MISSED: "missed",
    Outcome.OVERRUN: "overrun",
    Outcome.TOO_SHORT: "too short",
    Outcome.STALLED: "stalled",
    Outcome.RUNNING: "running",
    Outcome.UNREPORTED: "no end reported",
}
_SIGNALS = {
    Signal.SUCCESS: ("up", "success"),
    Signal.START: ("running", "start"),
    Signal.FAIL: ("down", "failure"),
    Signal.LOG: ("note", "log"),
    Signal.IGN: ("note", "ignored"),
}


@dataclass(frozen=True, slots=True)
class Link:
    """A view of the history, or the next page."""

    label: str
    href: str
    is_current: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRow:
    """One line. A note stands where there is no instant."""

    mark: str
    what: str
    began: Instant | None = None
    began_note: str = ""
    ended: Instant | None = None
    ended_note: str = ""
    took: str = ""
    source: str = ""
    number: int | None = None
    summary: str = ""
    output: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """A page of the history."""

    views: tuple[Link, ...]
    rows: tuple[HistoryRow, ...]
    shows_pings: bool
    words: str  # where one is
    newest: str  # the address of the first page; "": this is it
    older: str  # of the next; "": there is none


def history_of(
    check: Check, known: Past, query: Mapping[str, str], path: str, clock: WallClock, *, history_days: int
) -> History:
    """The page that an address asks for: nothing more is read for the first, but for its bodies."""
    show = query.get("show", "runs") if query.get("show") in _VIEWS else "runs"
    before = Cursor.read(query.get("before", ""))
    most = MOST_LOOKED_AT if show == "bad" else MOST_PINGS
    found = known
    if before is not None:
        found = older(check, known, before, most=most, now=clock.now)
    elif show == "bad" and known.has_more:
        newest = Cursor(known.pings[0].number + 1, clock.now + timedelta(milliseconds=1))
        found = older(check, known, newest, most=most, now=clock.now)
    rows, next_before = _pings(found) if show == "pings" else _runs(found, only_bad=show == "bad")
    bodies = _bodies(check, rows, now=clock.now)
    kept = {name: value for name, value in query.items() if name == "refresh"}

    def address(**more: str) -> str:
        said = kept | more
        return f"{path}?{urlencode(said, errors='replace')}#h-history" if said else f"{path}#h-history"

    shown = {} if show == "runs" else {"show": show}
    return History(
        views=tuple(
            Link(label, address(**({} if view == "runs" else {"show": view})), view == show)
            for view, label in _VIEWS.items()
        ),
        rows=tuple(_row(each, bodies, check, clock) for each in rows),
        shows_pings=show == "pings",
        words=f"{_where(rows, show, found, clock)}, kept for {history_days} days",
        newest=address(**shown) if before is not None else "",
        older="" if next_before is None else address(**shown, before=str(next_before)),
    )


def _where(rows: Sequence[StoredPing] | Sequence[Ran], show: str, found: Past, clock: WallClock) -> str:
    number = len(rows)
    if show == "bad":
        since = f" since {clock.minute(found.pings[-1].ping.at)}" if found.has_more and found.pings else ""
        return f"{number} things went wrong{since}" if number != 1 else f"1 thing went wrong{since}"
    is_of_windows = any(isinstance(row, Ran) and row.count is not None for row in rows)
    return quantity(number, "ping" if show == "pings" else "window" if is_of_windows else "run")


def _pings(found: Past) -> tuple[list[StoredPing] | list[Ran], Cursor | None]:
    rows = list(found.pings[:ROWS])
    has_more = len(found.pings) > ROWS or found.has_more
    return rows, Cursor(rows[-1].number, rows[-1].ping.at) if has_more and rows else None


def _runs(found: Past, *, only_bad: bool) -> tuple[list[StoredPing] | list[Ran], Cursor | None]:
    """The rows, and where the next page begins. Those that are open stand above, and are told of elsewhere, too."""
    still = [each for each in found.open if not only_bad or _is_bad(each)][:MOST_OPEN]
    runs = [each for each in found.runs if not only_bad or _is_bad(each)]
    rows = runs[: ROWS - len(still)]
    if len(runs) > len(rows):
        at = rows[-1].at
        number = min((stored.number for stored in found.pings if stored.ping.at >= at), default=None)
        newest = found.pings[0].number + 1 if found.pings else 1
        return [*still, *rows], Cursor(newest if number is None else number, at)
    end = found.pings[-1] if found.has_more else None
    return [*still, *rows], None if end is None else Cursor(end.number, end.ping.at)


def _is_bad(run: Ran) -> bool:
    return run.outcome in BAD or run.is_beyond


def _bodies(check: Check, rows: Sequence[StoredPing] | Sequence[Ran], *, now: datetime) -> dict[int, str]:
    """What the pings of these rows said, by their numbers. At most one query, of the span that they lie in."""
    numbers = [ping.number for each in rows for ping in _pings_of(each)]
    if not numbers:
        return {}
    first, last = max(min(numbers), max(numbers) - MOST_PINGS), max(numbers)
    return {
        stored.number: inert(stored.ping.body.decode("utf-8", "replace")).strip("\n").rstrip()
        for stored in history.pings_between(check.code, first, last, now=now)
        if stored.ping.body and stored.number in numbers
    }


def _pings_of(row: StoredPing | Ran) -> Iterable[StoredPing]:
    if isinstance(row, StoredPing):
        return (row,)
    return row.words if row.end is None else (*row.words, row.end)


def _row(row: StoredPing | Ran, bodies: Mapping[int, str], check: Check, clock: WallClock) -> HistoryRow:
    if isinstance(row, StoredPing):
        return _with_output(_of_ping(row, clock), bodies.get(row.number, ""))
    shown = _of_run(row, check, clock)
    lines = [_logged(word, bodies, clock) for word in row.words if word.signal is Signal.LOG or row.end is None]
    said = "" if row.end is None else bodies.get(row.end.number, "")
    has_words = any(word.number in bodies for word in row.words)
    if check.config.probe is not None and row.outcome is Outcome.OK:
        return shown  # that it is well is said already
    return _with_output(shown, "\n".join([*lines, said]).strip("\n") if has_words else said)


def _logged(word: StoredPing, bodies: Mapping[int, str], clock: WallClock) -> str:
    said = bodies.get(word.number, "").replace("\n", "\n" + " " * 17)
    return f"{replace(clock, now=word.ping.at).second(word.ping.at)}  {word.signal:<6} {said}".rstrip()


def _with_output(row: HistoryRow, output: str) -> HistoryRow:
    if not output:
        return row
    return replace(row, output=output, summary=shown_text(output.rsplit("\n", 1)[-1].strip())[:300] or "(no words)")


def _of_ping(stored: StoredPing, clock: WallClock) -> HistoryRow:
    ping = stored.ping
    mark, what = _SIGNALS[stored.signal]
    if ping.exit_status:
        what = f"{what}, exit status {ping.exit_status}"
    if ping.count is not None:
        what = f"{what}, {quantity(ping.count, 'item')}"
    return HistoryRow(
        mark=mark,
        what=what,
        began=_at(ping.at, clock),
        ended_note=shown_text(ping.rid[:8]),
        took="" if stored.took is None else duration(stored.took),
        source=_source(stored),
        number=stored.number,
    )


def _of_run(run: Ran, check: Check, clock: WallClock) -> HistoryRow:
    end = run.end or (run.words[0] if run.words else None)
    row = HistoryRow(
        mark=_MARKS.get(run.outcome, "down"),
        what=_what(run),
        began=None if run.began is None else _at(run.began, clock),
        took="" if run.took is None else duration(run.took),
        source="" if end is None else _source(end),
        number=None if end is None else end.number,
    )
    match run.outcome:
        case Outcome.MISSED:
            if run.expected is None:
                return replace(row, began_note=f"first success due by {clock.minute(run.at)}", ended_note="none came")
            due = f"expected {clock.minute(run.expected)}"
            return replace(row, began_note=due, ended_note=f"nothing by {clock.minute(run.at)}")
        case Outcome.RUNNING:
            return replace(row, ended_note="open")
        case Outcome.OVERRUN if run.began is not None:
            return replace(row, ended_note=f"open; limit was {clock.minute(run.began + limit(check))}")
        case Outcome.UNREPORTED:
            return replace(row, ended_note="began anew")
        case _:
            if run.began is None:
                return replace(row, began=_at(run.at, clock))
            return replace(row, ended=_at(run.at, replace(clock, now=run.began)))


def _what(run: Ran) -> str:
    what = _WORDS[run.outcome]
    status = None if run.end is None else run.end.ping.exit_status
    if status:
        what = f"{what}, exit status {status}"
    if run.count is not None:
        what = f"{what}, {quantity(run.count, 'item')}"
    if run.is_beyond and run.outcome is not Outcome.OVERRUN:
        what = f"{what}, beyond its limit"
    return what


def _source(stored: StoredPing) -> str:
    """Who it came from: the program, and from where."""
    ping = stored.ping
    if ping.is_from_alarm:
        return "CloudWatch alarm"
    known = (ping.ua.split(" ", 1)[0][:40], ping.remote_addr)
    return " · ".join(shown_text(part) for part in known if part)


def _at(at: datetime, clock: WallClock) -> Instant:
    return Instant(exact(at, clock.tz), clock.second(at))
