"""A budget of steps for one evaluation (docs/reference/rules.md, rule 22)."""

import pytest

from chalicelib.domain.limits.steps import OverBudget, limited_to, spend


def test_a_budget_allows_exactly_its_steps() -> None:
    with limited_to(3):
        spend()
        spend(2)
        with pytest.raises(OverBudget, match="simplify its schedule or windows"):
            spend()


def test_without_a_budget_nothing_is_counted() -> None:
    spend(10**9)


def test_an_inner_budget_leaves_the_outer_one_alone() -> None:
    with limited_to(2):
        with limited_to(1):
            spend()
        spend(2)
        with pytest.raises(OverBudget):
            spend()


def test_a_budget_ends_with_its_block_even_when_the_block_fails() -> None:
    with pytest.raises(OverBudget), limited_to(0):
        spend()
    spend()
