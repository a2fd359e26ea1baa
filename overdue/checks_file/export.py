"""The file of the checks that are there. Start at `exported`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from overdue.checks_file.wire import Labels, settings_of
from overdue.checks_file.writing import Entry, written_file
from overdue.client.api import Found
from overdue.client.schemas import ChannelJson, CheckJson


@dataclass(frozen=True, slots=True)
class Written:
    """A file, and what could not be put into it."""

    text: str
    notes: tuple[str, ...]


def exported(checks: Sequence[CheckJson], channels: Sequence[ChannelJson], *, source: str) -> Written:
    """The checks by slug; those that no slug tells apart are left out, and said."""
    labels = Labels.of(channels)
    times = Counter(check["slug"] for check in checks)
    entries = [
        Entry(slug=check["slug"], settings=settings_of(check, labels))
        for check in checks
        if check["slug"] and times[check["slug"]] == 1
    ]
    comments = [f"Checks of {source}. Apply with: overdue apply FILE"]
    text = written_file(sorted(entries, key=lambda entry: entry.slug), defaults={}, comments=comments)
    return Written(text, tuple(_left_out(check) for check in checks if times[check["slug"]] > 1 or not check["slug"]))


def _left_out(check: CheckJson) -> str:
    found = Found(check)
    why = f"its slug {check['slug']} is another's, too" if check["slug"] else "it has no slug"
    return f'Left out: "{found.title}", {why}. Give it one with: overdue checks edit {found.id[:8]} --slug NEW'
