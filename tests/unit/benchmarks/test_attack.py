"""The sums of docs/how-to/limit-attack-costs.md are those of the price list."""

import re
from pathlib import Path

import pytest
import yaml

from benchmarks.attack import FLOODS, LARGE, PLAIN, UNKNOWN, WORST

ROOT = Path(__file__).parents[3]
DOCS = (ROOT / "docs" / "how-to" / "limit-attack-costs.md").read_text(encoding="utf-8")
FLOODS_IN_DOCS = (
    "only the deployment's address",
    "one ping URL",
    "a ping key, and sends plain",
    "a ping key, and sends the most expensive",
)
EXAMPLE = (ROOT / "infra" / "examples" / "cloudfront-waf.yaml").read_text(encoding="utf-8")


def last_cells(beginning: str) -> list[str]:
    """What stands in the last cell of each row that begins so."""
    return [line.rstrip(" |").rpartition("| ")[2] for line in DOCS.splitlines() if line.startswith(f"| {beginning}")]


def test_a_million_requests_cost_what_the_page_says() -> None:
    sums = [f"${request.usd_per_million():.2f}" for request in (UNKNOWN, LARGE, PLAIN, WORST)]
    assert last_cells("refused: ") + last_cells("recorded: ") == sums


@pytest.mark.parametrize("number", range(4))
def test_a_day_costs_what_the_page_says(number: int) -> None:
    row = FLOODS_IN_DOCS[number]
    flood = FLOODS[number]
    assert last_cells(row) == [f"${flood.usd_a_day():,.0f}"]
    assert flood.usd_a_day() <= flood.most


def test_the_snippet_is_the_one_of_the_template() -> None:
    [snippet] = re.findall(r"```yaml\n(Rules:.*?)```", DOCS, re.DOTALL)

    class Loader(yaml.SafeLoader):
        """Reads CloudFormation's tags as they stand."""

    Loader.add_multi_constructor("!", lambda _, tag, node: f"{tag} {getattr(node, 'value', '')}")
    [shown] = yaml.load(snippet, Loader)["Rules"]  # a SafeLoader
    [real] = yaml.load(EXAMPLE, Loader)["Resources"]["RateLimit"]["Properties"]["Rules"]  # as above
    assert shown.items() <= real.items()
