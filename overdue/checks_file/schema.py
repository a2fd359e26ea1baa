"""The JSON Schema of the file, for editors that complete and check while one types. Start at `schema`."""

from typing import Any

from chalicelib.fields.kinds import AUTO, OFF, Choice, Count, Duration, Kind, Limit, Schema, Tag, Tags
from chalicelib.fields.list_kinds import Channels, Texts
from chalicelib.fields.object_kinds import Grouping, Latency, Probing, Steps
from chalicelib.fields.schedule_kinds import Expression, FirstPing
from chalicelib.fields.table import BY_NAME
from overdue.checks_file.fields import FIELDS
from overdue.checks_file.file import NOT_IN_DEFAULTS

_TEXT: Schema = {"type": "string"}
_OFF: Schema = {"const": OFF}


def schema() -> Schema:
    """JSON Schema 2020-12. What only a parser can judge (schedules, zones, channels) it leaves to `apply`."""
    fields = {name: {"description": field.help, **_of_kind(field.kind)} for name, field in FIELDS.items()}
    both = {"not": {"type": "object", "required": ["every", "schedule"]}}
    defaults = {name: value for name, value in fields.items() if name not in NOT_IN_DEFAULTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Overdue checks",
        "type": "object",
        "required": ["checks"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": 1, "description": "The version of this format."},
            "defaults": {
                "type": ["object", "null"],
                "description": "Values for every check that does not give its own.",
                "properties": defaults,
                "additionalProperties": False,
                **both,
            },
            "checks": {
                "type": "object",
                "description": "Each check under its slug, the name in its ping URL.",
                "propertyNames": {"pattern": "^[a-z0-9_-]{1,100}$"},
                "additionalProperties": {"$ref": "#/$defs/check"},
            },
        },
        "$defs": {
            "check": {"type": ["object", "null"], "properties": fields, "additionalProperties": False, **both},
        },
    }


def _of_kind(kind: Kind) -> Schema:
    """The values that YAML may have: those of JSON, durations as a person types them, `off` for null."""
    match kind:
        case Duration():
            return {"oneOf": [*_spans(kind), *([_OFF] if _can_be_off(kind) else [])]}
        case Latency():
            return {"type": ["string", "number"], "examples": ["800ms", "10s"]}
        case Count(can_be_off=True):
            return {"oneOf": [_OFF, {**kind.schema, "type": "integer"}]}
        case Choice():
            return {"enum": list(kind.choices)}
        case Expression():
            return {"oneOf": [kind.schema, BY_NAME["schedules"].kind.schema]}
        case Texts():
            return {"oneOf": [_TEXT, {**kind.schema, "uniqueItems": True}]}
        case Tags() | Channels():
            item = Tag(kind.longest).schema if isinstance(kind, Tags) else {**_TEXT, "minLength": 1}
            return {"oneOf": [_TEXT, {"type": "array", "items": item, "uniqueItems": True}]}
        case Steps():
            step = _table({"after": kind.after, "channels": kind.channels}, required=["after", "channels"])
            steps: Schema = {"type": "array", "items": step, "minItems": 1, "maxItems": kind.schema["maxItems"]}
            return {"oneOf": [_TEXT, steps]}
        case Grouping():
            return {"oneOf": [_OFF, _table(kind.parts, required=[])]}
        case Probing():
            parts = {name: part for name, part in kind.parts.items() if name != "every"}
            table = _table(parts, required=["url"])
            table["properties"]["url"] = kind.schema["properties"]["url"]
            return {"oneOf": [_TEXT, table]}
        case _:
            return kind.schema


def _spans(kind: Duration) -> list[Schema]:
    found: list[Schema] = [
        {"type": "string", "pattern": "^[1-9][0-9]{0,8} ?[smhdw]?$"},
        {"type": "integer", "minimum": kind.least_s, "maximum": kind.most_s},
    ]
    if isinstance(kind, FirstPing):
        found.append({"type": "string", "pattern": "^[0-9]{4}-"})
    if isinstance(kind, Limit) and kind.can_be_auto:
        found.append({"const": AUTO})
    return found


def _can_be_off(kind: Duration) -> bool:
    return isinstance(kind, Limit) or kind.least_s == 0


def _table(parts: dict[str, Kind], *, required: list[str]) -> Schema:
    properties: dict[str, Any] = {name: _of_kind(kind) for name, kind in parts.items()}
    return {"type": "object", "required": required, "additionalProperties": False, "properties": properties}
