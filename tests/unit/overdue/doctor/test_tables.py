"""Findings about tables in states that moto does not produce."""

from typing import Any

import pytest

from overdue.doctor import tables
from tests.unit.overdue.doctor.stubbed_aws import StubbedAws


def a_table(**fields: Any) -> dict[str, Any]:
    indexes = [{"IndexName": name, "IndexStatus": "ACTIVE"} for name in ("due", "slugs")]
    defaults = {"TableName": "overdue-prod-checks", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": True}
    return defaults | {"GlobalSecondaryIndexes": indexes} | fields


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (a_table(), []),
        (a_table(TableStatus="UPDATING"), [("warning", "overdue-prod-checks is being updated")]),
        (a_table(TableStatus="ARCHIVED"), [("error", "overdue-prod-checks is ARCHIVED")]),
        (
            a_table(GlobalSecondaryIndexes=[{"IndexName": "due", "IndexStatus": "CREATING"}]),
            [
                ("error", "index due of overdue-prod-checks is CREATING"),
                ("error", "index slugs of overdue-prod-checks is missing"),
            ],
        ),
    ],
    ids=["healthy", "updating", "archived", "indexes"],
)
def test_a_table_must_be_active_with_its_indexes(table: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = tables.judged("checks", table, StubbedAws().stage())

    assert [(each.level.value, each.found) for each in found] == expected
