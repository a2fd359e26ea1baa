"""What is wrong with a table, beyond what moto can be made to have."""

from typing import Any

import pytest

from overdue.doctor import tables
from tests.unit.overdue.doctor.clinic import Clinic


def a_table(**given: Any) -> dict[str, Any]:
    indexes = [{"IndexName": name, "IndexStatus": "ACTIVE"} for name in ("due", "slugs")]
    usual = {"TableName": "overdue-prod-checks", "TableStatus": "ACTIVE", "DeletionProtectionEnabled": True}
    return usual | {"GlobalSecondaryIndexes": indexes} | given


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (a_table(), []),
        (a_table(TableStatus="UPDATING"), [("warning", "overdue-prod-checks is being changed")]),
        (a_table(TableStatus="ARCHIVED"), [("error", "overdue-prod-checks is ARCHIVED")]),
        (
            a_table(GlobalSecondaryIndexes=[{"IndexName": "due", "IndexStatus": "CREATING"}]),
            [
                ("error", "index due of overdue-prod-checks is CREATING"),
                ("error", "index slugs of overdue-prod-checks is missing"),
            ],
        ),
    ],
    ids=["well", "in work", "archived", "indexes"],
)
def test_a_table_must_be_active_with_its_indexes(table: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    found = tables.judged("checks", table, Clinic().patient())

    assert [(each.level.value, each.found) for each in found] == expected
