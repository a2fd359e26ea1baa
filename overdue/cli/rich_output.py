"""Tables and fields as a terminal shows them: in colour, and as wide as it is.

Imports rich, 40 ms, which output into a pipe does without: `show` decides which it is.
"""

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

Colours = Mapping[str, str]  # of a cell, by the shape that it begins with
GAP = 2  # between two columns
LEAST_WIDTH, NAME_WIDTH = 10, 24  # what a column of `gives` and any other keep before a column is left out


def table(
    columns: Sequence[str], rows: Sequence[Sequence[str]], *, gives: Sequence[str], wraps: str, colours: Colours
) -> None:
    """Rows under columns, as `show.table` says."""
    console = Console()  # it honours NO_COLOR
    console.print(lay_out(columns, rows, room=console.width, gives=gives, wraps=wraps, colours=colours))


def lay_out(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    room: int,
    gives: Sequence[str],
    wraps: str,
    colours: Colours,
) -> Table:
    """The table for a terminal with `room` columns."""
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    widths = {column: max(map(cell_len, cells)) for column, *cells in zip(columns, columns, *rows, strict=True)}
    least = {column: min(width, LEAST_WIDTH if column in gives else NAME_WIDTH) for column, width in widths.items()}
    for column in gives:  # rich narrows columns, but leaves none out
        if _total(least) > room:
            del least[column]
    whole = {column: width if column in gives else widths[column] for column, width in least.items()}
    kept = next((each for each in (whole, least) if _total(each) <= room), {})
    for column in least:  # rich narrows those that may wrap, the widest first
        most = least[column] if column in gives and kept is least else None
        is_whole = widths[column] <= kept.get(column, 0)
        drawn.add_column(_cut(column, colours), no_wrap=is_whole, max_width=most, overflow="fold")
    for row in rows:
        cells = {column: cell for column, cell in zip(columns, row, strict=True) if column in least}
        drawn.add_row(
            *(_coloured(cell, colours) if column == wraps else _cut(cell, colours) for column, cell in cells.items())
        )
    return drawn


def _cut(cell: str, colours: Colours) -> Text:
    """A cell of one line, whatever the width of its column."""
    text = _coloured(cell, colours)
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _total(widths: Mapping[str, int]) -> int:
    return sum(widths.values()) + GAP * (len(widths) - 1)


def fields(pairs: Sequence[tuple[str, str]], *, width: int, colours: Colours) -> None:
    """A name and a value on each line."""
    console = Console()
    for name, value in pairs:
        console.print(f"{name:<{width}} ", end=" ", style="dim", highlight=False, markup=False)
        console.print(_coloured(value, colours), highlight=False, soft_wrap=True)


def _coloured(cell: str, colours: Colours) -> Text:
    shape, blank, _ = cell.partition(" ")
    return Text(cell, style=colours.get(shape, "") if blank else "")
