"""A program that compiles every module below a folder to bytecode, which Lambda cannot write itself.

Docstrings are removed: they are a fifth of the bytecode and nothing reads them there. Assertions stay. It runs in a
process of its own, without site-packages and with a fixed hash seed, because equal input must give equal bytes and the
modules that an interpreter has loaded before affect the bytes that it marshals.

Arguments: the folder, and the top-level names that keep their sources (none: all keep them). A module without a source
is imported from `name.pyc` (PEP 3147); its tracebacks show file and line, but no source text.
"""

import ast
import importlib.util
import marshal
import sys
from collections.abc import Sequence
from pathlib import Path

ON_LAMBDA = "/var/task"  # the folder in tracebacks
UNCHECKED_HASH = b"\x01\x00\x00\x00"  # PEP 552: the zip has no real modification times, and sources do not change


def main(folder: Path, *, ours: Sequence[str]) -> None:
    """Compile all modules in a fixed order. `ours` keep their sources; if empty, all do.

    A file that does not compile (a template, the syntax of another version) keeps only its source.
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
    """Remove the docstrings. Line numbers stay the same; a body with only a docstring becomes `pass`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and _is_documented(
            node
        ):
            first = node.body.pop(0)  # not replaced: `from __future__` may come next
            if not node.body:
                node.body = [ast.copy_location(ast.Pass(), first)]
    return tree


def _is_documented(node: ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return ast.get_docstring(node, clean=False) is not None


if __name__ == "__main__":
    main(Path(sys.argv[1]), ours=sys.argv[2:])
