"""The configuration of a check that its first ping creates, from the query of `?create=1` (docs/adr/0023).

Every plain field of the table can be set. Start at `config_of_new`; a check that exists never gets here.
"""

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from typing import Any

from chalicelib.domain.config import Config
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.fields.merge import merge, require_future_first_ping
from chalicelib.fields.table import BY_NAME, FIELDS

MOST_LINES = 3  # of schedule and windows, so that a ping key alone cannot create an expensive check
SIMILAR = 0.85  # of 1: catches a letter too many or too few, and leaves `status`, `runtime` or `host` to others
OF_PINGS = ("create", "rid", "count", "msg")  # parameters of every ping

_PARAMETERS = {field.parameter: field for field in FIELDS if field.on_create}
_ALIASES = {name: field for field in FIELDS for name in (field.name, field.yaml_name) if name is not None}


def config_of_new(slug: str, query: Mapping[str, str], *, now: datetime) -> Config:
    """Return the configuration: name = slug, period 1 day, grace 1 hour, all channels, except for what the query sets.

    Raises FieldError for an invalid value, for a field that cannot be set here, and for a name that is similar to a
    parameter. Other names are ignored: they belong to other tools.
    """
    if len(slug) > LONGEST_SLUG:
        raise FieldError("slug", "too_long", bound=LONGEST_SLUG, value=slug)
    if "period" in query and "schedule" in query:
        raise FieldError("timeout", "excludes", bound="schedule")
    said: dict[str, Any] = {}
    for name, text in query.items():
        if (field := _PARAMETERS.get(name)) is not None:
            _require_few_lines(field.name, text)
            said[field.name] = field.kind.parse(field.name, text)
        elif name not in OF_PINGS:
            _require_foreign(name)
    new = Config(name=slug, slug=slug)
    config = merge(new, said)
    require_future_first_ping(config, before=new, now=now)
    return config


def _require_few_lines(field: str, text: str) -> None:
    if field in ("schedule", "windows") and (lines := text.strip().count("\n") + 1) > MOST_LINES:
        raise FieldError(field, "too_many", bound=MOST_LINES, value=f"{lines} lines")


def _require_foreign(name: str) -> None:
    """Refuse a parameter that was probably meant to set a field."""
    field = _ALIASES.get(name)
    if field is not None and not field.on_create:
        raise FieldError(name, "not_settable")
    similar = [field.parameter] if field is not None else get_close_matches(name, _PARAMETERS, n=1, cutoff=SIMILAR)
    if similar:
        raise FieldError(name, "no_such_field", bound=_PARAMETERS[similar[0]].name)


def parameter_of(field: str) -> str:
    """The parameter that sets a field, for errors."""
    return BY_NAME[field].parameter if field in BY_NAME else field
