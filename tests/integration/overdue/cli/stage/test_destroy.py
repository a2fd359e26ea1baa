"""`overdue destroy` against moto: what goes, what stays, and that nothing goes by mistake."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.cloudformation.models import cloudformation_backends
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data

from chalicelib import runtime
from tests.integration.conftest import Aws
from tests.integration.overdue.deploying import deploying
from tests.stack_engine import teach

pytestmark = pytest.mark.not_on_dynalite(
    "it knows neither stacks nor backups: what these tests meet is moto's whole account"
)
BUCKET = "overdue-artifacts-123456789012-us-east-1"
TABLES = ["overdue-test-checks", "overdue-test-history", "overdue-test-registry"]


@pytest.fixture(autouse=True)
def _stage(aws: Aws) -> Iterator[None]:  # noqa: ARG001  # its moto
    teach()
    BackendDict.reset()
    reset_model_data()
    deploying("deploy", "--stage", "test", "--yes", "--no-save")
    yield
    runtime.wiring.cache_clear()


def cloud(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]  # any of them


def stacks() -> list[str]:
    return [each["StackName"] for each in cloud("cloudformation").describe_stacks()["Stacks"]]


def buckets() -> list[str]:
    return [each["Name"] for each in cloud("s3").list_buckets()["Buckets"]]


def test_nothing_goes_where_nobody_can_be_asked() -> None:
    done = deploying("destroy", "--stage", "test")

    assert done.exit_code == 1
    assert f"stack overdue-test. Tables kept: {', '.join(TABLES)}." in done.stderr
    assert "Say --yes: there is no terminal to ask at" in done.stderr
    assert stacks() == ["overdue-test"]


def test_the_stack_goes_and_its_tables_stay() -> None:
    cloud("logs").create_log_group(logGroupName="/aws/lambda/overdue-test-sweep")  # by a function's last words

    done = deploying("destroy", "--stage", "test", "--yes", "--json")

    assert json.loads(done.stdout) == {"destroyed": "test", "region": "us-east-1", "kept": TABLES}
    assert stacks() == []
    assert cloud("dynamodb").list_tables()["TableNames"] == TABLES
    assert cloud("logs").describe_log_groups()["logGroups"] == []
    assert buckets() == [BUCKET]


def test_data_goes_only_when_that_is_said_and_with_it_all_that_is_left() -> None:
    for number in range(12):
        name = f"/overdue/test/channels/default/{number}"
        cloud("ssm").put_parameter(Name=name, Value="x", Type="SecureString")
    cloud("ssm").put_parameter(Name="/overdue/test/watchdog-url", Value="x", Type="SecureString")
    cloud("ssm").put_parameter(Name="/overdue/test2/channels/default/1", Value="x", Type="SecureString")

    done = deploying("destroy", "--stage", "test", "--yes", "--delete-data")

    assert done.exit_code == 0
    assert f"Tables DELETED, with all that is in them: {', '.join(TABLES)}." in done.stderr
    assert "Deleted 15 secrets in SSM: channels, signing secrets, watchdog" in done.stderr
    assert cloud("dynamodb").list_tables()["TableNames"] == []
    assert [each["Name"] for each in cloud("ssm").describe_parameters()["Parameters"]] == [
        "/overdue/test2/channels/default/1"
    ]
    assert buckets() == []


@pytest.mark.parametrize(
    ("arguments", "left"),
    [
        ([], '[stages.test]\nurl = "https://overdue.example.com"\napi_key = "secret"\n\n'),
        (["--delete-data"], ""),
    ],
)
def test_the_settings_file_forgets_a_stage_with_its_data_only(tmp_path: Path, arguments: list[str], left: str) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '# mine\n[stages.test]\nurl = "https://overdue.example.com"\napi_key = "secret"\n\n'
        '[stages.prod]\nurl = "https://prod.example.com"\n'
    )

    done = deploying("destroy", "--stage", "test", "--yes", *arguments, OVERDUE_CONFIG=str(config))

    assert config.read_text() == f'# mine\n{left}[stages.prod]\nurl = "https://prod.example.com"\n'
    assert ("prod is meant when no stage is named" in done.stderr) is (arguments == ["--delete-data"])


def test_the_artifacts_of_another_stage_stay() -> None:
    deploying("deploy", "--stage", "other", "--yes", "--no-save")

    done = deploying("destroy", "--stage", "test", "--yes", "--delete-data")

    assert f"Bucket {BUCKET} stays: overdue-other may use it" in done.stderr
    assert buckets() == [BUCKET]
    assert stacks() == ["overdue-other"]


def test_data_that_an_earlier_destroy_has_kept_can_go_later() -> None:
    deploying("destroy", "--stage", "test", "--yes")

    nothing = deploying("destroy", "--stage", "test", "--yes")
    done = deploying("destroy", "--stage", "test", "--yes", "--delete-data")
    again = deploying("destroy", "--stage", "test", "--yes", "--delete-data")

    assert f"There is no stage test in us-east-1, but its tables are: {', '.join(TABLES)}" in nothing.stderr
    assert "no stack overdue-test any more" in done.stderr
    assert cloud("dynamodb").list_tables()["TableNames"] == []
    assert again.stderr == "Error: There is no stage test in us-east-1\n"


def test_a_stage_must_be_named_even_if_the_environment_does() -> None:
    done = deploying("destroy", "--yes", OVERDUE_STAGE="test")

    assert done.exit_code == 2
    assert "Missing option '--stage'" in done.stderr
    assert stacks() == ["overdue-test"]


def test_a_stack_that_could_not_be_deleted_once_can_be_tried_again() -> None:
    [found] = cloudformation_backends["123456789012"]["us-east-1"].stacks.values()
    found.status = "DELETE_FAILED"

    assert deploying("destroy", "--stage", "test", "--yes").exit_code == 0
    assert stacks() == []
