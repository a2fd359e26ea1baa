"""The reference of commands is what the commands say."""

from pathlib import Path

import click
import pytest

from overdue.cli.main import main
from overdue.cli.reference import commands, reference

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "cli.md"


ALL = {context.command_path: context.command for context in commands(main)}


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
