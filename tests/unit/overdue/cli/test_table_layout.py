"""Which columns of a table a terminal shows, and how wide."""

from collections.abc import Mapping

import pytest

from overdue.cli.table_layout import fitted

CHECKS = {"STATUS": 14, "CHECK": 14, "SCHEDULE": 9, "LAST PING": 12, "EXPECTED": 9, "TAGS": 9}
GIVES = ("TAGS", "SCHEDULE")


@pytest.mark.parametrize(
    ("widths", "room", "kept"),
    [
        pytest.param({}, 80, {}, id="what fits stays as it is"),
        pytest.param(
            {"SCHEDULE": 70}, 100, {"SCHEDULE": 32}, id="one long schedule is cut, and neither instants nor tags"
        ),
        pytest.param({"SCHEDULE": 70}, 80, {"SCHEDULE": 12}, id="the same in 80 columns"),
        pytest.param({"SCHEDULE": 70, "TAGS": 60}, 100, {"SCHEDULE": 31, "TAGS": 10}, id="tags give way before it"),
        pytest.param({"STATUS": 23, "CHECK": 40}, 80, {"CHECK": 30, "TAGS": 0, "SCHEDULE": 0}, id="a long name"),
        pytest.param({"CHECK": 100}, 80, {"CHECK": 28, "TAGS": 0}, id="a very long name"),
    ],
)
def test_schedule_and_tags_give_way_before_an_instant_does(
    widths: Mapping[str, int], room: int, kept: Mapping[str, int]
) -> None:
    wanted = {column: width for column, width in {**CHECKS, **widths, **kept}.items() if width}

    assert fitted({**CHECKS, **widths}, room=room, gives=GIVES) == wanted


@pytest.mark.parametrize(("room", "target"), [(80, 42), (100, 62)])
def test_where_no_column_gives_way_the_widest_is_cut(room: int, target: int) -> None:
    found = fitted({"NAME": 9, "KIND": 6, "STATE": 17, "TARGET": 90}, room=room, gives=())

    assert found == {"NAME": 9, "KIND": 6, "STATE": 17, "TARGET": target}


def test_a_terminal_of_a_few_columns_still_shows_something_of_each_that_matters() -> None:
    assert fitted(CHECKS, room=30, gives=GIVES) == {"STATUS": 6, "CHECK": 6, "LAST PING": 6, "EXPECTED": 6}
