"""The JSON Schema that a kind publishes accepts just what the kind reads, but for what no schema can say."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from chalicelib.domain.field_errors import FieldError
from chalicelib.fields.table import FIELDS, Field

# what no schema says: pairs and NUL, schedules, zones, windows, instants, URLs, and one of members and tag
BEYOND_A_SCHEMA = {
    *("has_nul", "not_schedule", "not_zone", "not_window", "not_instant", "not_valid", "not_text"),
}
texts = st.sampled_from(
    ["", "x", "auto", "POST", "a_b-2", "Upper", "0 2 * * *", "UTC", "2026-12-24T20:00", "0 2 * * 0 for 2h", "y" * 101]
)
numbers = st.sampled_from([-1, 0, 1, 59, 60, 100, 101, 86_400, 86_401, 31_536_000, 31_536_001, 10**15, 10**15 + 1])
scalars = st.one_of(st.none(), st.booleans(), numbers, texts, st.just(1.5))
steps = st.fixed_dictionaries({}, optional={"after": scalars, "channels": scalars, "extra": scalars})
objects = st.fixed_dictionaries(
    {},
    optional={
        "url": st.sampled_from(["https://example.com/", "x", 1]),
        "method": st.sampled_from(["GET", "TRACE", 1]),
        "timeout": st.sampled_from([0.5, 1, 2.5, 20, 21, "1", True]),
        "every": st.sampled_from([59, 60, 90, 86_400, 86_460, "60"]),
        "certificate_days": st.sampled_from([-1, 0, 365, 366, "1"]),
        "follow_redirects": st.sampled_from([True, 1]),
        "headers": st.sampled_from([{}, {"X-A": "b"}, {"X-A": 1}, []]),
        "members": st.sampled_from([[], ["a"], [""], [1], "a"]),
        "tag": st.sampled_from(["web", "two words", 1]),
        "down_when": st.sampled_from(["all", 1, 0, "some"]),
        "other": scalars,
    },
)
values = st.one_of(scalars, st.lists(scalars, max_size=22), st.lists(steps, max_size=11), objects)


@pytest.mark.parametrize("field", FIELDS, ids=lambda field: field.name)
@given(value=values)
def test_a_schema_accepts_what_its_kind_reads(field: Field, value: Any) -> None:
    schema_accepts = Draft202012Validator(field.kind.schema).is_valid(value)
    assert schema_accepts == is_read(field, value)


def is_read(field: Field, value: Any) -> bool:
    """Whether the kind reads the value, as far as a schema can tell."""
    try:
        field.kind.read(field.name, value)
    except FieldError as error:
        return error.code in BEYOND_A_SCHEMA and Draft202012Validator(field.kind.schema).is_valid(value)
    return True
