import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
import requests

from overdue.local.engines import access, dynalite, environment, moto
from overdue.local.engines.moto import Engine

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


on_dynalite = pytest.mark.skipif(not dynalite.is_installed(), reason="needs Node 20 and dynalite: make dynalite")


@pytest.fixture(scope="module")
def running() -> Iterator[Engine]:
    started = moto.start({})
    yield started
    started.stop()


@pytest.fixture
def table(running: Engine, dynamodb_url: str | None) -> Iterator["DynamoDBClient"]:
    client = moto.dynamodb(dynamodb_url or running.endpoint)
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


@pytest.mark.parametrize(
    "update",
    [
        pytest.param("SET a = :one SET b = :one", id="two clauses of one kind"),
        pytest.param("SET a = :one REMOVE a", id="one path in two actions"),
        pytest.param("SET a = :one, b.c = :one REMOVE b", id="a path within another"),
    ],
)
def test_updates_that_dynamodb_refuses_are_refused(table: "DynamoDBClient", update: str) -> None:
    with pytest.raises(table.exceptions.ClientError, match="ValidationException"):
        table.update_item(
            TableName="races",
            Key={"code": {"S": "a"}},
            UpdateExpression=update,
            ExpressionAttributeValues={":one": {"N": "1"}},
        )


def test_every_type_of_value_is_read_as_it_was_written(table: "DynamoDBClient") -> None:
    scalars = {
        "s": {"S": ""},
        "n": {"N": "1.5"},
        "yes": {"BOOL": True},
        "none": {"NULL": True},
        "b": {"B": b"\x00\xff"},
    }
    item: dict[str, Any] = {
        "code": {"S": "a"},
        "ss": {"SS": ["x"]},
        "m": {"M": scalars},
        "l": {"L": [*scalars.values()]},
    }
    table.put_item(TableName="races", Item=item | scalars)
    assert table.get_item(TableName="races", Key={"code": {"S": "a"}})["Item"] == item | scalars


def test_an_engine_knows_nothing_of_the_one_before() -> None:
    first = moto.start({})
    topics = moto.sns(first.endpoint)
    topics.create_topic(Name="alerts")
    topics.close()
    first.stop()
    second = moto.start({})
    topics = moto.sns(second.endpoint)
    assert topics.list_topics()["Topics"] == []
    topics.close()
    second.stop()


def test_it_starts_without_ec2_and_ssm_keeps_its_parameters_all_the_same() -> None:
    program = """
import sys
from overdue.local.engines import access, dynalite, moto as engine
running = engine.start({})
ssm = engine.ssm(running.endpoint)
ssm.put_parameter(Name="/a", Value="b", Type="SecureString")
print(ssm.get_parameter(Name="/a", WithDecryption=True)["Parameter"]["Value"], "moto.ec2" in sys.modules)
running.stop()
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "b False\n"


KEYED = "AWS4-HMAC-SHA256 Credential={key}/20261201/us-east-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0"
SHARED = "AWS4-HMAC-SHA256 Credential=overdue-local/20261201/us-east-1/dynamodb/aws4_request, SignedHeaders=host"
LIST_TABLES = {"X-Amz-Target": "DynamoDB_20120810.ListTables", "X-Amz-Date": "20261201T000000Z"}
JSON = "application/x-amz-json-1.0"


@pytest.fixture(scope="module", params=["moto", pytest.param("dynalite", marks=on_dynalite)])
def engine_url(request: pytest.FixtureRequest, running: Engine) -> Iterator[str]:
    """The port of each engine that a local server opens."""
    if request.param == "moto":
        yield running.endpoint
        return
    with dynalite.serving(None, package=dynalite.INSTALLED) as url:
        yield url


def asked(url: str, headers: Mapping[str, str | None], *, path: str = "/", verb: str = "POST") -> requests.Response:
    """ListTables, signed as a client of this engine, with some headers changed, or left out for None."""
    signed = {"Authorization": KEYED.format(key=access.access_key()), "Content-Type": JSON}
    given = {**signed, **LIST_TABLES, **headers}
    with requests.Session() as session:
        session.trust_env = False
        return session.request(verb, url + path, data=b"{}", headers=given, timeout=20)


def test_a_client_that_knows_the_access_key_is_served_under_each_loopback_name(engine_url: str) -> None:
    port = engine_url.rpartition(":")[2]
    for name in ("127.0.0.1", "localhost", "[::1]"):
        answer = asked(engine_url, {"Host": f"{name}:{port}"})
        assert (answer.status_code, answer.json()) == (200, {"TableNames": []})


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({"Host": "rebound.example"}, 421, id="DNS rebinding"),
        pytest.param({"Host": "rebound.example:8000"}, 421, id="DNS rebinding, with a port"),
        pytest.param({"Host": "localhost"}, 421, id="no port"),
        pytest.param({"Host": "dynamodb.us-east-1.amazonaws.com"}, 421, id="an address of AWS's"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="a page that knows the key"),
        pytest.param({"Origin": "null"}, 403, id="a page without an origin"),
        pytest.param({"Authorization": None}, 403, id="not signed"),
        pytest.param({"Authorization": None, "Content-Type": "text/plain"}, 403, id="what a form can send"),
        pytest.param({"Authorization": KEYED.format(key="overdue-local")}, 403, id="the key of former versions"),
        pytest.param({"Authorization": KEYED.format(key="AKIAIOSFODNN7EXAMPLE")}, 403, id="another key"),
        pytest.param({"Authorization": "Bearer x"}, 403, id="another kind of credentials"),
        pytest.param(
            {"Authorization": SHARED, "X-Amz-Security-Token": "guessed"}, 403, id="the shared key and a guessed token"
        ),
    ],
)
def test_an_engine_refuses_requests_that_are_not_from_its_own_clients(
    engine_url: str, headers: dict[str, str | None], status: int
) -> None:
    answer = asked(engine_url, headers)
    assert answer.status_code == status
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("verb", ["GET", "POST", "OPTIONS"])
def test_a_preflight_and_a_plain_get_get_nothing(engine_url: str, verb: str) -> None:
    answer = asked(engine_url, {"Origin": "https://evil.example", "Authorization": None}, verb=verb)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("path", ["/moto-api/reset", "//moto-api/reset", "/%6doto-api/reset", "/moto-api/data.json"])
def test_motos_own_api_is_closed_even_to_clients_with_the_key(running: Engine, path: str) -> None:
    topics = moto.sns(running.endpoint)
    arn = topics.create_topic(Name="kept")["TopicArn"]
    for authorization, status in ((KEYED.format(key=access.access_key()), 404), (None, 403)):
        assert asked(running.endpoint, {"Authorization": authorization}, path=path).status_code == status
    assert {"TopicArn": arn} in topics.list_topics()["Topics"]
    topics.close()


def test_beside_a_database_of_another_program_the_engine_knows_its_clients_by_their_token(running: Engine) -> None:
    environ = dict[str, str]()
    environment.keep_off_aws(environ, endpoint=running.endpoint, key=access.access_key())
    environment.share_database(environ)
    assert environ["AWS_ACCESS_KEY_ID"] == "overdue-local"  # DynamoDB Local: another key would be another database
    session = boto3.session.Session(
        environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], environ["AWS_SESSION_TOKEN"], "us-east-1"
    )
    topics = session.client("sns", endpoint_url=running.endpoint)
    assert "Topics" in topics.list_topics()
    topics.close()


def test_each_process_has_another_access_key() -> None:
    program = "from overdue.local.engines.access import access_key; print(access_key() == access_key(), access_key())"
    said = {
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
        for _ in range(2)
    }
    assert len(said) == 2
    assert all(len(each.split("overdue-")[1].strip()) == 32 and each.startswith("True") for each in said)


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
    environment.keep_off_aws(environ, endpoint="http://127.0.0.1:1", key="random")
    assert "AKIAREAL" not in environ.values()
    assert not {"AWS_PROFILE", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_DYNAMODB"} & environ.keys()
    assert environ["AWS_SHARED_CREDENTIALS_FILE"] == os.devnull
    assert environ["no_proxy"] == "intranet.example.com,127.0.0.1,localhost,::1"
    assert (environ["PATH"], environ["HTTPS_PROXY"]) == ("/bin", "http://proxy.example.com")


def test_a_client_that_names_no_endpoint_reaches_the_engine_and_not_aws(
    monkeypatch: pytest.MonkeyPatch, running: Engine
) -> None:
    environ = dict(os.environ)
    environment.keep_off_aws(environ, endpoint=running.endpoint, key=access.access_key())
    for name in [name for name in os.environ if name not in environ]:
        monkeypatch.delenv(name)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("dynamodb")
    assert client.meta.endpoint_url == running.endpoint
    assert client.list_tables()["TableNames"] == []
    client.close()
