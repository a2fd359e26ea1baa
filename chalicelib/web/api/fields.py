"""The fields of a POST, as pydantic reads them: bounds, their order, and the wire's word for what is wrong.

Loaded only when a check is made or changed: pydantic takes 80 ms to import (docs/adr/0006). The order of the fields
is the order in which errors are told. `openapi` describes the request with the same model. What the fields make of a
check is `merged`'s business.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from chalicelib.domain.errors import BadInput
from chalicelib.domain.options import LONGEST, LONGEST_TAGS, MOST_ITEMS, SHORTEST
from chalicelib.domain.schedule import LONGEST as LONGEST_SCHEDULE
from chalicelib.domain.schedule import current_zone, parse_schedule
from chalicelib.web.api.call import Json, Refused

LONGEST_DESC = 20_000
SHORTEST_S, LONGEST_S = int(SHORTEST.total_seconds()), int(LONGEST.total_seconds())


def _whole(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "contains a NUL character")
    return text


def _schedule(text: str) -> str:
    try:
        parse_schedule(text, "UTC")
    except BadInput as error:
        raise PydanticCustomError("schedule", "{detail}", {"detail": str(error)}) from error
    return text


def _zone(text: str) -> str:
    try:
        return current_zone(text)
    except BadInput as error:
        raise PydanticCustomError("zone", "{detail}", {"detail": str(error)}) from error


def _number(value: object) -> object:
    """`true` counts as 1, as it always has; it then is too small."""
    return int(value) if isinstance(value, bool) else value


# bounds first: where they follow a validator of ours, pydantic words and describes them in another way
Text = Annotated[str, AfterValidator(_whole)]
Name = Annotated[str, Field(max_length=100), AfterValidator(_whole)]
Slug = Annotated[str, Field(max_length=100, pattern=r"^[a-z0-9_-]*$")]
Tags = Annotated[str, Field(max_length=LONGEST_TAGS), AfterValidator(_whole)]
Desc = Annotated[str, Field(max_length=LONGEST_DESC), AfterValidator(_whole)]
Keywords = Annotated[str, Field(max_length=200), AfterValidator(_whole)]
Expression = Annotated[str, Field(max_length=LONGEST_SCHEDULE), AfterValidator(_schedule)]
Zone = Annotated[str, AfterValidator(_zone)]
Seconds = Annotated[int, Field(ge=SHORTEST_S, le=LONGEST_S), BeforeValidator(_number)]
RunSeconds = Annotated[int, Field(ge=1, le=LONGEST_S)]
Items = Annotated[int, Field(ge=1, le=MOST_ITEMS)]


class CheckFields(BaseModel):
    """What a client may say of a check. What it has said is `model_fields_set`; the defaults mean nothing."""

    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)

    channels: Text = ""
    desc: Desc = ""
    failure_kw: Keywords = ""
    filter_subject: bool = False
    filter_body: bool = False
    filter_http_body: bool = False
    filter_default_fail: bool = False
    grace: Seconds = SHORTEST_S
    manual_resume: bool = False
    methods: Literal["", "POST"] = ""
    name: Name = ""
    schedule: Expression = ""
    slug: Slug = ""
    start_kw: Keywords = ""
    subject: Keywords = ""
    subject_fail: Keywords = ""
    success_kw: Keywords = ""
    tags: Tags = ""
    timeout: Seconds = SHORTEST_S
    tz: Zone = "UTC"
    unique: list[Literal["name", "slug", "tags", "timeout", "grace"]] = []


class CheckFieldsWithExtras(CheckFields):
    """And what Overdue adds, from v3 on; null takes a limit away."""

    max_runtime: Seconds | None = None
    min_runtime: RunSeconds | None = None
    min_count: Items | None = None
    count_window: Seconds | None = None
    remind_every: Seconds | None = None


def read(body: Json, *, has_extras: bool) -> CheckFields:
    """The fields of a request. Raises Refused with the first thing that is wrong, in the wire's words."""
    model = CheckFieldsWithExtras if has_extras else CheckFields
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise _refusal(error.errors(include_url=False, include_input=False)[0]) from error


_PROBLEMS = {
    "string_too_long": "is too long",
    "string_type": "is not a string",
    "string_unicode": "is not a string",
    "string_pattern_mismatch": "does not match pattern",
    "less_than_equal": "is too large",
    "greater_than_equal": "is too small",
    "int_type": "is not a number",
    "bool_type": "is not a boolean",
    "literal_error": "has unexpected value",
    "list_type": "is not an array",
    "schedule": "is not a valid cron or OnCalendar expression",
    "zone": "is not a valid timezone",
    "nul": "contains a NUL character",
}


def _refusal(error: ErrorDetails) -> Refused:
    field, *inside = error["loc"]
    subject = f"an item in '{field}'" if inside and isinstance(inside[0], int) else str(field)
    detail: str | None = error.get("ctx", {}).get("detail")
    return Refused(f"json validation error: {subject} {_PROBLEMS[error['type']]}", detail)
