"""No module imports itself through others: neither at run time, nor inside functions, nor for its types."""

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def circle_of(graph: grimp.ImportGraph) -> list[str]:
    """A circle of imports, from a module back to itself; empty if there is none."""
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def test_no_imports_go_in_a_circle() -> None:
    assert circle_of(grimp.build_graph("chalicelib", "overdue", "notifier", cache_dir=None)) == []


@pytest.mark.parametrize(("last", "is_circle"), [("a", True), ("d", False)])
def test_a_circle_is_found(last: str, is_circle: bool) -> None:
    graph = grimp.ImportGraph()
    for importer, imported in (("a", "b"), ("b", "c"), ("c", last)):
        graph.add_import(importer=importer, imported=imported)
    assert bool(circle_of(graph)) is is_circle
