"""The fields of a POST: which a version reads, in the order in which errors are told, and their JSON Schema.

The fields are those of the field table, with Healthchecks' old names for two of them, and `unique`. Start at `read`.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.field_errors import FieldError
from chalicelib.fields.kinds import Kind, Schema
from chalicelib.fields.merge import Said
from chalicelib.fields.table import BY_NAME, FIELDS

OLD_NAMES = {"subject": "success_kw", "subject_fail": "failure_kw"}
MATCHED = ("name", "slug", "tags", "timeout", "grace")


class Unique(Kind):
    """The fields by which a POST finds the check that it edits."""

    def __init__(self) -> None:
        self.schema = {"type": "array", "items": {"type": "string", "enum": list(MATCHED)}}

    def read(self, field: str, value: Any) -> list[str]:
        """A list of them."""
        if not isinstance(value, list):
            raise FieldError(field, "not_list", value=value)
        for each in value:
            if each not in MATCHED:
                raise FieldError(field, "not_choice", bound=MATCHED, value=each, is_item=True)
        return value


_KINDS: dict[str, Kind] = (
    {field.name: field.kind for field in FIELDS}
    | {old: BY_NAME[new].kind for old, new in OLD_NAMES.items()}
    | {"unique": Unique()}
)
# as docs/reference/wire.md has it
_IN_ORDER = (
    *("channels", "desc", "failure_kw", "filter_subject", "filter_body", "filter_http_body", "filter_default_fail"),
    *("grace", "manual_resume", "methods", "name", "schedule", "slug", "start_kw", "subject", "subject_fail"),
    *("success_kw", "tags", "timeout", "tz", "unique"),
)
_WITHOUT_EXTRAS = {name: _KINDS[name] for name in _IN_ORDER}
_ALL = _WITHOUT_EXTRAS | {field.name: field.kind for field in FIELDS if field.since == "v3"}
SCHEMAS: dict[str, Schema] = {name: kind.schema for name, kind in _ALL.items()}


def read(body: Mapping[str, Any], *, has_extras: bool) -> Said:
    """The values of the fields that a request has. Raises FieldError for the first that is wrong."""
    known = _ALL if has_extras else _WITHOUT_EXTRAS
    return {name: kind.read(name, body[name]) for name, kind in known.items() if name in body}
