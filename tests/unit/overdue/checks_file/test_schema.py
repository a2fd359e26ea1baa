from typing import Any

import pytest
from jsonschema import Draft202012Validator

from overdue.checks_file.schema import schema

VALIDATOR = Draft202012Validator(schema())


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize(
    "document",
    [
        {"checks": {}},
        {"version": 1, "defaults": {"grace": "5m"}, "checks": {"a": None}},
        {"checks": {"a": {"every": 600, "tags": ["x"], "channels": "*", "max_runtime": "off", "min_count": 5}}},
    ],
)
def test_an_editor_accepts_what_apply_takes(document: Any) -> None:
    assert list(VALIDATOR.iter_errors(document)) == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"checks": {"Nightly Backup": None}},
        {"checks": {"a": {"evry": "1h"}}},
        {"checks": {"a": {"every": "1 hour"}}},
        {"checks": {"a": {"every": "1h", "schedule": "0 2 * * *"}}},
        {"checks": {"a": {"tags": ["two words"]}}},
        {"checks": {"a": {"methods": "GET"}}},
        {"defaults": {"name": "x"}, "checks": {}},
        {"version": 2, "checks": {}},
    ],
)
def test_an_editor_underlines_what_apply_refuses(document: Any) -> None:
    assert list(VALIDATOR.iter_errors(document)) != []
