"""What a command that has changed a check says: one line for people, the check for programs."""

from collections.abc import Sequence

from overdue.answers import CheckJson
from overdue.api import Found


def done(check: CheckJson, what: str, *, as_json: bool) -> None:
    """Say that it is done, or show the check as it is now."""
    if as_json:
        document(check)
    else:
        from overdue.show import say

        say(f'{what} "{Found(check).title}".')


def document(value: CheckJson | Sequence[CheckJson]) -> None:
    """One JSON document on stdout."""
    from overdue.show import document

    document(value)
