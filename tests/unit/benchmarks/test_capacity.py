"""DynamoDB's own examples of what a request costs (see the module for the pages)."""

from pathlib import Path
from typing import Any

import pytest
from chalice.package import YAMLTemplateSerializer

from benchmarks.capacity import INDEXES, Index, read_units, size, write_units

TEMPLATE = Path(__file__).parents[3] / "infra" / "template.yaml"

CHECKS, HISTORY = "overdue-prod-checks", "overdue-prod-history"


@pytest.mark.parametrize(
    ("item", "size_bytes"),
    [
        ({"name": {"S": "é"}}, 4 + 2),
        ({"n": {"N": "100"}}, 1 + 2),  # one significant digit
        ({"n": {"N": "1772366400.123"}}, 1 + 8),  # thirteen
        ({"b": {"B": "AAAA"}}, 1 + 3),
        ({"b": {"BOOL": True}}, 1 + 1),
        ({"m": {"M": {}}}, 1 + 3),
        ({"l": {"L": [{"S": "ab"}, {"NULL": True}]}}, 1 + 3 + 1 + 2 + 1 + 1),
    ],
)
def test_an_item_is_as_large_as_its_names_and_values(item: dict[str, Any], size_bytes: int) -> None:
    assert size(item) == size_bytes


def an_item(**more: Any) -> dict[str, Any]:
    return {"code": {"S": "c"}, "project": {"S": "p"}, "slug": {"S": "s"}, **more}


DUE = {"due_shard": {"N": "1"}, "due_at": {"N": "10"}}
LATER = {"due_shard": {"N": "1"}, "due_at": {"N": "20"}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        pytest.param({}, an_item(), 2, id="new: the item, and its entry among the slugs"),
        pytest.param(an_item(), an_item(n={"N": "1"}), 1, id="no index key changes"),
        pytest.param(an_item(), an_item(**DUE), 2, id="an entry comes"),
        pytest.param(an_item(**DUE), an_item(**LATER), 3, id="its key changes: deleted, and put"),
        pytest.param(an_item(**DUE), an_item(), 2, id="an entry goes"),
        pytest.param(an_item(x={"S": "a" * 1100}), an_item(), 2, id="the larger of before and after counts"),
    ],
)
def test_a_write_costs_its_item_and_what_it_changes_in_each_index(
    before: dict[str, Any], after: dict[str, Any], units: int
) -> None:
    assert write_units(before, after, table=CHECKS) == units


A_PING = {"code": {"S": "c"}, "sort": {"S": "ping#1"}}
A_FLIP = {"code": {"S": "c"}, "sort": {"S": "flip#1"}, "flip_project": {"S": "p"}, "flip_at": {"N": "10"}}
NOTED = A_FLIP | {"sent": {"L": [{"S": "down"}]}}
LONG = A_FLIP | {"sent": {"L": [{"S": "a" * 1100}]}}


@pytest.mark.parametrize(
    ("before", "after", "units"),
    [
        pytest.param({}, A_PING, 1, id="a ping: it stands in no index"),
        pytest.param({}, A_FLIP, 2, id="a flip: it, and its entry"),
        pytest.param(A_FLIP, NOTED, 2, id="what was sent is noted: the entry holds it, too"),
        pytest.param(A_FLIP, A_FLIP, 1, id="nothing changes"),
        pytest.param(NOTED, LONG, 4, id="an entry above 1 kB costs by the kB, as its item does"),
    ],
)
def test_an_index_that_holds_all_is_written_whenever_anything_changes(
    before: dict[str, Any], after: dict[str, Any], units: int
) -> None:
    assert write_units(before, after, table=HISTORY) == units


def test_indexes_are_those_of_the_template() -> None:
    template = YAMLTemplateSerializer().load_template(TEMPLATE.read_text(encoding="utf-8"), TEMPLATE.name)
    found = {
        name: tuple(map(an_index, template["Resources"][table]["Properties"].get("GlobalSecondaryIndexes", ())))
        for name, table in (("checks", "ChecksTable"), ("history", "HistoryTable"), ("registry", "RegistryTable"))
    }
    assert found == INDEXES


def an_index(said: dict[str, Any]) -> Index:
    hashed, ranged = (key["AttributeName"] for key in said["KeySchema"])
    return Index((hashed, ranged), holds_all={"ALL": True, "KEYS_ONLY": False}[said["Projection"]["ProjectionType"]])


def test_reads_are_by_4_kb_and_at_least_one() -> None:
    assert read_units([], is_strong=True) == 1
    assert read_units([{"a": {"S": "x" * 5_000}}], is_strong=True) == 2
    assert read_units([{"a": {"S": "x" * 3_000}}, {"a": {"S": "x" * 3_000}}], is_strong=False) == 1
