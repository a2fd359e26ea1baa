"""The options that configure a check, one for each field of the field table, and the API's fields that they stand for.

Start at `config_options` and `fields_of`. Probes and groups have several options: see `probed` and `grouped`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import click

from chalicelib.fields.kinds import Choice, Flag
from chalicelib.fields.list_kinds import Texts
from chalicelib.fields.object_kinds import Steps
from chalicelib.fields.schedule_kinds import Expression
from chalicelib.fields.table import BY_NAME, FIELDS, Field
from overdue.cli.options import wrong_usage

Function = Callable[..., Any]

_ELSEWHERE = {"name", "probe", "schedules", "escalation_policy"}  # declared by commands, or read with another field
CONFIGURED = tuple(field for field in FIELDS if field.option_name and field.name not in _ELSEWHERE)


def config_options(*fields: Field) -> Callable[[Function], Function]:
    """Add the options of these fields; the command gets each under its field's name."""

    def decorated(function: Function) -> Function:
        for field in reversed(fields):
            function = _option(field)(function)
        return function

    return decorated


def _option(field: Field) -> Callable[[Function], Function]:
    option, kind = field.option_name or "", field.kind
    match kind:
        case Flag():
            both = option if "/" in option else f"{option}/--no-{option.removeprefix('--')}"
            return click.option(both, field.name, default=None, help=field.help)
        case Choice():
            return click.option(option, field.name, type=click.Choice(list(kind.choices)), help=field.help)
        case Texts() | Steps() | Expression():
            metavar = "STEP|POLICY" if isinstance(kind, Steps) else kind.placeholder
            about = f"{field.help} Repeatable."
            return click.option(option, field.name, metavar=metavar, multiple=True, help=about)
        case _:
            return click.option(option, field.name, metavar=kind.placeholder, help=field.help)


def fields_of(said: Mapping[str, Any]) -> dict[str, object]:
    """The API's fields of the options that were given. Raises UsageError, before anything is sent."""
    if said["timeout"] is not None and said["schedule"]:
        raise click.UsageError("--every and --schedule exclude each other")
    fields: dict[str, object] = {}
    with wrong_usage():
        for field in CONFIGURED:
            if (given := said.get(field.name)) not in (None, ()):
                name, value = _value(field, given)
                fields[name] = BY_NAME[name].kind.json(value)
    if "timeout" in fields and "tz" in fields:
        raise click.UsageError("--tz is the zone of a --schedule: a period has none")
    return fields


def _value(field: Field, given: Any) -> tuple[str, Any]:
    """The field that is meant, and its value. Raises FieldError."""
    name, kind = field.name, field.kind
    match kind, given:
        case Flag(), _:
            return name, given
        case Steps(), [str(only)] if " " not in only.strip():
            policy = BY_NAME["escalation_policy"].kind.parse(name, only)
            return ("escalation_policy", policy) if policy else (name, ())
        case Expression(), [_, _, *_]:
            return "schedules", BY_NAME["schedules"].kind.parse("schedules", "\n".join(given))
        case _, tuple():
            return name, kind.parse(name, getattr(kind, "separator", "\n").join(given))
        case _:
            return name, kind.parse(name, given)
