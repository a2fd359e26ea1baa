"""`overdue open`: a link that signs in, made with the stage's secret."""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import pytest
from click.testing import CliRunner, Result

from chalicelib import runtime
from chalicelib.store.tables import RegistryItem
from overdue.cli.main import main
from tests.integration.conftest import Aws, Deployment

URL = "https://overdue.example.com"


def overdue_open(*arguments: str, **environ: str | None) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1", "OVERDUE_URL": URL}
    return CliRunner().invoke(main, ("open", *arguments, "--stage", "test"), env=known | environ)


@pytest.fixture
def staged(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:  # noqa: ARG001  # its environment comes first
    monkeypatch.setenv("OVERDUE_STAGE", "test")
    runtime.wiring.cache_clear()
    yield
    runtime.wiring.cache_clear()


@pytest.fixture
def stage(staged: None, deployment: Deployment) -> Deployment:  # noqa: ARG001  # the deployment reads the environment
    deployment.now = datetime.now(UTC)  # links are made by the machine's clock
    return deployment


def test_the_first_link_makes_the_secret_and_the_next_keeps_it(stage: Deployment) -> None:
    ssm: Any = boto3.client("ssm", region_name="us-east-1")
    made = overdue_open("--print")
    assert made.exit_code == 0, made.output
    found = ssm.get_parameter(Name="/overdue/test/session-secret")["Parameter"]
    assert found["Type"] == "SecureString"
    assert overdue_open("--print").exit_code == 0
    assert ssm.get_parameter(Name="/overdue/test/session-secret")["Parameter"]["Version"] == 1
    assert stage.request("GET", urlsplit(made.stdout.strip()).path).status == 200


def test_what_is_printed_is_the_link_and_nothing_else(stage: Deployment) -> None:
    made = overdue_open("--print")
    assert made.stdout.startswith(f"{URL}/signin/")
    assert made.stdout.count("\n") == 1
    assert "signs in once" in made.stderr
    answer = stage.request("POST", urlsplit(made.stdout.strip()).path)
    assert answer.headers["Set-Cookie"].startswith("__Host-overdue=")
    assert "; Max-Age=28800; " in answer.headers["Set-Cookie"]


def test_a_link_to_look_says_for_how_long(stage: Deployment) -> None:
    made = json.loads(overdue_open("--read-only", "--for", "30d", "--json").stdout)
    assert set(made) == {"url", "expires_at"}
    page = stage.request("GET", urlsplit(made["url"]).path)
    assert "to look, not to change anything, in project default, for 30 days" in page.text


def test_rows_of_links_that_have_expired_are_forgotten(stage: Deployment) -> None:
    path = urlsplit(overdue_open("--print").stdout.strip()).path
    assert stage.request("POST", path).status == 303
    [row] = RegistryItem.scan(RegistryItem.sk == "used")
    assert overdue_open("--print").exit_code == 0
    assert len(list(RegistryItem.scan(RegistryItem.sk == "used"))) == 1
    row.update(actions=[RegistryItem.expires_at.set(stage.now.timestamp() - 1)])
    assert overdue_open("--print").exit_code == 0
    assert list(RegistryItem.scan(RegistryItem.sk == "used")) == []


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("--for", "91d"), 2, "--for 91d is too long: a session lasts 90 days at most"),
        (("--for", "soon"), 2, '--for "soon" is not a duration'),
        (("--project", "nobody", "--print"), 1, 'There is no project "nobody"'),
    ],
)
def test_what_cannot_be_is_refused(stage: Deployment, arguments: tuple[str, ...], status: int, said: str) -> None:  # noqa: ARG001
    refused = overdue_open(*arguments)
    assert (refused.exit_code, refused.stdout) == (status, "")
    assert said in refused.stderr


def test_without_an_address_it_says_what_to_set(stage: Deployment) -> None:  # noqa: ARG001
    refused = overdue_open("--print", OVERDUE_URL=None)
    assert refused.exit_code == 1
    assert "No URL" in refused.stderr
