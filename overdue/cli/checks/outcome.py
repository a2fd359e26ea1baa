"""What a command that has changed a check says: one line for people, the check for programs."""

from overdue.cli import show
from overdue.client.api import Found
from overdue.client.schemas import CheckJson


def done(check: CheckJson, what: str, *, as_json: bool) -> None:
    """Say that it is done, or show the check as it is now."""
    if as_json:
        show.document(check)
    else:
        show.say(f'{what} "{Found(check).title}".')
