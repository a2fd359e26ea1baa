"""A form as it was understood: the configuration that it asks for, and what is wrong with which of its fields.

All is judged by the API's own readers (`web.api.fields`, `web.api.merged`), so that neither takes what the other
refuses; problems are told in the form's words, each at its field. Start at `read_form`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import cast

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput
from chalicelib.web.api.call import Refused
from chalicelib.web.api.merged import FIRST_PING_HAS_PASSED, NEVER_IN_ITS_ZONE, insist_on_time_to_come, merged, slug_of
from chalicelib.web.api.schema.fields import SCHEMAS, CheckFields, read
from chalicelib.web.api.versions import VERSIONS
from chalicelib.web.pages.check_form.api_fields import Said, Wrong, said
from chalicelib.web.pages.check_form.form_fields import Values

PREFIX = "json validation error: "
_FIELDS = {  # of the wire, whose field in the form is called otherwise
    "timeout": "period",
    "schedules": "schedule",
    "tz": "zone",
    "probe": "url",
    "channels": "all_channels",
    "methods": "post_only",
}
_PAIRS = (("min_count", "count_window"), ("min_runtime", "max_runtime"))  # of which one alone says little
_CONTRADICTIONS = {  # how what the API says begins: the field, and what the form says
    "min_count and count_window go": (
        "min_count",
        "say both, how many items and in what time, or leave both empty",
    ),
    "min_runtime is above": ("min_runtime", "this is more than a run may take at most: no run could ever be right"),
    "windows leave nothing": (
        "windows",
        "each time at which it should succeed lies within them: nothing would ever be expected",
    ),
    "windows cost too much": (
        "windows",
        "there are too many, or too many without a gap between them: use fewer, longer windows",
    ),
    "misses_before_alert costs too much": (
        "misses_before_alert",
        "with this schedule, one evaluation would take too long: lower this number, or use fewer schedules or windows",
    ),
    NEVER_IN_ITS_ZONE.removeprefix(PREFIX): ("schedule", "it never occurs: clocks in this zone skip all its times"),
    FIRST_PING_HAS_PASSED.removeprefix(PREFIX): ("first_ping_at", "this has passed: give an instant to come"),
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a field, and what to do; a link may stand in the middle."""

    text: str
    label: str = ""
    href: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A form as it was understood."""

    config: Config  # as far as it was understood
    problems: Mapping[str, Problem]  # by field, in the order of the form


def read_form(values: Values, before: Config, channels: Sequence[Channel], *, now: datetime) -> Reading:
    """The configuration that a form asks for at an instant. `before`: what it changes."""
    problems: dict[str, Problem] = {}
    good = _judged(said(values, before, channels), problems)
    for pair in _PAIRS:
        if not problems.keys().isdisjoint(pair):
            good = {field: value for field, value in good.items() if field not in pair}
    reading = _merged(before, good, problems, channels, now=now)
    return replace(reading, problems={name: problems[name] for name in values if name in problems})


def _judged(new: Said, problems: dict[str, Problem]) -> dict[str, object]:
    """What the API's reader takes. It judges each field by itself, so that all problems are told at once."""
    good: dict[str, object] = {}
    for field, value in new.items():
        at = _FIELDS.get(field, field)
        try:
            found = value() if callable(value) else value
            good |= read({field: found}, has_extras=True)
        except Wrong as error:
            problems[error.field] = Problem(str(error))
        except Refused as error:
            problems[at] = Problem(_why(field, found, error))
        except BadInput as error:
            problems[at] = Problem(str(error))
    return good


def _why(field: str, value: object, error: Refused) -> str:
    """The domain's words where it has said it; for a bound of the schema, ours."""
    if error.detail is not None:
        return error.detail
    schema = SCHEMAS[field]
    match str(error).removeprefix(PREFIX).partition(" is ")[2]:
        case _ if field == "slug":
            return _no_slug(str(value))
        case "too long" if isinstance(value, str):
            return f"{len(value):,} characters are too many: {schema['maxLength']:,} are allowed"
        case "too long" if isinstance(value, list):
            return f"a line is too long: {schema['items']['maxLength']:,} characters at most"
        case _ if isinstance(value, list) and len(value) > schema["maxItems"]:
            return f"{len(value):,} lines are too many: {schema['maxItems']} at most"
        case _:
            return f"it {str(error).removeprefix(PREFIX).removeprefix(field).strip()}"


def _no_slug(text: str) -> str:
    could = slug_of(text)
    example = f", such as {could[:40]}" if could else ""
    return f"“{text[:40]}” cannot be one: use a-z, 0-9, hyphens and underscores, 100 at most{example}"


def _merged(
    before: Config,
    said: dict[str, object],
    problems: dict[str, Problem],
    channels: Sequence[Channel],
    *,
    now: datetime,
) -> Reading:
    try:
        config = _config(before, said, channels)
        insist_on_time_to_come(config, before=before, now=now)
    except BadInput as error:
        name, problem = _contradiction(error)
        problems.setdefault(name, problem)
        when = {"schedules", "timeout", "tz", "probe", "grace", "name"}
        if name == "schedule":
            when -= {"schedules", "tz"}
        plain = replace(before, windows=(), min_count=None, count_window=None, min_runtime=None, max_runtime=None)
        plain = replace(plain, misses_before_alert=1)
        config = _config(plain, {field: value for field, value in said.items() if field in when}, channels)
    return Reading(config, problems)


def _contradiction(error: BadInput) -> tuple[str, Problem]:
    text, detail = str(error).removeprefix(PREFIX), getattr(error, "detail", None)
    for beginning, (name, told) in _CONTRADICTIONS.items():
        if text.startswith(beginning):
            return name, Problem(told)
    return "name", Problem(text if detail is None else f"{text}: {detail}")


def _config(before: Config, said: dict[str, object], channels: Sequence[Channel]) -> Config:
    return merged(before, cast("CheckFields", said), version=VERSIONS["v3"], channels=channels)
