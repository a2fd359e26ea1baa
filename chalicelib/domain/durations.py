"""Durations and instants as people and programs write them. The one parser of each."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import zone_named

SHORTEST: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(days=365)

_DURATION = r"0*([0-9]+) ?([smhdw]?)"  # compiled at the first use: most cold starts meet none
UNIT_S: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


def parse_duration(field: str, text: str, *, shortest: timedelta = SHORTEST, longest: timedelta = LONGEST) -> timedelta:
    """A duration in seconds (`600`) or with a unit (`10m`, `1h`, `1d`, `1w`), within its bounds. Raises FieldError."""
    found = re.fullmatch(_DURATION, text)
    if found is None:
        raise FieldError(field, "not_duration", value=text)
    value_s = int(found[1][:12]) * UNIT_S[found[2]]  # compared as a number: 999999999w is beyond any timedelta
    bound = (shortest, longest)
    if value_s < shortest.total_seconds():
        raise FieldError(field, "too_small", bound=bound, value=text)
    if value_s > longest.total_seconds():
        raise FieldError(field, "too_large", bound=bound, value=text)
    return timedelta(seconds=value_s)


def is_duration(text: str) -> bool:
    """Whether a text is written as a duration, within its bounds or not."""
    return re.fullmatch(_DURATION, text) is not None


def parse_instant(field: str, text: str, tz: str) -> datetime:
    """An instant as ISO 8601 has it, in UTC; without an offset it is local time in a zone. Raises FieldError."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo is not None else found.replace(tzinfo=zone_named(tz))).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise FieldError(field, "not_instant", value=text) from error
