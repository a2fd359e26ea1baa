"""A program: compile every module below a folder, so that Lambda, which cannot write bytecode, finds it there.

Without docstrings, which are a fifth of it and which nothing reads there; assertions stay. Runs in a process of its
own, without site-packages and with a fixed hash seed: what an interpreter has loaded before shows in the bytes that it
marshals, and equal input must give equal bytes.

Its arguments are the folder and, if not everything shall keep its source, the names at its top that shall. A module
without one is found as `name.pyc` (PEP 3147): a traceback names its file and line, and does not show the text.
"""

import ast
import importlib.util
import marshal
import sys
from collections.abc import Sequence
from pathlib import Path

ON_LAMBDA = "/var/task"  # what tracebacks name
UNCHECKED_HASH = b"\x01\x00\x00\x00"  # PEP 552: a zip has no true times of change, and nobody edits a source on Lambda


def main(folder: Path, *, ours: Sequence[str]) -> None:
    """Compile in a fixed order; `ours` keep their sources, and if there are none, all do.

    What does not compile (a template, another version's syntax) stays source only.
    """
    for source in sorted(folder.rglob("*.py")):
        text = source.read_bytes()
        try:
            tree = ast.parse(text)
        except SyntaxError:
            continue
        inside = source.relative_to(folder)
        code = compile(_undocumented(tree), f"{ON_LAMBDA}/{inside.as_posix()}", "exec")
        compiled = source.parent / "__pycache__" / f"{source.stem}.{sys.implementation.cache_tag}.pyc"
        if ours and inside.parts[0] not in ours:
            compiled = source.with_suffix(".pyc")
            source.unlink()
        compiled.parent.mkdir(exist_ok=True)
        head = importlib.util.MAGIC_NUMBER + UNCHECKED_HASH + importlib.util.source_hash(text)
        compiled.write_bytes(head + marshal.dumps(code))


def _undocumented(tree: ast.Module) -> ast.Module:
    """Without docstrings: no line moves, and a body of nothing else becomes `pass`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _is_documented(
            node
        ):
            first = node.body.pop(0)  # nothing in its place: a module may go on with `from __future__`
            if not node.body:
                node.body = [ast.copy_location(ast.Pass(), first)]
    return tree


def _is_documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


if __name__ == "__main__":
    main(Path(sys.argv[1]), ours=sys.argv[2:])
