"""`overdue import`: checks from elsewhere, as a file for `overdue apply`. Reads, asks, writes; decides nothing."""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import current_zone
from overdue.checks_file.imports.crontab import Format, format_of, wrapped
from overdue.checks_file.imports.crontab import imported as from_crontab
from overdue.checks_file.imports.fetch import channels_of, checks_of
from overdue.checks_file.imports.healthchecks import imported as from_healthchecks
from overdue.client.http import origin


@click.command()
@click.argument("file", required=False, type=click.Path(dir_okay=False, allow_dash=True))
@click.option("-l", "list_own", is_flag=True, help="Read your own crontab, as crontab -l shows it.")
@click.option("--system/--user", "system", default=None, help="Whether a user name precedes each command.")
@click.option("--wrap", is_flag=True, help="Print the crontab instead, its jobs run by overdue exec.")
@click.option("--tz", metavar="ZONE", help="The zone that cron runs in. Default: this machine's.")
def crontab(file: str | None, list_own: bool, system: bool | None, wrap: bool, tz: str | None) -> None:
    """Convert a crontab to checks, named after the commands of its jobs.

    FILE is a user's crontab, /etc/crontab or a file of /etc/cron.d, or - for stdin. CRON_TZ is honored. Each job's
    line is a comment above its check: look for passwords before you share the file.

    Example: overdue import crontab /etc/cron.d/backup > checks.yaml
    """
    if (file is None) != list_own:
        raise click.UsageError("give a FILE, - for stdin, or -l")
    name, text = ("crontab", _own()) if file is None else _read(file)
    zone = current_zone(tz) if tz else _zone_here()
    if system is None:
        system = not list_own and (_is_of_system(file) or _is_system_crontab(text, name, wrap=wrap))
    found = (wrapped if wrap else from_crontab)(text, name=name, system=system, zone=zone)
    click.echo(found.text, nl=False)
    _note(found.notes)
    if wrap:
        click.echo("Jobs need overdue in cron's PATH, and OVERDUE_URL and OVERDUE_PING_KEY set for them.", err=True)
    elif tz is None:
        click.echo(f"Schedules are taken to be in {zone}, this machine's zone; else say --tz.", err=True)


def _own() -> str:
    program = shutil.which("crontab")
    if program is None:
        raise BadInput("there is no crontab program here: give a FILE instead")
    ended = subprocess.run([program, "-l"], capture_output=True, check=False)  # noqa: S603  what -l asks for
    if ended.returncode:
        said = " ".join(ended.stderr.decode(errors="replace").split())
        raise BadInput(f"crontab -l did not do it: {said or 'it says nothing'}")
    return ended.stdout.decode(errors="replace")


def _read(file: str) -> tuple[str, str]:
    if file == "-":
        return "stdin", sys.stdin.buffer.read().decode(errors="replace")
    try:
        return file, Path(file).read_bytes().decode(errors="replace")
    except FileNotFoundError as error:
        raise click.UsageError(f"there is no file {file}") from error
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}") from error


def _is_system_crontab(text: str, name: str, *, wrap: bool) -> bool:
    """Whether a user precedes each command. Raises BadInput if that is unclear and `wrap` would depend on it."""
    found = format_of(text, accounts=[account.pw_name for account in pwd.getpwall()])
    if found is Format.UNCLEAR:
        question = f"{name}: the word before each command may be a user (as in /etc/cron.d) or a program"
        if wrap:
            raise BadInput(f"{question}. Add --system if it is a user, else --user.")
        click.echo(f"Warning: {question}. It was read as a program; add --system if it is a user.", err=True)
    return found is Format.SYSTEM


def _is_of_system(file: str | None) -> bool:
    path = Path(file or "").resolve()
    return path == Path("/etc/crontab") or path.parent == Path("/etc/cron.d")


def _zone_here() -> str:
    """This machine's zone; UTC where it cannot be told."""
    link = Path("/etc/localtime")
    candidates = [os.environ.get("TZ", "").removeprefix(":")]
    if link.is_symlink():
        candidates.append(str(link.readlink()).partition("zoneinfo/")[2])
    if Path("/etc/timezone").is_file():
        candidates.append(Path("/etc/timezone").read_text().strip())
    for candidate in filter(None, candidates):
        try:
            found = current_zone(candidate)
        except BadInput:
            continue
        return "UTC" if found == "Etc/UTC" else found
    return "UTC"


@click.command()
@click.option("--url", default="https://healthchecks.io", show_default=True, metavar="URL", help="Of the server.")
@click.option("--api-key", envvar="HEALTHCHECKS_API_KEY", metavar="KEY", help="Or HEALTHCHECKS_API_KEY.")
@click.option("--tag", "tags", multiple=True, help="Only checks with this tag; repeat it for more than one.")
def healthchecks(url: str, api_key: str | None, tags: tuple[str, ...]) -> None:
    """Bring the checks of a Healthchecks project along.

    Names, slugs, schedules, tags and filters stay what they are; which channels a check alerts there stands in a
    comment. With a read-only key channels are not told.

    Example: overdue import healthchecks --api-key KEY > checks.yaml
    """
    if not api_key:
        raise click.UsageError("give --api-key, or set HEALTHCHECKS_API_KEY: a key of the project's settings there")
    checks = checks_of(url, api_key, tags=tags)
    may_write = all("uuid" in check for check in checks)
    found = from_healthchecks(checks, channels_of(url, api_key) if may_write else [], source=origin(url))
    click.echo(found.text, nl=False)
    _note(found.notes)
    if not may_write:
        click.echo("The key is read-only: which channels are alerted is not told.", err=True)


def _note(notes: Any) -> None:
    for note in notes:
        click.echo(note, err=True)
