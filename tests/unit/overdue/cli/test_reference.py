"""The reference of commands is what the commands say."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from overdue.cli.main import main
from overdue.cli.reference import reference

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "cli.md"


def commands(command: click.Command, path: str) -> Iterator[tuple[str, click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found = command.get_command(context, name)
            assert found is not None
            yield from commands(found, f"{path} {name}")


ALL = dict(commands(main, "overdue"))


def test_the_reference_is_up_to_date() -> None:
    assert PAGE.read_text() == reference(), "run: make docs"


@pytest.mark.parametrize("path", ALL)
def test_help_ends_with_an_example_of_this_command(path: str) -> None:
    example = (ALL[path].help or "").rpartition("Example: ")[2]

    assert path in example
    assert "\n\n" not in example.strip()


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if not isinstance(command, click.Group)])
def test_every_option_says_what_it_is_for(path: str) -> None:
    options = [each for each in ALL[path].params if isinstance(each, click.Option)]

    assert [each.name for each in options if not each.help and each.name != "scope"] == []
