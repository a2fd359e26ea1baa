"""How a deploy looks: a table of changes, a live line of what is in work on a terminal, plain lines anywhere else.

All of it goes to stderr but a plan, which is a result. What happens is decided elsewhere. Start at `Terminal`.
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

MOST_SHOWN = 6  # resources in work that a live line names
_COLOURS = {"Add": "green", "Import": "cyan", "Modify": "yellow", "Remove": "red"}
_REPLACED = {"True": "replaced", "Conditional": "perhaps replaced"}


class Terminal:
    """The operator's own. `yes`: nothing is asked; `is_plan`: changes are the result."""

    def __init__(self, *, yes: bool, is_plan: bool) -> None:
        self._yes = yes
        self._is_plan = is_plan

    def say(self, text: str) -> None:
        """A line on stderr."""
        say(text)

    def show(self, changes: tuple[Change, ...]) -> None:
        """Action, resource, type, and in red what is replaced: its data, address or name may go with it."""
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
        """Ask; `--yes` has been said already. Raises BadInput without a terminal, Abort."""
        confirm(question, yes=self._yes)

    @contextmanager
    def watching(self, what: str) -> Iterator[Callable[[Event], None]]:
        """Show events as they come."""
        console = Console(stderr=True)
        if not console.is_terminal:
            say(what)
            yield lambda event: say(line(event))
            return
        with _live(console, what) as tell:
            yield tell


def replacement(change: Change) -> str:
    """Whether a changed resource is another one afterwards."""
    return _REPLACED.get(change.replacement or "", NOTHING)


def line(event: Event) -> str:
    """An event in one line."""
    words = (f"{event.at.astimezone(UTC):%H:%M:%S}", event.status, event.logical_id, event.type, event.reason)
    return "  ".join(word for word in words if word)


@contextmanager
def _live(console: Console, what: str) -> Iterator[Callable[[Event], None]]:
    """Below what is done, one line that tells for how long it goes on, and what is in work."""
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    in_work: dict[str, None] = {}
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(what, total=None)

        def tell(event: Event) -> None:
            if event.is_of_stack:
                return
            if event.status.endswith("_IN_PROGRESS"):
                in_work[event.logical_id] = None
            else:
                in_work.pop(event.logical_id, None)
                colour = "red" if event.status.endswith("_FAILED") else "green"
                progress.console.print(Text(line(event), colour), highlight=False, soft_wrap=True)
            more = f" and {len(in_work) - MOST_SHOWN} more" if len(in_work) > MOST_SHOWN else ""
            names = ", ".join(list(in_work)[:MOST_SHOWN])
            progress.update(task, description=f"{what}: {names}{more}" if names else what)

        yield tell
