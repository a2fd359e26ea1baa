"""What a command that has changed a check says: one line for people, the check for programs."""

from collections.abc import Sequence

from overdue.client.api import Found
from overdue.client.schemas import CheckJson


def done(check: CheckJson, what: str, *, as_json: bool) -> None:
    """Say that it is done, or show the check as it is now."""
    if as_json:
        document(check)
    else:
        from overdue.cli.show import say

        say(f'{what} "{Found(check).title}".')


def document(value: CheckJson | Sequence[CheckJson]) -> None:
    """One JSON document on stdout."""
    from overdue.cli.show import document

    document(value)
