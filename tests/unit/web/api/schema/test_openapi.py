"""What the OpenAPI document says of a request's fields; tests/e2e/test_openapi.py holds the rest against answers."""

import pytest

from chalicelib.fields.kinds import Schema
from chalicelib.web.api.schema.openapi import document


@pytest.mark.parametrize(
    ("field", "described"),
    [
        ("channels", {"type": "string"}),
        ("desc", {"type": "string", "maxLength": 20_000}),
        ("manual_resume", {"type": "boolean"}),
        ("methods", {"type": "string", "enum": ["", "POST"]}),
        ("slug", {"type": "string", "maxLength": 100, "pattern": "^[a-z0-9_-]*$"}),
        ("tags", {"type": "string", "maxLength": 500}),
        ("timeout", {"type": "integer", "minimum": 60, "maximum": 31_536_000}),
        ("tz", {"type": "string", "examples": ["UTC", "Europe/Berlin"]}),
        (
            "unique",
            {"type": "array", "items": {"type": "string", "enum": ["name", "slug", "tags", "timeout", "grace"]}},
        ),
        ("min_runtime", {"type": ["integer", "null"], "minimum": 1, "maximum": 31_536_000}),
        ("remind_every", {"type": ["integer", "null"], "minimum": 60, "maximum": 31_536_000}),
    ],
)
def test_a_request_is_described_with_the_bounds_that_it_is_read_with(field: str, described: Schema) -> None:
    fields = document("https://example.com")["components"]["schemas"]["CheckFields"]["properties"]
    assert fields[field] == described
