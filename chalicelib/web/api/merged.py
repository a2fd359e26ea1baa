"""What the fields of a request make of a check's configuration. Pure: the same for a new check and for an edit.

Start at `merged`. Bounds and texts are `fields`' business; what differs between versions is told by `Version`.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from chalicelib.domain.check import EVERY_CHANNEL, Config, Filters
from chalicelib.domain.schedule import Cron, Every, OnCalendar, Schedule, parse_schedule
from chalicelib.store.registry import Channel
from chalicelib.web.api.call import Refused
from chalicelib.web.api.fields import CheckFields
from chalicelib.web.api.versions import Version

BLANK = Config(channels=())  # what the API's new checks are made from: they alert nobody unless told to
LONGEST_SLUG = 100
_DIRECT = ("desc", "slug", "tags", "tz", "manual_resume", "min_count")
_DURATIONS = ("grace", "max_runtime", "min_runtime", "count_window", "remind_every")
_FILTERS = {
    "methods": "methods",
    "filter_subject": "subject",
    "filter_body": "body",
    "filter_http_body": "http_body",
    "filter_default_fail": "default_fail",
    "start_kw": "start_kw",
    "success_kw": "success_kw",
    "failure_kw": "failure_kw",
}


def merged(config: Config, said: CheckFields, *, version: Version, channels: Sequence[Channel]) -> Config:
    """The configuration with what was said; all else stays. Raises Refused: nothing is to be changed then."""
    names = said.model_fields_set
    after: dict[str, Any] = {name: getattr(said, name) for name in _DIRECT if name in names}
    after |= {name: _duration(getattr(said, name)) for name in _DURATIONS if name in names}
    if "channels" in names:
        after["channels"] = chosen(said.channels, channels)
    if "name" in names and said.name != config.name:
        after["name"] = said.name
        if version.slug_follows_name:
            after.setdefault("slug", slug_of(said.name))
    after["schedule"] = _schedule(config, said, tz=after.get("tz", config.tz))
    after["filters"] = _filters(config.filters, said)
    return _consistent(replace(config, **after))


def _duration(seconds: int | None) -> timedelta | None:
    return None if seconds is None else timedelta(seconds=seconds)


def _schedule(config: Config, said: CheckFields, *, tz: str) -> Schedule:
    """A schedule wins over a timeout; the zone is kept while the check is simple."""
    if "schedule" in said.model_fields_set:
        return parse_schedule(said.schedule, tz)
    if "timeout" in said.model_fields_set:
        return Every(timedelta(seconds=said.timeout))
    match config.schedule:
        case Cron() | OnCalendar():
            return replace(config.schedule, tz=tz)
        case Every():
            return config.schedule


def _filters(filters: Filters, said: CheckFields) -> Filters:
    """The old names first (`subject` is success_kw with filter_subject), so that the new ones win."""
    names = said.model_fields_set
    if "subject" in names:
        filters = replace(filters, success_kw=said.subject)
    if "subject_fail" in names:
        filters = replace(filters, failure_kw=said.subject_fail)
    if names & {"subject", "subject_fail"}:
        filters = replace(filters, subject=bool(filters.success_kw or filters.failure_kw))
    return replace(filters, **{ours: getattr(said, wire) for wire, ours in _FILTERS.items() if wire in names})


def _consistent(config: Config) -> Config:
    if (config.min_count is None) != (config.count_window is None):
        detail = "so many items in each window: give both, or null for both"
        raise Refused("json validation error: min_count and count_window go together", detail)
    if config.min_runtime and config.max_runtime and config.min_runtime > config.max_runtime:
        raise Refused("json validation error: min_runtime is above max_runtime", "no run could ever be right")
    return config


def chosen(identifiers: str, channels: Sequence[Channel]) -> tuple[str, ...]:
    """The ids of channels by ids or names, comma-separated and not trimmed; `*` is all, those of later days too."""
    if identifiers in ("", EVERY_CHANNEL):
        return tuple(identifiers)
    return tuple(sorted({_channel(identifier, channels) for identifier in identifiers.split(",")}))


def _channel(identifier: str, channels: Sequence[Channel]) -> str:
    if not identifier:
        raise Refused("empty channel identifier")
    matching = [channel.id for channel in channels if identifier in (channel.id, channel.name)]
    match matching:
        case [only]:
            return only
        case []:
            raise Refused(f"invalid channel identifier: {identifier}")
        case _:
            raise Refused(f"non-unique channel identifier: {identifier}")


def slug_of(name: str) -> str:
    """A slug for a name: accents dropped, lower case, runs of white space and hyphens one hyphen, the rest left out."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    kept = re.sub(r"[^a-z0-9_\s-]", "", plain)
    return re.sub(r"[\s-]+", "-", kept).strip("-_")[:LONGEST_SLUG]
