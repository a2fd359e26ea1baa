"""The packaged functions run as on Lambda: unpacked into an empty folder, with nothing else importable."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import pytest

from chalicelib.domain.ingress.ingress_ledger import proof
from overdue.deploy.packaging.wheels import THIS_MACHINE
from overdue.local.engines import moto, resources
from overdue.local.engines.access import access_key
from tests.packaged import packaged
from tests.stand_in import Asked, Says, stand_in

# Reads events from stdin and writes answers, then the files imported from outside the folder and the standard library.
PROGRAM = """
import json, sys, sysconfig, time, zoneinfo
from pathlib import Path
task = sys.argv[1]
library = sysconfig.get_path("stdlib")
sys.path[:] = [task, *(each for each in sys.path if "site-packages" not in each)]
zoneinfo.reset_tzpath(())  # Lambda's image has no time zones
import app
from chalicelib import runtime
from chalicelib.store.registry import projects as registry
from chalicelib.store.registry.projects import Key, Scope
from datetime import UTC, datetime
runtime.wiring()
registry.add_key("w" * 32, Key("default", Scope.READ_WRITE, "first"), now=datetime.now(UTC))

class Context:
    aws_request_id = "8476a536-e9f4-11e8-9739-2dfe598c3fcd"
    function_name = "overdue-test-api"

answers, sys.stdout = sys.stdout, sys.stderr
for line in sys.stdin:
    name, event = json.loads(line)
    json.dump(getattr(app, name)(event, Context()), answers)
    answers.write("\\n")
    answers.flush()
files = [file for module in list(sys.modules.values()) if (file := getattr(module, "__file__", None))]
json.dump([file for file in files if not file.startswith((task, library))], answers)
"""


class Function:
    """A process that runs the functions as Lambda would."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def call(self, name: str, event: Any) -> Any:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps([name, event]) + "\n")
        self.process.stdin.flush()
        return json.loads(self._line())

    def request(self, verb: str, path: str, *, at_s: float, body: Any = None) -> Any:
        return self.call("app", an_event(verb, path, at_s=at_s, body=body))

    def foreign(self) -> list[str]:
        """End the process; return the files that it imported from outside the folder."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        files: list[str] = json.loads(self._line())
        return files

    def _line(self) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the function has died; see its output above"
        return line


def an_event(verb: str, path: str, *, at_s: float, body: Any) -> dict[str, Any]:
    """An event in payload format 1.0 (AWS, "Create AWS Lambda proxy integrations for HTTP APIs")."""
    headers = {"Content-Type": "application/json", "User-Agent": "curl/8.5.0", "X-Api-Key": "w" * 32}
    return {
        "version": "1.0",
        "resource": "$default",
        "path": path,
        "httpMethod": verb,
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "id",
            "authorizer": {"claims": None, "scopes": None},
            "domainName": "id.execute-api.us-east-1.amazonaws.com",
            "domainPrefix": "id",
            "extendedRequestId": "request-id",
            "httpMethod": verb,
            "identity": {"sourceIp": "203.0.113.7", "userAgent": "curl/8.5.0"},
            "path": path,
            "protocol": "HTTP/1.1",
            "requestId": "id=",
            "requestTimeEpoch": round(at_s * 1000),
            "resourceId": "$default",
            "resourcePath": "$default",
            "stage": "$default",
        },
        "pathParameters": None,
        "stageVariables": None,
        "body": None if body is None else json.dumps(body),
        "isBase64Encoded": False,
    }


A_SCHEDULED_EVENT = {
    "version": "0",
    "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
    "detail-type": "Scheduled Event",
    "source": "aws.events",
    "account": "123456789012",
    "time": "2026-03-01T12:00:00Z",
    "region": "us-east-1",
    "resources": ["arn:aws:events:us-east-1:123456789012:rule/my-schedule"],
    "detail": {},
}


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The content of /var/task, for the architecture of this machine."""
    folder = tmp_path_factory.mktemp("task")
    with ZipFile(packaged(tmp_path_factory, THIS_MACHINE).functions.path) as archive:
        archive.extractall(folder)
    return folder


@pytest.fixture
def environ() -> Iterator[dict[str, str]]:
    """The environment that the stack sets, with an AWS on loopback."""
    with ExitStack() as stack:
        yield from _environ(stack)


def as_the_api(asked: Asked, dynamodb: Any, registry: str) -> Says:
    """The answer of the function `api` to the sweep's ingress check."""
    row = dynamodb.get_item(TableName=registry, Key={"pk": {"S": "badges"}, "sk": {"S": "secret"}})["Item"]
    return Says(body=proof(bytes.fromhex(row["secret"]["S"]), asked.path.rpartition("/")[2]).encode())


def _environ(stack: ExitStack) -> Iterator[dict[str, str]]:
    found: dict[str, str] = {}
    running = moto.start(found)
    stack.callback(running.stop)
    dynamodb = moto.dynamodb(running.endpoint)
    made = resources.create(dynamodb, moto.sns(running.endpoint), stage="test")
    front = stack.enter_context(stand_in(lambda asked: as_the_api(asked, dynamodb, made.registry)))
    yield found | {
        "OVERDUE_DYNAMODB_URL": running.endpoint,
        "OVERDUE_SNS_URL": running.endpoint,
        "OVERDUE_STAGE": "test",
        "OVERDUE_CHECKS_TABLE": made.checks,
        "OVERDUE_HISTORY_TABLE": made.history,
        "OVERDUE_REGISTRY_TABLE": made.registry,
        "OVERDUE_ALERTS_TOPIC": made.alerts,
        "OVERDUE_PAGERDUTY_TOPIC": made.pagerduty,
        "OVERDUE_CHAT_TOPIC": made.chat,
        "OVERDUE_PLATFORM_TOPIC": made.platform,
        "OVERDUE_BASE_URL": front.base,
        "PATH": os.environ["PATH"],
    }


@pytest.fixture
def function(task: Path, environ: dict[str, str]) -> Iterator[Function]:
    command = [sys.executable, "-I", "-S", "-c", PROGRAM, str(task)]
    with subprocess.Popen(
        command, cwd=task, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Function(process)
        process.kill()


def test_the_unpacked_functions_record_a_ping_detect_a_miss_and_send_an_alert(
    function: Function, environ: dict[str, str]
) -> None:
    sqs = boto3.session.Session(
        aws_access_key_id=access_key(), aws_secret_access_key="x", region_name="us-east-1"
    ).client("sqs", endpoint_url=environ["AWS_ENDPOINT_URL"])
    queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
    topics = moto.sns(environ["AWS_ENDPOINT_URL"])
    topics.subscribe(
        TopicArn=environ["OVERDUE_ALERTS_TOPIC"], Protocol="sqs", Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts"
    )
    long_ago_s = 1_772_366_400  # 2026-03-01T12:00Z
    fields = {"name": "nightly", "schedule": "0 2 * * *", "tz": "Europe/Berlin", "grace": 60}

    made = function.request("POST", "/api/v3/checks/", at_s=long_ago_s, body=fields)
    assert made["statusCode"] == 201, made
    path = json.loads(made["body"])["ping_url"].removeprefix(environ["OVERDUE_BASE_URL"])
    assert function.request("GET", path, at_s=long_ago_s)["body"] == "OK"
    assert function.call("sweep", A_SCHEDULED_EVENT) is None
    assert function.call("canary", A_SCHEDULED_EVENT) is None

    [message] = sqs.receive_message(QueueUrl=queue)["Messages"]
    alert = json.loads(json.loads(message["Body"])["Message"])
    assert (alert["kind"], alert["check"]["name"]) == ("down", "nightly")
    assert function.foreign() == []
