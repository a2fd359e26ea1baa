"""Show a deploy: a table of changes, and a live line of resources in progress on a terminal, plain lines elsewhere.

Everything goes to stderr, except the changes of a dry run, which are its result. Start at `Terminal`.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from overdue.cli.prompts import confirm
from overdue.cli.show import NOTHING, say
from overdue.deploy.progress import Event
from overdue.deploy.stack import Change

MOST_SHOWN = 6  # resources in progress that the live line names
_COLOURS = {"Add": "green", "Import": "cyan", "Modify": "yellow", "Remove": "red"}
_REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}


class Terminal:
    """The operator's terminal. `yes`: skip confirmations; `is_plan`: print the changes on stdout."""

    def __init__(self, *, yes: bool, is_plan: bool) -> None:
        self._yes = yes
        self._is_plan = is_plan

    def say(self, text: str) -> None:
        """Print a line on stderr."""
        say(text)

    def show(self, changes: tuple[Change, ...]) -> None:
        """Show the changes. Replacements are red, since the resource's data, address or name may be lost."""
        console = Console(stderr=not self._is_plan)
        if not console.is_terminal:
            for change in changes:
                line = (
                    change.action,
                    change.logical_id,
                    change.type,
                    replacement(change),
                    ", ".join(change.properties),
                )
                click.echo("\t".join(line), err=not self._is_plan)
            return
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("CHANGE", "RESOURCE", "TYPE", "REPLACEMENT", "DIFFERS"):
            table.add_column(name, overflow="fold")
        for change in changes:
            table.add_row(
                Text(change.action, _COLOURS.get(change.action, "")),
                change.logical_id,
                Text(change.type, "dim"),
                Text(replacement(change), "bold red" if change.replacement in _REPLACED else "dim"),
                Text(", ".join(change.properties), "dim"),
            )
        console.print(table)

    def agree(self, question: str) -> None:
        """Ask for confirmation unless `--yes` was given. Raises BadInput without a terminal, Abort if declined."""
        confirm(question, yes=self._yes)

    @contextmanager
    def watching(self, what: str) -> Iterator[Callable[[Event], None]]:
        """Show the events of an operation as they arrive."""
        console = Console(stderr=True)
        if not console.is_terminal:
            say(what)
            yield lambda event: say(line(event))
            return
        with _live(console, what) as show_event:
            yield show_event


def replacement(change: Change) -> str:
    """Whether the change replaces the resource, in words."""
    return _REPLACED.get(change.replacement or "", NOTHING)


def line(event: Event) -> str:
    """An event as one line: UTC time, status, resource, type and reason."""
    words = (f"{event.at.astimezone(UTC):%H:%M:%S}", event.status, event.logical_id, event.type, event.reason)
    return "  ".join(word for word in words if word)


@contextmanager
def _live(console: Console, what: str) -> Iterator[Callable[[Event], None]]:
    """Print finished resources, and below them a live line with the elapsed time and the resources in progress."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    in_progress: dict[str, None] = {}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def show_event(event: Event) -> None:
            if event.is_of_stack:
                return
            if event.status.endswith("_IN_PROGRESS"):
                in_progress[event.logical_id] = None
            else:
                in_progress.pop(event.logical_id, None)
                color = "red" if event.status.endswith("_FAILED") else "green"
                progress.console.print(Text(line(event), color), highlight=False, soft_wrap=True)
            more = f" and {len(in_progress) - MOST_SHOWN} more" if len(in_progress) > MOST_SHOWN else ""
            names = ", ".join(list(in_progress)[:MOST_SHOWN])
            progress.update(task, description=f"{what}: {names}{more}" if names else what)

        yield show_event
