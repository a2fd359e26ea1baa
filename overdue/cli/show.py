"""What commands show: a table that fits the terminal, plain columns for a pipe, or one JSON document.

Start at `table`, `fields` and `document`. Which words and numbers stand in them is each command's business; the words
of a status are here, once. Whatever a name may hold, it does nothing to a terminal.
"""

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import click

from chalicelib.domain.text.inert import inert
from chalicelib.domain.text.reasons import reason_name
from chalicelib.domain.text.time_format import WallClock, ago, duration
from overdue.client.schemas import CheckJson, FlipJson, PingJson

# A status is a word and a shape before it is a colour.
SHAPES = {
    "up": "●",
    "grace": "◐",
    "down": "✕",
    "paused": "‖",
    "new": "○",
    "unknown": "?",
}
COLOURS = {"●": "green", "◐": "yellow", "✕": "red", "‖": "dim", "○": "dim", "?": "yellow"}
NOTHING = "–"


def document(value: object) -> None:
    """One JSON document on stdout."""
    text = json.dumps(value, indent=2, ensure_ascii=not _bears_any_character())
    click.echo("".join(char if char == "\n" or char.isprintable() else json.dumps(char)[1:-1] for char in text))


def say(text: str) -> None:
    """A line beside the result, on stderr."""
    click.echo(inert(text).replace("\n", " "), err=True)


def is_terminal() -> bool:
    """Whether a person reads stdout; nobody does where it is closed."""
    return sys.stdout is not None and sys.stdout.isatty()


def _bears_any_character() -> bool:
    return sys.stdout is None or sys.stdout.encoding.lower() in ("utf-8", "utf8")


def table(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    none: str,
    gives: Sequence[str] = (),
    wraps: str = "",
) -> None:
    """Rows under columns; into a pipe, tab-separated and whole. `none` is said on stderr where there are no rows.

    A terminal that is too narrow cuts the columns of `gives`, then the widest others. One that `wraps` takes several
    lines instead. If too little were left, those of `gives` are left out, the first of them first.
    """
    if not rows:
        say(none)
        return
    rows = [[" ".join(inert(cell).split()) for cell in row] for row in rows]
    if not is_terminal():
        for row in (columns, *rows):
            click.echo("\t".join(row))
        return
    from overdue.cli import rich_output  # imports rich: 40 ms, of which a pipe needs nothing

    rich_output.table(columns, rows, gives=gives, wraps=wraps, colours=COLOURS)


def fields(pairs: Sequence[tuple[str, str]]) -> None:
    """A name and a value on each line."""
    widest = max(len(name) for name, _ in pairs)
    below = "\n" + " " * (widest + 2)  # a second line of a value must not look like another field
    pairs = [(name, inert(value).replace("\n", below)) for name, value in pairs]
    if not is_terminal():
        for name, value in pairs:
            click.echo(f"{name:<{widest}}  {value}")
        return
    from overdue.cli import rich_output  # as above

    rich_output.fields(pairs, width=widest, colours=COLOURS)


def status(check: CheckJson) -> str:
    """A check's status as a shape and a word."""
    name = "unknown" if check.get("unknown_since") else check["status"]
    shown = f"{SHAPES.get(name, '?')} {name}"
    reason = check.get("reason") if check["status"] == "down" else None
    return ", ".join(filter(None, (shown, reason and reason_name(reason), "running" if check["started"] else None)))


def ping(record: PingJson) -> str:
    """The signal of a ping; with a success, what was wrong with it all the same: "success, late"."""
    outcome = record.get("outcome")
    return f"{record['type']}, {reason_name(outcome)}" if outcome in ("late", "too_short") else record["type"]


def flip(change: FlipJson) -> str:
    """The status that a check got, as a shape and a word, and why it went down."""
    status = change.get("status")
    if status is None:  # a server before this version says only this
        return f"{SHAPES['up']} up" if change["up"] else f"{SHAPES['down']} not up"
    reason = change.get("reason")
    return f"{SHAPES.get(status, '?')} {status}" + (f", {reason_name(reason)}" if reason else "")


def when(text: str | None, *, tz: str, now: datetime) -> str:
    """An instant of the API, as short as its reader's day allows, in a zone."""
    if text is None:
        return NOTHING
    clock = WallClock(tz=tz, now=now)
    return clock.minute(datetime.fromisoformat(text).astimezone(UTC))


def distance(text: str | None, *, now: datetime) -> str:
    """How far an instant of the API is: "32 min ago", "in 3 h"; so a list needs no zone."""
    if text is None:
        return NOTHING
    at = datetime.fromisoformat(text)
    return ago(at, now=now) if at <= now else f"in {ago(now, now=at).removesuffix(' ago')}"


def took(seconds: float | None) -> str:
    """A duration of the API in words."""
    return NOTHING if seconds is None else duration(timedelta(seconds=seconds))
