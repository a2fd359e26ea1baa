"""The reference of commands is what the commands say."""

import re
from pathlib import Path

import click
import pytest

from overdue.checks_file.fields import DEFAULTS
from overdue.checks_file.writing import written
from overdue.cli.field_reference import reference as field_reference
from overdue.cli.main import main
from overdue.cli.reference import commands, reference

DOCS = Path(__file__).parents[4] / "docs" / "reference"
PAGE = DOCS / "cli.md"
KEYWORDS = ("start_kw", "success_kw", "failure_kw")


ALL = {context.command_path: context.command for context in commands(main)}


def test_the_reference_is_up_to_date() -> None:
    assert PAGE.read_text() == reference(), "run: make docs"


def test_the_reference_of_fields_is_up_to_date() -> None:
    assert (DOCS / "fields.md").read_text() == field_reference(), "run: make docs"


def test_the_page_of_the_checks_file_has_each_field_once_with_its_default() -> None:
    rows = re.findall(r"^\| (`.*?`[^|]*) \| ([^|]+) \|", (DOCS / "checks-file.md").read_text(), re.MULTILINE)
    shown = {name: default.strip() for names, default in rows for name in re.findall("`([a-z_]+)`", names)}
    top = {"version", "defaults", "checks"}
    words = {"schedule": "–", "name": "the slug", "desc": "empty"} | dict.fromkeys(KEYWORDS, "empty")
    assert {name: default for name, default in shown.items() if name not in top} == {
        name: words.get(name) or f"`{written(name, default)}`" for name, default in DEFAULTS.items()
    }


@pytest.mark.parametrize("path", ALL)
def test_help_ends_with_an_example_of_this_command(path: str) -> None:
    example = (ALL[path].help or "").rpartition("Example: ")[2]

    assert path in example
    assert "\n\n" not in example.strip()


@pytest.mark.parametrize("path", [path for path, command in ALL.items() if not isinstance(command, click.Group)])
def test_every_option_says_what_it_is_for(path: str) -> None:
    options = [each for each in ALL[path].params if isinstance(each, click.Option)]

    assert [each.name for each in options if not each.help and each.name != "scope"] == []
