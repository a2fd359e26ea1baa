"""A form as it was understood: the configuration that it asks for, and what is wrong with which of its fields.

All is judged by the API's own readers (`web.api.fields`, `web.api.merged`), so that neither takes what the other
refuses; problems are told in the domain's words, each at its field. Start at `read_form`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import cast

from chalicelib.domain.check import Config
from chalicelib.domain.errors import BadInput
from chalicelib.domain.wallclock import duration
from chalicelib.store.registry import Channel
from chalicelib.web.api.call import Refused
from chalicelib.web.api.fields import SCHEMAS, CheckFields, read
from chalicelib.web.api.merged import merged
from chalicelib.web.api.versions import VERSIONS
from chalicelib.web.pages.form import SPANS, Values
from chalicelib.web.pages.form_saying import Said, Wrong, said

PREFIX = "json validation error: "
_FIELDS = {  # of the wire, whose field in the form is called otherwise
    "timeout": "period",
    "schedules": "schedule",
    "tz": "zone",
    "probe": "url",
    "channels": "all_channels",
    "methods": "post_only",
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


def read_form(values: Values, before: Config, channels: Sequence[Channel]) -> Reading:
    """The configuration that a form asks for. `before`: what it was filled from."""
    problems: dict[str, Problem] = {}
    good = _judged(said(values, before, channels), problems)
    return _merged(before, good, problems, channels, order=tuple(values))


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
        case "too long" if isinstance(value, str):
            return f"{len(value):,} characters are too many: {schema['maxLength']:,} are allowed"
        case "too large" if field in SPANS:
            return f"{field} is too long: {duration(timedelta(seconds=schema['maximum']))} at most"
        case "too long" if isinstance(value, list):
            return f"a line is too long: {schema['items']['maxLength']:,} characters at most"
        case "too small" | "too large" if "maximum" in schema:
            return f"{field} must be a whole number from {schema['minimum']:,} to {schema['maximum']:,}"
        case _ if isinstance(value, list) and len(value) > schema["maxItems"]:
            return f"{len(value):,} lines are too many: {schema['maxItems']} at most"
        case _ if field == "slug":
            return f'slug "{str(value)[:40]}" cannot be one: use a-z, 0-9, hyphens and underscores, 100 at most'
        case _:
            return str(error).removeprefix(PREFIX)


def _merged(
    before: Config,
    said: dict[str, object],
    problems: dict[str, Problem],
    channels: Sequence[Channel],
    *,
    order: Sequence[str],
) -> Reading:
    try:
        config = _config(before, said, channels)
    except BadInput as error:
        text = str(error).removeprefix(PREFIX)
        name = next((name for name in ("min_count", "min_runtime", "windows") if text.startswith(name)), "name")
        detail = getattr(error, "detail", None)
        problems[name] = Problem(text if detail is None else f"{text}: {detail}")
        when = ("schedules", "timeout", "tz", "probe", "grace", "name")
        plain = replace(before, windows=(), min_count=None, count_window=None, min_runtime=None, max_runtime=None)
        config = _config(plain, {field: value for field, value in said.items() if field in when}, channels)
    return Reading(config, {name: problems[name] for name in order if name in problems})


def _config(before: Config, said: dict[str, object], channels: Sequence[Channel]) -> Config:
    return merged(before, cast("CheckFields", said), version=VERSIONS["v3"], channels=channels)
