"""Asking before something is lost: on a terminal only, and not at all with `--yes`."""

import sys

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.text.inert import inert


def confirm(question: str, *, yes: bool) -> None:
    """Go on, or end the command. Raises BadInput where nobody can be asked."""
    if yes:
        return
    if sys.stdin is None or not sys.stdin.isatty():
        raise BadInput(f"{question} Say --yes: there is no terminal to ask at")
    if not click.confirm(inert(question).replace("\n", " "), err=True):
        raise click.Abort
