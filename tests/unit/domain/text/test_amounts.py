"""Counts and durations in words."""

from datetime import timedelta

import pytest

from chalicelib.domain.text.amounts import compare_with_usual, ordinal, quantity


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (21, "21st"),
     (111, "111th"), (102, "102nd")],
)  # fmt: skip
def test_an_ordinal(number: int, said: str) -> None:
    assert ordinal(number) == said


def test_a_count_has_its_noun_and_separates_thousands() -> None:
    assert [quantity(number, "item") for number in (0, 1, 1130)] == ["0 items", "1 item", "1,130 items"]


def test_a_duration_is_compared_with_the_usual_ones() -> None:
    usual = (timedelta(seconds=29), timedelta(seconds=47))
    assert compare_with_usual(timedelta(seconds=9), usual) == "9 s (usually 29 to 47 s)"
    assert compare_with_usual(timedelta(seconds=9), None) == "9 s (not enough runs yet for a usual duration)"
