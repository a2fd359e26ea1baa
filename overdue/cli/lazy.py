"""Commands as a table: a command's module is imported when the command runs, so it imports what it needs at its top.

Start at `table`.
"""

import ast
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click


class Lazy(click.Command):
    """Stands in for a command until it runs."""

    def __init__(self, name: str, target: str) -> None:
        super().__init__(name)
        self._module, _, self._attribute = target.partition(":")

    def load(self) -> click.Command:
        """Import the command."""
        command: click.Command = getattr(import_module(self._module), self._attribute)
        return command

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """The context of the command itself: click parses and invokes that."""
        return self.load().make_context(info_name, args, parent, **extra)

    def get_short_help_str(self, limit: int = 45) -> str:
        """The command's line in the help of its group, and in completion.

        Read from the source: parsing the modules of all commands takes 30 ms, importing them 500.
        """
        self.help = _docstring(self._module, self._attribute)
        return super().get_short_help_str(limit)


def _docstring(module: str, function: str) -> str | None:
    spec = find_spec(module)
    assert spec is not None, f"a table names {module}"
    assert spec.origin is not None, f"{module} has a source file"
    body = ast.parse(Path(spec.origin).read_text(encoding="utf-8")).body
    return next(ast.get_docstring(each) for each in body if isinstance(each, ast.FunctionDef) and each.name == function)


def table(commands: Mapping[str, str]) -> dict[str, click.Command]:
    """The commands of a group, from name → "module:function"."""
    return {name: Lazy(name, target) for name, target in commands.items()}
