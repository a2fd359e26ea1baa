"""What a new check shall be like, as the query of a `?create=1` says it.

Parses and validates; a check that exists never gets here.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.domain.config import Config
from chalicelib.domain.durations import parse_duration
from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule.occurrences import Every, current_zone, parse_schedule
from chalicelib.domain.slugs import LONGEST_SLUG

LONGEST_TAGS: Final = 500
MOST_LINES: Final = 3  # of a schedule, so that a ping key alone cannot create an expensive check
AUTO: Final = "auto"  # a limit that is learnt
MOST_ITEMS: Final = 10**15  # a count beyond it is no number of items


def parse_count(name: str, text: str, *, least: int) -> int:
    """A number of items. Raises BadInput."""
    if not re.fullmatch(r"[0-9]{1,16}", text) or not least <= int(text) <= MOST_ITEMS:
        raise BadInput(f'{name} "{text[:40]}" must be a whole number from {least} to 10^15')
    return int(text)


def config_of_new(slug: str, query: Mapping[str, str]) -> Config:
    """The configuration of a check that its first ping creates: name = slug, period 1 day, grace 1 hour,
    all channels, unless the query says otherwise. Raises BadInput: nothing is to be made then.
    """
    if len(slug) > LONGEST_SLUG:
        raise BadInput(f"the slug is too long: {len(slug)} characters, {LONGEST_SLUG} are allowed")
    second = timedelta(seconds=1)
    readers: dict[str, Callable[[str], object]] = {
        "grace": lambda text: parse_duration("grace", text),
        "max_runtime": lambda text: None if text == AUTO else parse_duration("max_runtime", text),
        "min_runtime": lambda text: parse_duration("min_runtime", text, shortest=second),
        "min_count": lambda text: parse_count("min_count", text, least=1),
        "count_window": lambda text: parse_duration("count_window", text),
        "tags": _tags,
        "tz": current_zone,
    }
    given = {name: read(query[name]) for name, read in readers.items() if name in query}
    if ("min_count" in given) != ("count_window" in given):
        raise BadInput("min_count and count_window go together: so many items in each window")
    if query.get("max_runtime") == AUTO:
        given |= {"max_runtime": None, "learns_max_runtime": True}
    config = replace(Config(name=slug, slug=slug), **given)  # type: ignore[arg-type]  # each reader fits its field
    if config.min_runtime and config.max_runtime and config.min_runtime > config.max_runtime:
        raise BadInput("min_runtime is above max_runtime: no run could ever be right")
    return _scheduled(config, query)


def _scheduled(config: Config, query: Mapping[str, str]) -> Config:
    if "period" in query and "schedule" in query:
        raise BadInput("period and schedule exclude each other: give one of them")
    if "schedule" in query:
        n_lines = len(query["schedule"].strip().split("\n"))
        if n_lines > MOST_LINES:
            raise BadInput(f"the schedule has {n_lines} lines: with create=1 it may have {MOST_LINES} at most")
        return replace(config, schedule=parse_schedule(query["schedule"], config.tz))
    if "period" in query:
        return replace(config, schedule=Every(parse_duration("period", query["period"])))
    return config


def _tags(text: str) -> str:
    if len(text) > LONGEST_TAGS:
        raise BadInput(f"tags are too long: {len(text)} characters, {LONGEST_TAGS} are allowed")
    if not text.isprintable():
        raise BadInput("tags have characters that cannot be shown: use letters, digits and signs")
    return " ".join(dict.fromkeys(text.split()))
