"""A form as it was understood: the configuration that it asks for, and what is wrong with which of its inputs.

Values are read by the field table and merged by `fields.merge`, as at every other edge. Errors are worded by
`FieldError.words`, each at its input. Start at `read_form`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import FieldError
from chalicelib.fields.merge import Lookup, Said, merge, require_future_first_ping
from chalicelib.fields.table import BY_NAME
from chalicelib.web.pages.check_form.form_fields import PROBE_INPUTS, Values
from chalicelib.web.pages.check_form.inputs import typed_values
from chalicelib.web.pages.check_form.labels import LABELS

_PAIRS = (("min_count", "count_window"), ("min_runtime", "max_runtime"))  # of which one alone says little
_WHEN = frozenset({"schedules", "timeout", "tz", "probe", "grace", "name"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with an input, and what to do; a link may stand in the middle."""

    text: str
    label: str = ""
    href: str = ""
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A form as it was understood."""

    config: Config  # as far as it was understood
    problems: Mapping[str, Problem]  # by input, in the order of the form


def read_form(values: Values, before: Config, channels: Sequence[Channel], *, now: datetime) -> Reading:
    """The configuration that a form asks for at an instant. `before`: what it changes."""
    problems: dict[str, Problem] = {}
    good: dict[str, Any] = {}
    for name, read in typed_values(values, before, channels).items():
        try:
            good[name] = read()
        except FieldError as error:
            problems[_input_of(error)] = Problem(error.words(_label))
    for pair in _PAIRS:
        if not problems.keys().isdisjoint(pair):
            good = {name: value for name, value in good.items() if name not in pair}
    config = _merged(before, good, problems, Lookup(channels=channels), now=now)
    return Reading(config, {name: problems[name] for name in values if name in problems})


def _merged(before: Config, said: Said, problems: dict[str, Problem], lookup: Lookup, *, now: datetime) -> Config:
    """The configuration; where values contradict each other, as much of it as says when something is expected."""
    try:
        config = merge(before, said, lookup)
        require_future_first_ping(config, before=before, now=now)
    except FieldError as error:
        name = _input_of(error)
        problems.setdefault(name, Problem(error.words(_label)))
        kept = _WHEN - {"schedules", "tz"} if name == "schedule" else _WHEN
        plain = replace(before, windows=(), min_count=None, count_window=None, min_runtime=None, max_runtime=None)
        plain = replace(plain, misses_before_alert=1)
        return merge(plain, {field: value for field, value in said.items() if field in kept}, lookup)
    return config


def _input_of(error: FieldError) -> str:
    """The input that an error is shown at."""
    name, _, part = error.field.partition(".")
    if part in PROBE_INPUTS:
        return part
    if error.code in ("has_passed", "not_instant"):
        return "first_ping_at"
    return _form_name(name)


def _form_name(name: str) -> str:
    if name == "schedule":
        return name
    return (BY_NAME[name].form_name or "name") if name in BY_NAME else name


def _label(name: str) -> str:
    return f"“{LABELS[_form_name(name)]}”"
