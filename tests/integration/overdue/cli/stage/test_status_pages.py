"""`overdue status-pages` on the tables of a stage."""

import json
import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from chalicelib import runtime
from chalicelib.store.registry import projects
from overdue.cli.main import main
from tests.integration.conftest import Deployment


def overdue(*arguments: str) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1", "OVERDUE_URL": "https://overdue.example.com"}
    return CliRunner().invoke(main, ["status-pages", *arguments, "--stage", "test"], env=known, catch_exceptions=False)


@pytest.fixture(autouse=True)
def stage(deployment: Deployment) -> Iterator[Deployment]:
    """The stage `test`; afterwards the app connects anew."""
    yield deployment
    runtime.wiring.cache_clear()


def test_a_page_is_made_listed_and_removed() -> None:
    made = overdue("add", "shop", "--tag", "shop", "--tag", "behind", "--title", "Example Shop")
    assert made.exit_code == 0, made.stderr
    assert made.stdout == "/status/shop\n" or made.stdout.endswith("/status/shop\n")
    assert 'Everybody may see "Example Shop" there now: the checks of project default with any of' in made.stderr
    [row] = json.loads(overdue("list", "--json").stdout)
    assert row == {
        "name": "shop",
        "title": "Example Shop",
        "project": "default",
        "tags": ["shop", "behind"],
        "path": "/status/shop",
    }
    assert json.loads(overdue("remove", "shop", "--json").stdout) == {"removed": "shop"}
    assert "nobody sees anything without signing in" in overdue("list").stderr


def test_a_tag_that_no_check_bears_is_told(stage: Deployment) -> None:
    stage.add(name="website", tags="shop prod")
    made = overdue("add", "shop", "--tag", "shop", "--tag", "shpo")
    assert made.exit_code == 0
    assert made.stderr.count("No check of project default has the tag") == 1
    assert 'has the tag "shpo" yet' in made.stderr
    as_json = overdue("add", "other", "--tag", "shpo", "--json")
    assert (as_json.exit_code, json.loads(as_json.stdout)["tags"]) == (0, ["shpo"])
    assert 'has the tag "shpo" yet' in as_json.stderr


def test_a_name_is_used_once_a_project_must_exist_and_what_is_gone_cannot_be_removed(stage: Deployment) -> None:
    projects.add_project("billing", now=stage.now)
    assert overdue("add", "shop", "--tag", "x", "--project", "billing").exit_code == 0
    for arguments, told in (
        (["add", "shop", "--tag", "y"], "remove it first, with overdue status-pages remove shop"),
        (["add", "other", "--tag", "y", "--project", "nobody"], "overdue projects add nobody"),
        (["remove", "other"], 'there is no status page "other"'),
    ):
        done = overdue(*arguments)
        assert (done.exit_code, done.stdout, told in done.stderr) == (1, "", True)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["add", "Shop", "--tag", "x"], '"Shop" cannot be a status page'),
        (["add", "shop"], "Missing option '--tag'"),
        (["add", "shop", "--tag", "two words"], "tag 'two words' is none: a tag is one word"),
        (["add", "shop", "--tag", ""], "tag '' is none"),
        (["add", "shop", "--tag", "x", "--title", " "], "title ' ': use 1 to 100 characters"),
        (["add", "shop", "--tag", "x" * 501], "tags are too long"),
    ],
)
def test_what_can_never_be_a_page_is_wrong_usage(arguments: list[str], told: str) -> None:
    done = overdue(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    assert told in done.stderr
