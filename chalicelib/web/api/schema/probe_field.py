"""The field `probe` of a check: an object, in requests as in answers; null is none.

Start at `read_probe`. What can be probed is decided in `domain.probe`, how a probe is spelt in `domain.probe_json`.
"""

from typing import Any

from chalicelib.domain.errors import BadInput
from chalicelib.domain.sources.probe import (
    LONGEST_EVERY,
    LONGEST_TEXT,
    LONGEST_TIMEOUT,
    LONGEST_URL,
    METHODS,
    MOST_CERTIFICATE_DAYS,
    SHORTEST_EVERY,
    Probe,
    sound,
)
from chalicelib.domain.sources.probe_json import as_json, from_json, seconds
from chalicelib.web.api.call import Refused

_TIMEOUT_S = seconds(LONGEST_TIMEOUT)
SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "What Overdue asks by itself, instead of waiting for pings; durations in seconds",
    "required": ["url"],
    "additionalProperties": False,
    "properties": {
        "url": {"type": "string", "maxLength": LONGEST_URL, "pattern": "^[Hh][Tt][Tt][Pp][Ss]?://"},
        "method": {"enum": list(METHODS)},
        "headers": {"type": "object", "additionalProperties": {"type": "string"}},
        "expect_status": {"type": ["string", "integer"], "examples": ["200", "2xx", "200-299,401"]},
        "expect_text": {"type": "string", "maxLength": LONGEST_TEXT},
        "timeout": {"type": "number", "minimum": 1, "maximum": _TIMEOUT_S},
        "every": {
            "type": "integer",
            "minimum": seconds(SHORTEST_EVERY),
            "maximum": seconds(LONGEST_EVERY),
            "multipleOf": 60,
        },
        "follow_redirects": {"type": "boolean"},
        "certificate_days": {"type": "integer", "minimum": 0, "maximum": MOST_CERTIFICATE_DAYS},
        "slow": {"type": ["number", "null"], "exclusiveMinimum": 0, "maximum": _TIMEOUT_S},
    },
}


def read_probe(field: str, value: dict[str, Any] | None) -> Probe | None:
    """The probe of a request. Raises Refused, which names in its detail what is wrong within."""
    import fastjsonschema

    if value is None:
        return None
    try:
        fastjsonschema.validate(SCHEMA, value)
        return sound(from_json(value))
    except fastjsonschema.JsonSchemaValueException as error:
        detail = str(error.message).replace("data", field, 1)
        raise Refused(f"json validation error: {field} is not valid", detail) from error
    except BadInput as error:
        raise Refused(f"json validation error: {field} is not valid", str(error)) from error


def shown(probe: Probe | None, *, may_write: bool) -> dict[str, Any] | None:
    """A probe in an answer. Its headers and its query may hold secrets: they are for keys that may write."""
    if probe is None or may_write:
        return None if probe is None else as_json(probe)
    return as_json(probe) | {"url": probe.url.partition("?")[0], "headers": {}}
