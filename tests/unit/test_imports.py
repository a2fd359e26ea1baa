"""Imports stand at the top of their module; those that do not say in their line what that saves."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHIPPED = [
    ROOT / "app.py",
    *(path for top in ("chalicelib", "overdue", "notifier") for path in (ROOT / top).rglob("*.py")),
]
MOST_IN_FUNCTIONS = 60

Import = ast.Import | ast.ImportFrom
Function = ast.FunctionDef | ast.AsyncFunctionDef


def in_functions(path: Path) -> list[str]:
    """The lines of imports within functions, each after where it stands."""
    source = path.read_text(encoding="utf-8")
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, Function)]
    numbers = {node.lineno for function in functions for node in ast.walk(function) if isinstance(node, Import)}
    return [f"{path.relative_to(ROOT)}:{number}: {source.splitlines()[number - 1]}" for number in sorted(numbers)]


def test_few_imports_stand_in_functions_and_each_says_why() -> None:
    found = [line for path in SHIPPED for line in in_functions(path)]

    assert [line for line in found if "  # " not in line] == []
    assert len(found) <= MOST_IN_FUNCTIONS, "\n".join(found)
