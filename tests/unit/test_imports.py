"""Where imports stand: at the top of their module, and in no circle."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parents[2]
MOST_IN_FUNCTIONS = 60

Import = ast.Import | ast.ImportFrom


def modules(*tops: str) -> dict[str, ast.Module]:
    """The modules below these folders, or the file, by name."""
    paths = [path for top in tops for path in ([ROOT / top] if top.endswith(".py") else (ROOT / top).rglob("*.py"))]
    names = {".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
    return {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in names.items()}


def in_functions(tree: ast.Module) -> list[Import]:
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inner = {id(node): node for function in functions for node in ast.walk(function) if isinstance(node, Import)}
    return list(inner.values())


def at_the_top(node: ast.AST) -> Iterator[Import]:
    """What is imported when a module is: not in functions, and not for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Import):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) and not is_for_types(child):
            yield from at_the_top(child)


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imported(node: Import, known: set[str]) -> Iterator[str]:
    """Those of the known modules that an import runs. Packages have no code of their own."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.name
        else:
            assert node.module is not None, "no relative imports"
            whole = f"{node.module}.{alias.name}"
            yield whole if whole in known else node.module


def test_few_imports_stand_in_functions_and_each_says_why() -> None:
    found = {name: in_functions(tree) for name, tree in modules("app.py", "chalicelib", "overdue", "notifier").items()}

    assert sum(map(len, found.values())) <= MOST_IN_FUNCTIONS, {name: len(each) for name, each in found.items() if each}


def test_no_modules_import_each_other_in_a_circle() -> None:
    trees = modules("chalicelib", "overdue")
    known = set(trees)
    graph = {
        name: {each for node in at_the_top(tree) for each in imported(node, known) if each in known and each != name}
        for name, tree in trees.items()
    }
    assert sum(map(len, graph.values())) > 1_000

    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        raise AssertionError(" imports ".join(reversed(error.args[1]))) from error
