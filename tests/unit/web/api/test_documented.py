"""docs/reference/api.md names every route with its verbs, every field, and every version."""

import re
from pathlib import Path

import pytest

from chalicelib.web.api.routes import ROUTES, Route
from chalicelib.web.api.schema.fields import SCHEMAS
from chalicelib.web.api.versions import VERSIONS

PAGE = (Path(__file__).parents[4] / "docs" / "reference" / "api.md").read_text()
ROWS = [line for line in PAGE.split("| route |")[1].split("\n\n")[0].splitlines() if line.startswith("| `")]


def written(route: Route) -> str:
    """A route's path as the page writes it, without a slash at its end."""
    path = re.sub(r"\(\?P<(\w+)>[^)]*\)", lambda group: group[1].upper(), route.path.pattern)
    return path.replace("CODE", "UUID").replace("\\", "")


@pytest.mark.parametrize("route", ROUTES, ids=written)
def test_every_route_is_documented_with_its_verbs(route: Route) -> None:
    path = written(route)
    rows = [row for row in ROWS if {f"`{path}`", f"`{path}/`"} & set(re.findall(r"`[^`]+`", row))]
    verbs = {verb for row in rows for verb in re.findall("GET|POST|DELETE", row)}
    assert verbs == set(route.verbs)


@pytest.mark.parametrize("field", SCHEMAS)
def test_every_field_is_documented(field: str) -> None:
    if field not in ("subject", "subject_fail"):  # the old names, for clients that have them already
        assert f"`{field}`" in PAGE


def test_every_version_is_documented() -> None:
    assert f"| | {' | '.join(VERSIONS)} |" in PAGE
