"""Tables and fields as a terminal shows them: in colour, and as wide as it is.

Imports rich, 40 ms, which output into a pipe does without: `show` decides which it is.
"""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from overdue.cli.table_layout import GAP, fitted

Colours = Mapping[str, str]  # of a cell, by the shape that it begins with


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, gives: Sequence[str], wraps: str, colours: Colours
) -> None:
    """Rows under columns, as `show.table` says."""
    console = Console()  # it honours NO_COLOR
    widths = {column: max(map(cell_len, cells)) for column, *cells in zip(columns, columns, *rows, strict=True)}
    kept = fitted(widths, room=console.width, gives=gives)
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column, width in kept.items():
        drawn.add_column(column, overflow="ellipsis", no_wrap=column != wraps, width=width)
    for row in rows:
        drawn.add_row(*(_coloured(cell, colours) for column, cell in zip(columns, row, strict=True) if column in kept))
    console.print(drawn, crop=False)


def fields(pairs: Sequence[tuple[str, str]], *, width: int, colours: Colours) -> None:
    """A name and a value on each line."""
    console = Console()
    for name, value in pairs:
        console.print(f"{name:<{width}} ", end=" ", style="dim", highlight=False, markup=False)
        console.print(_coloured(value, colours), highlight=False, soft_wrap=True)


def _coloured(cell: str, colours: Colours) -> Text:
    shape, blank, _ = cell.partition(" ")
    return Text(cell, style=colours.get(shape, "") if blank else "")
