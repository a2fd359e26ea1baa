import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import boto3
import pytest

from overdue.local import engine
from overdue.local.engine import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture(scope="module")
def running() -> Iterator[Engine]:
    started = engine.start({})
    yield started
    started.stop()


@pytest.fixture
def table(running: Engine, dynamodb_url: str | None) -> Iterator["DynamoDBClient"]:
    client = engine.dynamodb(dynamodb_url or running.endpoint)
    client.create_table(
        TableName="races",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "code", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "code", "AttributeType": "S"}],
    )
    yield client
    client.delete_table(TableName="races")
    client.close()


@pytest.fixture
def eager_threads() -> Iterator[None]:
    """Threads take turns 500 times as often: what can go wrong between two does."""
    usual_s = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(usual_s)


@pytest.mark.usefixtures("eager_threads")
def test_no_update_is_lost_and_each_is_told_its_own_number_by_20_threads(table: "DynamoDBClient") -> None:
    def add(_: int) -> int:
        answer = table.update_item(
            TableName="races",
            Key={"code": {"S": "a"}},
            UpdateExpression="ADD n_pings :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
            ReturnValues="UPDATED_NEW",
        )
        return int(answer["Attributes"]["n_pings"]["N"])

    with ThreadPoolExecutor(20) as threads:
        numbers = list(threads.map(add, range(200)))
    assert sorted(numbers) == list(range(1, 201))


@pytest.mark.usefixtures("eager_threads")
def test_one_of_20_threads_wins_a_conditional_write(table: "DynamoDBClient") -> None:
    def claim(_: int) -> bool:
        try:
            table.put_item(
                TableName="races", Item={"code": {"S": "a"}}, ConditionExpression="attribute_not_exists(code)"
            )
        except table.exceptions.ConditionalCheckFailedException:
            return False
        return True

    with ThreadPoolExecutor(20) as threads:
        assert sum(threads.map(claim, range(60))) == 1


def test_an_engine_knows_nothing_of_the_one_before() -> None:
    first = engine.start({})
    topics = engine.sns(first.endpoint)
    topics.create_topic(Name="alerts")
    topics.close()
    first.stop()
    second = engine.start({})
    topics = engine.sns(second.endpoint)
    assert topics.list_topics()["Topics"] == []
    topics.close()
    second.stop()


def test_it_starts_without_ec2_and_ssm_keeps_its_parameters_all_the_same() -> None:
    program = """
import sys
from overdue.local import engine
running = engine.start({})
ssm = engine.ssm(running.endpoint)
ssm.put_parameter(Name="/a", Value="b", Type="SecureString")
print(ssm.get_parameter(Name="/a", WithDecryption=True)["Parameter"]["Value"], "moto.ec2" in sys.modules)
running.stop()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "b False\n"


def test_it_listens_on_loopback_only(running: Engine) -> None:
    assert running.endpoint.startswith("http://127.0.0.1:")


def test_a_persons_account_and_settings_are_not_in_the_environment_any_more() -> None:
    environ = {
        "PATH": "/bin",
        "AWS_PROFILE": "prod",
        "AWS_ACCESS_KEY_ID": "AKIAREAL",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_DYNAMODB": "https://real.example.com",
        "HTTPS_PROXY": "http://proxy.example.com",
        "no_proxy": "intranet.example.com",
    }
    engine.keep_off_aws(environ, endpoint="http://127.0.0.1:1")
    assert "AKIAREAL" not in environ.values()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB"} & environ.keys()
    assert environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environ["no_proxy"] == "intranet.example.com,127.0.0.1,localhost,::1"
    assert (environ["PATH"], environ["HTTPS_PROXY"]) == ("/bin", "http://proxy.example.com")


def test_a_client_that_names_no_endpoint_reaches_the_engine_and_not_aws(
    monkeypatch: pytest.MonkeyPatch, running: Engine
) -> None:
    environ = dict(os.environ)
    engine.keep_off_aws(environ, endpoint=running.endpoint)
    for name in [name for name in os.environ if name not in environ]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("dynamodb")
    assert client.meta.endpoint_url == running.endpoint
    assert client.list_tables()["TableNames"] == []
    client.close()
