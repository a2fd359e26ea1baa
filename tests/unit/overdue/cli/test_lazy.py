"""Commands that are imported when they run: the tables name commands that exist, and their help is their own."""

import os
import subprocess
import sys

import click
import pytest

from overdue.cli.lazy import Lazy
from overdue.cli.main import main
from overdue.cli.reference import commands

LISTED = [
    (f"{context.command_path} {name}", command)
    for context in commands(main)
    if isinstance(context.command, click.Group)
    for name, command in context.command.commands.items()
]


@pytest.mark.parametrize(("path", "command"), LISTED)
def test_the_help_of_a_group_has_the_first_sentence_of_each_command(path: str, command: click.Command) -> None:
    assert isinstance(command, Lazy)
    loaded = command.load()

    assert loaded.name == path.rpartition(" ")[2]
    assert not loaded.hidden, "a group shows all that its table has"
    assert command.get_short_help_str(100) == loaded.get_short_help_str(100) != ""


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        ("--help", "overdue.client overdue.aws overdue.checks_file boto3 botocore pynamodb rich yaml"),
        ("keys --help", "overdue.client overdue.aws boto3 botocore pynamodb rich"),
        ("ping --help", "overdue.aws boto3 botocore chalice croniter pynamodb rich urllib.request yaml zoneinfo"),
        ("checks list --help", "overdue.aws overdue.advice boto3 botocore chalice pynamodb rich urllib.request yaml"),
        ("channels list --help", "overdue.aws boto3 botocore chalice pynamodb rich urllib.request yaml"),
        ("channels add --help", "apprise moto samtranslator"),
        ("deploy --help", "apprise moto samtranslator"),
        ("local --help", "boto3 botocore moto pynamodb"),
    ],
)
def test_a_command_starts_without_what_only_others_need(arguments: str, unwanted: str) -> None:
    said, imported = run(arguments.split())

    assert "Usage: " in said
    assert imported.isdisjoint(unwanted.split())


def test_completion_imports_no_command() -> None:
    said, imported = run([], _OVERDUE_COMPLETE="bash_complete", COMP_WORDS="overdue ", COMP_CWORD="1")

    assert "plain,logs" in said
    assert imported.isdisjoint({"overdue.cli.command_groups", "overdue.cli.stage.logs", "overdue.client"})


def run(arguments: list[str], **environment: str) -> tuple[str, set[str]]:
    """What `overdue` prints, and which modules it has imported by its end."""
    program = """
import atexit, sys
atexit.register(lambda: print(*sys.modules))
from overdue.cli.main import main
main(sys.argv[1:], prog_name="overdue")
"""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    said, _, modules = done.stdout.rstrip("\n").rpartition("\n")
    return said, set(modules.split())
