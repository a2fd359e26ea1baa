"""`overdue apply`: checks from a file. Reads, asks once what is there, shows the plan, and carries it out."""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.text.inert import inert
from overdue.checks_file import words
from overdue.checks_file.apply import apply as carry_out
from overdue.checks_file.file import InvalidFile, Wanted, decoded, examined
from overdue.checks_file.plan import names_channels, names_others, plan, with_labels
from overdue.checks_file.relations import wrong
from overdue.checks_file.schema import schema
from overdue.checks_file.wire import Labels
from overdue.checks_file.words import verb
from overdue.cli import show
from overdue.cli.options import talks_to_api
from overdue.cli.prompts import confirm
from overdue.cli.settings import Settings
from overdue.client.api import Api
from overdue.client.schemas import CheckJson

WRONG_FILE = 2


def _show_schema(context: click.Context, _: click.Parameter, is_asked: bool) -> None:
    if not is_asked:
        return
    show.document(schema())
    context.exit()


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@click.option("--dry-run", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--prune", is_flag=True, help="Delete the checks that are not in the file, too.")
@click.option("--yes", is_flag=True, help="Delete without asking.")
@click.option(
    "--schema",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_show_schema,
    help="Print the JSON Schema of the file, for editors.",
)
@talks_to_api
def apply(file: str, dry_run: bool, prune: bool, yes: bool, settings: Settings, as_json: bool) -> None:
    """Apply a YAML file of checks.

    Slugs identify checks. Differences are shown and applied; applying the file again changes nothing. A check that
    is not in the file stays as it is, unless you use --prune. FILE may be - for stdin.

    Exit status: 0 applied, or nothing to do; 1 refused or stopped midway, and stderr says how far it came; 2 errors
    in the file, with their lines on stderr, and nothing was changed.

    Example: overdue apply checks.yaml --dry-run
    """
    apply_file(file, Api.of(settings), dry_run=dry_run, prune=prune, yes=yes, as_json=as_json)


def apply_file(file: str, api: Api, *, dry_run: bool, prune: bool, yes: bool, as_json: bool) -> None:
    """The whole command, for a deployment that is known. Ends the process where the file is wrong."""
    try:
        _apply(file, api, dry_run=dry_run, prune=prune, yes=yes, as_json=as_json)
    except InvalidFile as error:
        click.echo(inert(str(error)), err=True)
        count = len(error.problems)
        click.echo(f"Nothing was changed: {'one error' if count == 1 else f'{count:,} errors'} in the file.", err=True)
        raise SystemExit(WRONG_FILE) from error


def _apply(file: str, api: Api, *, dry_run: bool, prune: bool, yes: bool, as_json: bool) -> None:
    name = "stdin" if file == "-" else file
    wanted, problems = examined(decoded(_content(file), name=name), name=name)
    if problems and not names_others(wanted):
        raise InvalidFile(name, problems)
    try:
        there, labels = _what_is_there(wanted, api)
    except OverdueError as error:
        if not problems:
            raise
        click.echo(f"Whether what it names is there could not be looked up: {inert(str(error))}", err=True)
        raise InvalidFile(name, problems) from error
    labelled, unknown = with_labels(wanted, labels)
    if problems := [*problems, *unknown, *wrong(wanted, there, prune=prune)]:
        raise InvalidFile(name, problems)
    found = plan(labelled, there, labels, prune=prune)
    if not as_json:
        _show(words.lines(found))
    if dry_run or not found.steps:
        if as_json:
            show.document(words.document(found, None))
        return
    if found.deletes:
        gone = words.some([step.slug for step in found.deletes])
        count = len(found.deletes)
        what = "1 check with its history" if count == 1 else f"{count:,} checks with their history"
        confirm(f"Delete {what} ({gone})?", yes=yes)
    with _progress(len(found.steps)) as before_each:
        outcome = carry_out(found, api, before_each=before_each)
    if as_json:
        show.document(words.document(found, outcome))
    if outcome.failed is not None:
        raise click.ClickException(inert(words.stopped(outcome)))
    if not as_json:
        click.echo(words.done(outcome))


def _what_is_there(wanted: Sequence[Wanted], api: Api) -> tuple[list[CheckJson], Labels]:
    """The checks, and the channels where their names matter. Raises what the API raises."""
    there = api.checks(tags=())
    return there, Labels.of(api.channels() if names_channels(wanted, there) else [])


def _content(file: str) -> bytes:
    if file == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(file).read_bytes()
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no file {file}") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error


def _show(lines: Any) -> None:
    """Colours on a terminal only, and where NO_COLOR does not forbid them."""
    if not sys.stdout.isatty():
        for line in lines:
            click.echo(line.text)
        return
    console = Console()
    for line in lines:
        console.print(Text(line.text, style=line.style))


@contextmanager
def _progress(total: int) -> Iterator[Any]:
    """Called before each step; shows it on a terminal only."""
    if not sys.stderr.isatty():
        yield lambda _number, _step: None
        return
    with Console(stderr=True).status("") as status:
        yield lambda number, step: status.update(f"{number + 1} of {total}: {verb(step)} {step.slug}")
