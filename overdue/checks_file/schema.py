"""The JSON Schema of the file, for editors that complete and check while one types. Start at `schema`."""

from overdue.checks_file.fields import FIELDS
from overdue.checks_file.file import NOT_IN_DEFAULTS


def schema() -> dict[str, object]:
    """JSON Schema 2020-12. What only a parser can judge (schedules, zones, channels) it leaves to `apply`."""
    fields = {field.name: {"description": field.about, **field.kind.schema} for field in FIELDS}
    both = {"not": {"type": "object", "required": ["every", "schedule"]}}
    defaults = {name: value for name, value in fields.items() if name not in NOT_IN_DEFAULTS}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Overdue checks",
        "type": "object",
        "required": ["checks"],
        "additionalProperties": False,
        "properties": {
            "version": {"const": 1, "description": "Of this format."},
            "defaults": {
                "type": ["object", "null"],
                "description": "What holds for every check that does not say otherwise.",
                "properties": defaults,
                "additionalProperties": False,
                **both,
            },
            "checks": {
                "type": "object",
                "description": "Each check below its slug, the name in its ping URL.",
                "propertyNames": {"pattern": "^[a-z0-9_-]{1,100}$"},
                "additionalProperties": {"$ref": "#/$defs/check"},
            },
        },
        "$defs": {
            "check": {"type": ["object", "null"], "properties": fields, "additionalProperties": False, **both},
        },
    }
