"""What requests and answers of the API look like, in JSON Schema: the `components` of the OpenAPI document.

What a request may say is what it is read with (`fields`); start at `schemas`.
"""

from chalicelib.domain.alerts import Kind, Reason
from chalicelib.domain.check import Status
from chalicelib.domain.ping import Signal
from chalicelib.domain.runs.recent_runs import OF_PINGS
from chalicelib.domain.text.display_status import DisplayStatus
from chalicelib.fields.kinds import Schema
from chalicelib.fields.table import FIELDS
from chalicelib.web.api.schema.fields import SCHEMAS

TEXT: Schema = {"type": "string"}
_BOOL: Schema = {"type": "boolean"}
_COUNT: Schema = {"type": "integer", "minimum": 0}
_URL: Schema = {"type": "string", "format": "uri"}
_INSTANT: Schema = {"type": "string", "format": "date-time"}
_REASON: Schema = {"enum": [*(reason.value for reason in Reason), None]}
SNOOZE: Schema = {
    "type": "object",
    "properties": {
        "for": {"type": "integer", "minimum": 1, "maximum": 31_536_000, "description": "Seconds"},
        "until": {**TEXT, "examples": ["2026-12-24T20:00", "2026-12-24T19:00:00Z"]},
    },
    "minProperties": 1,
    "maxProperties": 1,
}
_LEARNT: Schema = {
    "type": "object",
    "description": "What max_runtime: auto has learnt; null where it is not auto",
    "properties": {
        "runs": _COUNT,
        "usual": {"anyOf": [{"type": "array", "items": {"type": "number"}}, {"type": "null"}]},
        "max_runtime": {"anyOf": [_COUNT, {"type": "null"}]},
    },
    "required": ["runs", "usual", "max_runtime"],
}
POLICY: Schema = {
    "type": "object",
    "properties": {"name": {**TEXT, "maxLength": 40}, "steps": SCHEMAS["escalation"] | {"type": "array"}},
    "required": ["name", "steps"],
}


def schemas() -> Schema:
    """All that have a name, by it."""
    return {
        "Check": _check(),
        "CheckFields": _check_fields(),
        "Ping": _ping(),
        "Flip": _flip(),
        "Channel": object_of(id=TEXT, name=TEXT, kind=TEXT),
        "Policy": object_of(name=TEXT, steps={"type": "array", "items": _step("after", "channels")}),
        "Badges": object_of(svg=_URL, svg3=_URL, json=_URL, json3=_URL, shields=_URL, shields3=_URL),
        "Error": object_of(error=TEXT),
    }


def _step(*required: str) -> Schema:
    return {"type": "object", "properties": {"after": _COUNT, "channels": TEXT}, "required": list(required)}


def _flip() -> Schema:
    told = object_of(kind={"enum": [kind.value for kind in Kind]}, to={"type": "array", "items": TEXT}, at=_INSTANT)
    flip = object_of(
        timestamp=_INSTANT, up={"enum": [0, 1]}, status={"enum": [status.value for status in Status]}, reason=_REASON
    )
    flip["properties"]["sent"] = {"type": "array", "items": told, "description": "For keys that may write"}
    return flip


def _check_fields() -> Schema:
    examples = {field.name: {"examples": list(field.examples)} for field in FIELDS if field.examples}
    return {"type": "object", "properties": {name: schema | examples.get(name, {}) for name, schema in SCHEMAS.items()}}


def _check() -> Schema:
    known = {field.name: field.kind.shown for field in FIELDS}
    sometimes: Schema = {name: known.pop(name) for name in ("timeout", "schedule", "tz", "channels")}
    always = known | {
        **dict.fromkeys(("subject", "subject_fail", "zone"), TEXT),
        **dict.fromkeys(("started", "every_channel"), _BOOL),
        **{name: _or_null(_INSTANT) for name in ("last_ping", "next_ping", "due_at")},
        "learnt": _or_null(_LEARNT),
        **dict.fromkeys(("n_pings", "failures", "misses"), _COUNT),
        **{name: {"type": "array", "items": TEXT} for name in ("warnings", "held_by")},
        **{name: _or_null(_INSTANT) for name in ("maintenance_until", "snoozed_until", "acknowledged_at")},
        **{name: _or_null(_INSTANT) for name in ("unknown_since", "throttled_since", "throttled_at")},
        "acknowledged_by": _or_null(TEXT),
        "status": {"enum": [state.value for state in DisplayStatus if state is not DisplayStatus.UNKNOWN]},
        "reason": _REASON,
        "explanation": _or_null(TEXT),
        "badge_url": _URL,
        "runs": {"type": "array", "items": object_of(rid=_or_null(TEXT), started=_INSTANT, overran=_BOOL)},
    }
    sometimes |= {
        "last_duration": _COUNT,
        **dict.fromkeys(("uuid", "unique_key"), TEXT),
        **dict.fromkeys(("ping_url", "update_url", "pause_url", "resume_url"), _URL),
    }
    return {"type": "object", "properties": always | sometimes, "required": sorted(always)}


def _ping() -> Schema:
    always: Schema = {
        "type": {"enum": [signal.value for signal in Signal]},
        "date": _INSTANT,
        "n": _COUNT,
        **dict.fromkeys(("scheme", "remote_addr", "method", "ua"), TEXT),
        "rid": _or_null(TEXT),
        "body_url": _or_null(_URL),
        "outcome": {"enum": [*(ended.name.lower() for ended in OF_PINGS), None]},
    }
    return {
        "type": "object",
        "properties": always | {"duration": {"type": "number", "minimum": 0}},
        "required": sorted(always),
    }


def object_of(**properties: Schema) -> Schema:
    """An object that has all of these."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def list_of(name: str) -> Schema:
    """An array of what has a name in `schemas`."""
    return {"type": "array", "items": ref(name)}


def _or_null(schema: Schema) -> Schema:
    return {"anyOf": [schema, {"type": "null"}]}


def ref(name: str) -> Schema:
    """What has this name in `schemas`."""
    return {"$ref": f"#/components/schemas/{name}"}
