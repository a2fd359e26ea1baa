"""A deployment for each test: tables and topic from `infra/template.yaml`, the app as Lambda runs it.

Its tables are in memory (`memory`) unless the test is marked `on_moto`; `--dynamodb moto` or `dynalite` puts those of
all tests there. The rest of AWS is moto's.
"""

import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Any
from uuid import uuid4

import boto3
import pytest
from botocore.loaders import JSONFileLoader, Loader
from moto import mock_aws
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.dynamodb.models import dynamodb_backends
from moto.sns.models import sns_backends

import app as lambda_app
from chalicelib import runtime
from chalicelib.alerts.text import Message
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.runtime import Wiring
from chalicelib.store import checks, history
from chalicelib.store.history import StoredFlip, StoredPing
from chalicelib.store.registry import projects
from chalicelib.sweep.loop import sweep
from chalicelib.sweep.process import Swept
from overdue.local.engines import dynalite, moto, resources
from overdue.local.engines.access import access_key
from overdue.local.engines.quick import make_quick
from tests.builders import utc
from tests.integration.memory import dynamodb_in_memory

PING_KEY = "pingpingpingpingpingping"
TEXT_TYPES = ("text/", "application/json")


@dataclass
class StillClock:
    """A clock that moves only when somebody sleeps."""

    at: datetime

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass
class Answer:
    """What API Gateway would hand to the client."""

    status: int
    text: str
    headers: dict[str, str]


@dataclass
class Way:
    """The way to a door that is open until somebody says why not, and what operators were told."""

    why: str | None = None
    told: list[Message] = field(default_factory=list)
    looks: int = 0
    base: str = "https://overdue.example.com"
    tz: str = "UTC"

    def why_closed(self, *, now: datetime) -> str | None:  # noqa: ARG002  # as the real one
        self.looks += 1
        return self.why

    def tell(self, message: Message) -> None:
        self.told.append(message)


@dataclass
class Deployment:
    """What a test sees of a deployment: requests in, items and alerts out."""

    wiring: Wiring
    alerts_queue: str
    sqs: Any
    now: datetime = field(default=utc("2026-03-01T12:00Z"))
    way: Way = field(default_factory=Way)

    def restart(self) -> None:
        """Let another process take over, which knows nothing of what has been sent."""
        self.wiring.publisher.forget()
        self.wiring.registry.forget()

    def add(self, **config: Any) -> Code:
        """Make a check; its code."""
        name = config.setdefault("name", "nightly-backup")
        config.setdefault("slug", name)
        code = Code(str(uuid4()))
        checks.create(
            self.wiring.ports.tables, new_check(code, project="default", config=Config(**config), now=self.now)
        )
        return code

    def request(
        self,
        verb: str,
        path: str,
        *,
        at: datetime | None = None,
        query: Mapping[str, str | list[str]] | None = None,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        """Send a request at an instant (`now` unless given) through the handler that Lambda calls."""
        headers = {"User-Agent": "curl/8.5.0", "X-Forwarded-Proto": "https"} | (headers or {})
        is_text = headers.get("Content-Type", "").startswith(TEXT_TYPES)
        asked = {name: [value] if isinstance(value, str) else value for name, value in (query or {}).items()}
        event = {
            "version": "1.0",
            "resource": "$default",
            "path": path,
            "httpMethod": verb,
            "headers": headers,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
            "queryStringParameters": {name: values[-1] for name, values in asked.items()} or None,
            "multiValueQueryStringParameters": asked or None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "httpMethod": verb,
                "path": path,
                "resourcePath": "$default",
                "stage": "$default",
                "requestId": uuid4().hex,
                "requestTimeEpoch": round((at or self.now).timestamp() * 1000),
                "identity": {"sourceIp": "203.0.113.1", "userAgent": headers["User-Agent"]},
            },
            "body": (body.decode() if is_text else b64encode(body).decode()) if body else None,
            "isBase64Encoded": bool(body) and not is_text,
        }
        answer = lambda_app.app(event, None)
        return Answer(answer["statusCode"], answer["body"], dict(answer["headers"]))

    def ping(self, code: Code, action: str = "", **request: Any) -> Answer:
        """Ping a check by its code."""
        return self.request("POST" if request.get("body") else "GET", f"/ping/{code}{action}", **request)

    def check(self, code: Code) -> Check:
        """The check as it is stored."""
        return checks.get(self.wiring.ports.tables, code)

    def pings(self, code: Code) -> list[StoredPing]:
        """Its pings, newest first."""
        return history.pings(code, now=self.now, most=1000)

    def flips(self, code: Code) -> list[StoredFlip]:
        """Its flips, newest first."""
        return history.flips(code, now=self.now, most=1000)

    def sweep(self, at: datetime) -> Swept:
        """Let a sweep run that begins at an instant."""
        return sweep(self.wiring.ports, StillClock(at), self.way)

    def alerts(self) -> list[dict[str, Any]]:
        """The alerts that have gone out since the last call, as the https protocol's JSON."""
        found = []
        while messages := self.sqs.receive_message(QueueUrl=self.alerts_queue, MaxNumberOfMessages=10).get("Messages"):
            for message in messages:
                found.append(json.loads(message["Body"]))
                self.sqs.delete_message(QueueUrl=self.alerts_queue, ReceiptHandle=message["ReceiptHandle"])
        return sorted(found, key=lambda alert: (alert["at"], alert["flip"]))


def pytest_addoption(parser: pytest.Parser) -> None:
    engines = ["memory", "moto", "dynalite"]
    parser.addoption("--dynamodb", choices=engines, default="memory", help="what DynamoDB the tests meet")


def pytest_configure() -> None:
    _read_models_once()


def _read_models_once() -> None:
    """botocore reads megabytes of JSON anew for each session, and each command that is tested makes some."""
    listed, found = Loader.list_available_services, dict[tuple[str, frozenset[str]], list[str]]()

    def listed_once(self: Loader, type_name: str) -> list[str]:
        key = type_name, frozenset(self.search_paths)
        if key not in found:
            found[key] = listed(self, type_name)
        return found[key]

    Loader.list_available_services = listed_once  # type: ignore[method-assign]
    load = partial(JSONFileLoader.load_file, JSONFileLoader())
    JSONFileLoader.load_file = staticmethod(cache(load))  # type: ignore[method-assign]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On another engine, leave out what never meets it; what cannot run there is skipped, and says why."""
    if config.getoption("--dynamodb", "memory") != "dynalite":  # unknown when this folder was not asked for by name
        return
    others = [item for item in items if not _meets_dynamodb(item)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]
    for item in items:
        for mark in item.iter_markers("not_on_dynalite"):
            item.add_marker(pytest.mark.skip(reason=f"dynalite: {mark.args[0]}"))


def _meets_dynamodb(item: pytest.Item) -> bool:
    return "dynamodb_url" in getattr(item, "fixturenames", ()) or item.get_closest_marker("about_dynalite") is not None


@pytest.fixture(scope="session")
def dynamodb_url(pytestconfig: pytest.Config) -> Iterator[str | None]:
    """The engine that the tables are on; None: one within this process."""
    if pytestconfig.getoption("--dynamodb", "memory") != "dynalite":
        yield None
        return
    with dynalite.serving(None, package=dynalite.INSTALLED) as url:
        yield url


@dataclass(frozen=True)
class Aws:
    """Clients of one AWS, made once: botocore takes 0.15 s for each."""

    dynamodb: Any
    sns: Any
    sqs: Any


@pytest.fixture(scope="session")
def aws(dynamodb_url: str | None) -> Iterator[Aws]:
    """A stand-in for AWS for all tests of this process, with the environment that a Lambda would have."""
    moto.make_atomic()
    make_quick()
    with mock_aws(), pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, access_key())
        patch.setenv("AWS_REGION", "us-east-1")
        patch.delenv("AWS_PROFILE", raising=False)
        for table in ("checks", "history", "registry"):
            patch.setenv(f"OVERDUE_{table.upper()}_TABLE", f"overdue-test-{table}")
        patch.setenv("OVERDUE_ALERTS_TOPIC", "arn:aws:sns:us-east-1:123456789012:overdue-test-alerts")
        patch.setenv("OVERDUE_BASE_URL", "https://overdue.example.com")
        if dynamodb_url is not None:
            for name in ("OVERDUE_DYNAMODB_URL", "AWS_ENDPOINT_URL_DYNAMODB"):
                patch.setenv(name, dynamodb_url)
        session = boto3.Session(region_name="us-east-1")
        yield Aws(session.client("dynamodb", endpoint_url=dynamodb_url), session.client("sns"), session.client("sqs"))
    runtime.wiring.cache_clear()


ACCOUNT_ID, REGION = "123456789012", "us-east-1"
_EMPTY: dict[Any, Any] = {}  # moto's backends as they are after a stage was created


def _empty_stage(aws: Aws, *, in_memory: bool) -> str:
    """Create the stage's tables, unless they are in memory, and topics anew; return the URL of its alerts' queue.

    Creating them takes moto 40 ms, so that all tests of a process but the first get a copy.
    """
    BackendDict.reset()
    reset_model_data()  # it remembers every item that was ever made: 1.8 GB after a thousand tests
    if not _EMPTY or not aws.dynamodb.meta.endpoint_url.endswith(".amazonaws.com"):
        for table in aws.dynamodb.list_tables()["TableNames"]:  # those of another engine are not reset
            aws.dynamodb.delete_table(TableName=table)
        names = resources.create(aws.dynamodb, aws.sns, stage="test")
        queue, raw = names.alerts.replace(":sns:", ":sqs:", 1), {"RawMessageDelivery": "true"}  # else moto signs each
        aws.sns.subscribe(TopicArn=names.alerts, Protocol="sqs", Endpoint=queue, Attributes=raw)
        _EMPTY.update({service: deepcopy(service[ACCOUNT_ID][REGION]) for service in (dynamodb_backends, sns_backends)})
        BackendDict.reset()
    for service, kept in _EMPTY.items():
        if service is sns_backends or not in_memory:
            service[ACCOUNT_ID][REGION] = deepcopy(kept)
    url: str = aws.sqs.create_queue(QueueName="overdue-test-alerts")["QueueUrl"]
    return url


@pytest.fixture
def deployment(request: pytest.FixtureRequest, aws: Aws) -> Iterator[Deployment]:
    """An empty deployment with one channel and a ping key."""
    asked_for = request.config.getoption("--dynamodb", "memory")
    in_memory = asked_for == "memory" and request.node.get_closest_marker("on_moto") is None
    queue = _empty_stage(aws, in_memory=in_memory)
    with dynamodb_in_memory() if in_memory else nullcontext():
        made = Deployment(runtime.wiring(), queue, aws.sqs)
        made.restart()
        channel = Channel(id=str(uuid4()), name="ops-email", kind="email", target="ops@example.com", subscription="")
        projects.add_channel("default", channel, now=made.now)
        projects.add_key(PING_KEY, Key("default", Scope.PING, "ping key"), now=made.now)
        yield made
