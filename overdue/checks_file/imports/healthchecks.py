"""Checks of a Healthchecks server into a file that `overdue apply` takes. Pure; start at `imported`.

Its API speaks the fields that ours does (docs/reference/wire.md, Management API); what it has beyond them is noted.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.channels import EVERY_CHANNEL
from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.domain.slugs import slug_of
from overdue.checks_file.export import Written
from overdue.checks_file.imports.naming import unique
from overdue.checks_file.wire import Labels, settings_of
from overdue.checks_file.writing import Entry, written_file
from overdue.client.schemas import ChannelJson, CheckJson


def imported(checks: Sequence[CheckJson], channels: Sequence[ChannelJson], *, source: str) -> Written:
    """All checks; those whose schedule we do not take are left out, and said."""
    labels = {channel["id"]: f"{channel['name'] or channel['id'][:8]} ({channel['kind']})" for channel in channels}
    reserved = [check["slug"] for check in checks if check["slug"]]
    entries: list[Entry] = []
    notes: list[str] = []
    for check in checks:
        title = check["name"] or check["slug"] or "a check without a name"
        taken = [entry.slug for entry in entries]
        slug = unique(check["slug"] or slug_of(check["name"]), taken if check["slug"] else [*taken, *reserved])
        if slug != check["slug"]:
            had = f"its slug {check['slug']} is another's, too" if check["slug"] else "it has no slug there"
            notes.append(f'"{title}" becomes {slug}: {had}')
        try:
            settings = _settings(check)
        except BadInput as error:
            notes.append(f'Left out: "{title}", {error}')
            continue
        entries.append(Entry(slug=slug, settings=settings, comments=_comments(check, labels)))
    comments = [f"Checks of {source}. Look them through, then: overdue apply FILE"]
    return Written(written_file(entries, defaults={}, comments=comments), tuple(notes))


def _settings(check: CheckJson) -> dict[str, Any]:
    """Raises BadInput for a value that is not valid here."""
    found = settings_of(check, Labels({}))
    if found["schedule"] is not None:
        parse_schedules(found["schedule"], found["tz"])
    found["channels"] = () if check.get("channels") == "" else (EVERY_CHANNEL,)
    return found


def _comments(check: CheckJson, labels: Mapping[str, str]) -> list[str]:
    ids = [each for each in check.get("channels", "").split(",") if each]
    told = [f"alerted there: {', '.join(labels.get(each, each) for each in ids)}"] if ids else []
    if check.get("status") == "paused":
        told.append("paused there: here it waits for its first ping")
    if check.get("filter_subject") or check.get("filter_body"):
        told.append("reads e-mail there: here only requests come in")
    return told
