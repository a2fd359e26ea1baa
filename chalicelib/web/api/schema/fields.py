"""The fields of a POST: their bounds, their order, and the wire's word for what is wrong.

Beside each kind of field stands its JSON Schema, of which fastjsonschema makes a function (docs/adr/0006), and what no
schema can say. `openapi` describes requests with the same schemas. Start at `read`; what the fields make of a check is
`merged`'s business. Loaded only when a check is made or changed.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Annotated, Any, Literal, TypedDict, cast, get_type_hints

import fastjsonschema

from chalicelib.domain.durations import LONGEST, SHORTEST, parse_instant
from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import LONGEST_TAGS
from chalicelib.domain.rules import dependencies, escalation, thresholds
from chalicelib.domain.schedule import maintenance as windows
from chalicelib.domain.schedule import parse
from chalicelib.domain.schedule.occurrences import LONGEST as LONGEST_SCHEDULE
from chalicelib.domain.schedule.occurrences import current_zone, parse_schedule
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.domain.sources.probe import Probe
from chalicelib.fields.kinds import AUTO, MOST_ITEMS
from chalicelib.web.api.call import Json, Refused
from chalicelib.web.api.schema.group_field import read_group
from chalicelib.web.api.schema.probe_field import read_probe

LONGEST_DESC = 20_000
SHORTEST_S, LONGEST_S = int(SHORTEST.total_seconds()), int(LONGEST.total_seconds())

Schema = dict[str, Any]  # JSON Schema


def _whole(field: str, text: str) -> str:
    if "\0" in text:
        raise _refused(field, "contains a NUL character")
    return text


def _paired(field: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair
        raise _refused(field, "is not a string") from error
    return text


def _schedule(field: str, text: str) -> str:
    try:
        parse_schedule(text, "UTC")
    except BadInput as error:
        raise _refused(field, "is not a valid cron or OnCalendar expression", str(error)) from error
    return text


def _zone(field: str, text: str) -> str:
    try:
        return current_zone(text)
    except BadInput as error:
        raise _refused(field, "is not a valid timezone", str(error)) from error


def _schedules(field: str, lines: list[str]) -> list[str]:
    try:
        parse.parse_schedules(lines, "UTC")
    except BadInput as error:
        raise _refused(f"an item in '{field}'", "is not a valid cron or OnCalendar expression", str(error)) from error
    return lines


def _first_ping_by(field: str, value: int | str | None) -> int | str | None:
    if not isinstance(value, str):
        return value
    try:
        parse_instant(field, value, "UTC")
    except BadInput as error:
        raise _refused(field, "is not an instant", str(error)) from error
    return value


def _windows(field: str, lines: list[str]) -> list[str]:
    for line in lines:
        try:
            windows.parse_window(line, "UTC")
        except BadInput as error:
            raise _refused(f"an item in '{field}'", "is not a valid window", str(error)) from error
    return lines


class StepFields(TypedDict):
    """An escalation step: so many seconds after the flip, to these channels."""

    after: int
    channels: str


Channels = Annotated[str, {"type": "string"}, _whole]
Name = Annotated[str, {"type": "string", "maxLength": 100}, _paired, _whole]
Slug = Annotated[str, {"type": "string", "maxLength": 100, "pattern": "^[a-z0-9_-]*$"}]
Tags = Annotated[str, {"type": "string", "maxLength": LONGEST_TAGS}, _paired, _whole]
Desc = Annotated[str, {"type": "string", "maxLength": LONGEST_DESC}, _paired, _whole]
Keywords = Annotated[str, {"type": "string", "maxLength": 200}, _paired, _whole]
Expression = Annotated[str, {"type": "string", "maxLength": LONGEST_SCHEDULE}, _schedule]
Zone = Annotated[str, {"type": "string"}, _zone]
Flag = Annotated[bool, {"type": "boolean"}]
Methods = Annotated[Literal["", "POST"], {"type": "string", "enum": ["", "POST"]}]
Seconds = Annotated[int, {"type": "integer", "minimum": SHORTEST_S, "maximum": LONGEST_S}]

Matched = Literal["name", "slug", "tags", "timeout", "grace"]
Unique = Annotated[
    list[Matched],
    {"type": "array", "items": {"type": "string", "enum": ["name", "slug", "tags", "timeout", "grace"]}},
]

# null takes a limit away
Limit = Annotated[int | None, {"type": ["integer", "null"], "minimum": SHORTEST_S, "maximum": LONGEST_S}]
LimitOrAuto = Annotated[
    int | str | None,
    {"type": ["integer", "string", "null"], "minimum": SHORTEST_S, "maximum": LONGEST_S, "pattern": f"^{AUTO}$"},
]
RunLimit = Annotated[int | None, {"type": ["integer", "null"], "minimum": 1, "maximum": LONGEST_S}]
Items = Annotated[int | None, {"type": ["integer", "null"], "minimum": 1, "maximum": MOST_ITEMS}]

InARow = Annotated[int, {"type": "integer", "minimum": 1, "maximum": thresholds.MOST}]
Early = Annotated[int, {"type": "integer", "minimum": 0, "maximum": 86_400}]
FirstPingBy = Annotated[
    int | str | None,
    {"type": ["integer", "string", "null"], "minimum": SHORTEST_S, "maximum": LONGEST_S, "maxLength": 40},
    _first_ping_by,
]
Windows = Annotated[
    list[str],
    {"type": "array", "items": {"type": "string", "maxLength": windows.LONGEST_TEXT}, "maxItems": windows.MOST},
    _windows,
]
Expressions = Annotated[
    list[str],
    {
        "type": "array",
        "items": {"type": "string", "maxLength": LONGEST_SCHEDULE},
        "minItems": 1,
        "maxItems": parse.MOST,
    },
    _schedules,
]
Steps = Annotated[
    list[StepFields] | None,
    {
        "type": ["array", "null"],
        "items": {
            "type": "object",
            "properties": {
                "after": {"type": "integer", "minimum": SHORTEST_S, "maximum": LONGEST_S},
                "channels": {"type": "string", "minLength": 1},
            },
            "required": ["after", "channels"],
            "additionalProperties": False,
        },
        "maxItems": escalation.MOST,
    },
]
PolicyName = Annotated[str | None, {"type": ["string", "null"], "maxLength": 40}]
Parents = Annotated[
    list[str],
    {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_SLUG},
        "maxItems": dependencies.MOST,
    },
]
Grouped = Annotated[Json | None, {"type": ["object", "null"]}, read_group]  # what is within: `group_field.SCHEMA`
Probed = Annotated[Probe | None, {"type": ["object", "null"]}, read_probe]  # what is within: `probe_field.SCHEMA`


class WireFields(TypedDict, total=False):
    """What a client may say of a check, in the order in which errors are told."""

    channels: Channels
    desc: Desc
    failure_kw: Keywords
    filter_subject: Flag
    filter_body: Flag
    filter_http_body: Flag
    filter_default_fail: Flag
    grace: Seconds
    manual_resume: Flag
    methods: Methods
    name: Name
    schedule: Expression
    slug: Slug
    start_kw: Keywords
    subject: Keywords
    subject_fail: Keywords
    success_kw: Keywords
    tags: Tags
    timeout: Seconds
    tz: Zone
    unique: Unique


class CheckFields(WireFields, total=False):
    """And what Overdue adds, from v3 on."""

    max_runtime: LimitOrAuto
    min_runtime: RunLimit
    min_count: Items
    count_window: Limit
    remind_every: Limit
    escalation: Steps
    escalation_policy: PolicyName
    failures_before_alert: InARow
    misses_before_alert: InARow
    first_ping_by: FirstPingBy
    early: Early
    windows: Windows
    schedules: Expressions
    depends_on: Parents
    group: Grouped
    probe: Probed


def _annotations(fields: type) -> dict[str, tuple[Any, ...]]:
    hints = get_type_hints(fields, include_extras=True)
    return {field: hint.__metadata__ for field, hint in hints.items()}


_ALL = _annotations(CheckFields)
_WITHOUT_EXTRAS = _annotations(WireFields)
SCHEMAS: dict[str, Schema] = {field: schema for field, (schema, *_) in _ALL.items()}


def read(body: Json, *, has_extras: bool) -> CheckFields:
    """The fields that a request gives. Raises Refused with the first that is wrong, in the wire's words."""
    known = _ALL if has_extras else _WITHOUT_EXTRAS
    said = {field: _read(field, body[field], *known[field][1:]) for field in known if field in body}
    return cast("CheckFields", said)  # the schemas have proved it


def _read(field: str, value: object, *readings: Callable[[str, Any], object]) -> object:
    try:
        _validator(field)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        subject = field if error.path == ["data"] else f"an item in '{field}'"
        raise _refused(subject, _problem(error)) from error
    for reading in readings:
        value = reading(field, value)
    return value


@lru_cache
def _validator(field: str) -> Callable[[object], object]:
    """Made when a field is first said: it takes 0.7 ms."""
    strict = "http://json-schema.org/draft-04/schema"  # 60.0 is an integer from draft 6 on
    return fastjsonschema.compile({"$schema": strict, **SCHEMAS[field]})


_PROBLEMS = {
    "maxLength": "is too long",
    "pattern": "does not match pattern",
    "minimum": "is too small",
    "maximum": "is too large",
    "enum": "has unexpected value",
    "minItems": "is empty",
    "maxItems": "has too many items",
    "minLength": "has an empty text",
    "required": "lacks a field",
    "additionalProperties": "has a field that is not known",
}
_TYPES = {
    "string": "is not a string",
    "integer": "is not a number",
    "boolean": "is not a boolean",
    "array": "is not an array",
    "object": "is not an object",
}


def _problem(error: fastjsonschema.JsonSchemaValueException) -> str:
    schema: Schema = error.definition
    match error.rule:
        case "type" if "enum" in schema:
            return _PROBLEMS["enum"]
        case "type" if isinstance(error.value, bool) and schema.get("minimum", 0) > 1:
            return _PROBLEMS["minimum"]  # `true` counts as 1, as it always has
        case "type":
            return next(problem for kind, problem in _TYPES.items() if kind in schema["type"])
        case rule:
            return _PROBLEMS[str(rule)]


def _refused(subject: str, problem: str, detail: str | None = None) -> Refused:
    return Refused(f"json validation error: {subject} {problem}", detail)
