"""A table for people and a JSON file for programs; exit status 1 when a figure is over its limit."""

import json
import platform
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

OUT = Path(__file__).parent / "out"


@dataclass(frozen=True, slots=True)
class Row:
    """One figure: what it is, how it came about, its limit."""

    what: str
    how: str
    figure: float
    most: float
    unit: str


def report(name: str, rows: list[Row]) -> None:
    """Print and write the figures of a benchmark, then end the process by whether all are within their limits."""
    table = Table("", "", "figure", "at most", box=None, pad_edge=False)
    for row in rows:
        colour = "green" if row.figure <= row.most else "red"
        table.add_row(
            row.what, row.how, f"[{colour}]{row.figure:.2f} {row.unit}[/{colour}]", f"{row.most:g} {row.unit}"
        )
    Console(width=120).print(table)
    OUT.mkdir(exist_ok=True)
    machine = {"python": platform.python_version(), "machine": platform.machine(), "system": platform.system()}
    written = {"benchmark": name, **machine, "rows": [asdict(row) for row in rows]}
    (OUT / f"{name}.json").write_text(json.dumps(written, indent=2) + "\n")
    sys.exit(any(row.figure > row.most for row in rows))
