"""Each function may make the calls that it makes, and no other: infra/policies against what is really called.

Botocore tells of every request as it is built. A call that no scenario here causes stands out as unused.
"""

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import boto3
import botocore.handlers
import pytest
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from chalicelib import runtime
from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Status, Verdict
from chalicelib.domain.config import Group
from chalicelib.domain.ids import Code
from chalicelib.domain.limits.quota import Limits
from chalicelib.domain.ping import Ping, Signal
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.handlers import canary, cloudwatch_alarms
from chalicelib.probes import probing
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.services.record_ping import take
from chalicelib.services.transaction import change
from chalicelib.store import checks
from chalicelib.store.registry import probes, projects
from chalicelib.store.registry.status_pages import StatusPage, add_status_page
from chalicelib.sweep.fan_out import Part, Sharing
from chalicelib.sweep.loop import invoked, sweep, sweep_part
from notifier.channels import Channels
from notifier.handler import Notifier, UnsentError
from tests.builders import days, hours, minutes
from tests.integration.conftest import PING_KEY, Aws, Deployment, StillClock, Way
from tests.integration.web.calling import Api
from tests.integration.web.pages.browsing import STAGE, Browser
from tests.stand_in import Says, stand_in

pytestmark = pytest.mark.on_moto("the calls that reach the engine are what is tested")

POLICIES = Path(__file__).parents[3] / "infra" / "policies"
# What Lambda does in the function's name.
BY_LAMBDA = {"logs:CreateLogStream", "logs:PutLogEvents", "sqs:SendMessage"}
# What SNS does in the name of who publishes to a topic under a key of our own.
BY_SNS = {"kms:Decrypt", "kms:GenerateDataKey"}
NAMES = {
    "overdue-test-checks": "${ChecksTable}",
    "overdue-test-history": "${HistoryTable}",
    "overdue-test-registry": "${RegistryTable}",
    "overdue-test-alerts": "${AlertsTopic}",
    "overdue-test-pagerduty": "${PagerDutyTopic}",
    "overdue-test-chat": "${ChatTopic}",
    "overdue-test-platform": "${PlatformTopic}",
}

# The action, what it is done to, as policies spell both, and the partition of the registry that it touches; else "".
Call = tuple[str, str, str]
REGISTRY = "overdue-test-registry"


class Recorder:
    """The calls of each function."""

    def __init__(self) -> None:
        self.calls: dict[str, set[Call]] = {}
        self._now: str | None = None

    @contextmanager
    def running(self, function: str) -> Iterator[None]:
        self._now = function
        yield
        self._now = None

    @contextmanager
    def others_running(self) -> Iterator[None]:
        """Somebody else acts while the function runs."""
        now, self._now = self._now, None
        yield
        self._now = now

    def __call__(self, request: Any, operation_name: str, event_name: str, **_: Any) -> None:
        if self._now is not None:
            service = event_name.split(".")[1]
            calls = self.calls.setdefault(self._now, set())
            calls.update(told(service, operation_name, request))


def told(service: str, operation: str, request: Any) -> Iterator[Call]:
    match service:
        case "dynamodb":
            body = json.loads(request.data)
            tables = body["RequestItems"] if "RequestItems" in body else [body["TableName"]]
            index = f"/index/{body['IndexName']}" if "IndexName" in body else ""
            key = leading_key(body) if REGISTRY in tables else ""
            yield from ((f"dynamodb:{operation}", NAMES[table] + index, key) for table in tables)
        case "sns":
            [topic] = parse_qs(request.data.decode())["TopicArn"]  # `tables.sns_client` encodes it early
            yield f"sns:{operation}", NAMES[topic.rpartition(":")[2]], ""
        case "ssm":
            body = json.loads(request.data)
            path = body["Path"] if "Path" in body else body["Name"]
            yield f"ssm:{operation}", f"parameter{path}".replace("/test/", "/${Stage}/"), ""
        case "lambda":
            name = request.url.split("/functions/")[1].split("/")[0]
            yield f"lambda:{operation}Function", f"function:{name}".replace("-test-", "-${Stage}-"), ""
        case _:
            raise AssertionError(f"a call of a new service: {service} {operation}")


def leading_key(body: dict[str, Any]) -> str:
    """What `dynamodb:LeadingKeys` is for a request to the registry: the partition that it names."""
    match body:
        case {"Key": {"pk": {"S": str(key)}}} | {"Item": {"pk": {"S": str(key)}}}:
            return key
        case {"KeyConditionExpression": str(text), "ExpressionAttributeNames": names}:
            [name] = [name for name, attribute in names.items() if attribute == "pk"]
            found = re.search(rf"{re.escape(name)} = (:\w+)", text)
            assert found is not None, text
            return str(body["ExpressionAttributeValues"][found[1]]["S"])
        case _:
            raise AssertionError(f"a request that names no partition: {body}")


def permitted(function: str) -> set[Call]:
    """Each action, resource and pattern of partitions that a policy allows."""
    document = json.loads((POLICIES / f"{function}.json").read_text())
    return {
        (action, spelt(resource), pattern)
        for statement in document["Statement"]
        for action in statement["Action"]
        for resource in statement["Resource"]
        for pattern in partitions(statement)
        if action not in BY_LAMBDA | BY_SNS
    }


def partitions(statement: Any) -> list[str]:
    """The partitions that a statement allows. Without the check for Null, a request that names none would pass."""
    match statement.get("Condition"):
        case None:
            return [""]
        case {
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(patterns)},
            "Null": {"dynamodb:LeadingKeys": "false"},
            **others,
        } if not others:
            return patterns
        case condition:
            raise AssertionError(f"a condition that this test cannot evaluate: {condition}")


def allows(permission: Call, call: Call) -> bool:
    """As IAM decides: the action as it is, the rest by its pattern."""
    action, resource, partition = permission
    return action == call[0] and fnmatchcase(call[1], resource) and fnmatchcase(call[2], partition)


def spelt(resource: Any) -> str:
    match resource:
        case {"Ref": str(name)} | {"Fn::GetAtt": [str(name), "Arn"]}:
            return f"${{{name}}}"
        case {"Fn::Sub": str(text)}:
            return text.rpartition("${AWS::AccountId}:")[2].replace(".Arn}", "}")
        case _:
            raise AssertionError(f"a resource that is not one of the template's: {resource}")


@pytest.fixture
def recorder(aws: Aws, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:  # noqa: ARG001  # moto first
    """Hears of each request, from clients made while the test runs."""
    heard = Recorder()
    topics = "arn:aws:sns:us-east-1:123456789012:overdue-test-"
    monkeypatch.setenv("OVERDUE_PAGERDUTY_TOPIC", f"{topics}pagerduty")
    monkeypatch.setenv("OVERDUE_CHAT_TOPIC", f"{topics}chat")
    monkeypatch.setenv("OVERDUE_PLATFORM_TOPIC", f"{topics}platform")
    monkeypatch.setenv("OVERDUE_STAGE", STAGE)
    handlers = [*botocore.handlers.BUILTIN_HANDLERS, ("request-created", heard), ("before-send.lambda", accepted)]
    monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
    runtime.wiring.cache_clear()
    yield heard
    runtime.wiring.cache_clear()


class Nothing:
    """An answer without a body."""

    def stream(self) -> Iterator[bytes]:
        yield b""


def accepted(request: Any, **_: Any) -> AWSResponse:
    """Lambda takes an asynchronous invocation; moto would look for Docker."""
    return AWSResponse(request.url, 202, HTTPHeaders(), Nothing())


@pytest.fixture
def told_everywhere(recorder: Recorder, deployment: Deployment) -> Deployment:  # noqa: ARG001  # before its clients
    """A deployment with a channel of each kind that has a topic of its own."""
    for kind in ("pagerduty", "amazon-q"):
        channel = Channel(id=kind, name=kind, kind=kind, target="", subscription="")
        projects.add_channel("default", channel, now=deployment.now)
    return deployment


def a_check(deployment: Deployment, **config: Any) -> Any:
    return deployment.add(schedule=Every(hours(1)), grace=minutes(5), **config)


def insist_on_just_these(recorder: Recorder, function: str) -> None:
    called, allowed = recorder.calls[function], permitted(function)
    missing = {call for call in called if not any(allows(permission, call) for permission in allowed)}
    assert missing == set(), "called, but not allowed"
    unused = {permission for permission in allowed if not any(allows(permission, call) for call in called)}
    assert unused == set(), "allowed, but never called"


@pytest.mark.parametrize("function", ["api", "sweep", "prober", "alarms", "canary", "notifier"])
@pytest.mark.parametrize("verb", ["PutItem", "UpdateItem", "DeleteItem"])
def test_no_function_can_make_change_or_revoke_a_key(function: str, verb: str) -> None:
    call = f"dynamodb:{verb}", "${RegistryTable}", f"key#{'0' * 64}"
    assert not any(allows(permission, call) for permission in permitted(function))


def test_only_the_api_can_read_keys_and_what_signs_sessions() -> None:
    key = "dynamodb:GetItem", "${RegistryTable}", f"key#{'0' * 64}"
    secret = "ssm:GetParameter", "parameter/overdue/${Stage}/session-secret", ""
    for call in (key, secret):
        functions = ("api", "sweep", "prober", "alarms", "canary", "notifier")
        assert [each for each in functions if any(allows(it, call) for it in permitted(each))] == ["api"]


def test_the_api_has_the_permissions_that_it_uses(
    recorder: Recorder, told_everywhere: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    api, looking = Api(told_everywhere), Api(told_everywhere, role="ro")
    browser = Browser(told_everywhere)
    link = browser.link()  # as an operator's machine makes it, and the next, too
    add_status_page(StatusPage(name="shop", title="Shop", project="default", tags=("x",)), now=told_everywhere.now)
    code = a_check(told_everywhere)
    ping = f"/ping/{PING_KEY}/made-by-its-ping"
    with recorder.running("api"):
        told_everywhere.ping(code, body=b"x" * 5000)
        told_everywhere.ping(code, "/start")
        told_everywhere.ping(code, "/fail", at=told_everywhere.now + minutes(1))
        told_everywhere.request("GET", ping)
        told_everywhere.request("GET", ping, query={"create": "1"})
        told_everywhere.request("GET", ping, query={"create": "1"})
        steps = [{"after": 900, "channels": "pagerduty"}]
        api.post("/escalations/", {"name": "nights", "steps": steps})
        api.post("/escalations/", {"name": "days", "steps": steps})
        api.call("DELETE", "/escalations/days")
        fields = {"name": "another", "slug": "another", "timeout": 3600, "escalation_policy": "nights"}
        made = api.post("/checks/", fields, status=201)["uuid"]
        api.post("/checks/", {"name": "another", "unique": ["name"]})
        api.post(f"/checks/{made}", {"grace": 60})
        api.get("/checks/", query={"tag": "prod"})
        unique_key = looking.get(f"/checks/{made}")["unique_key"]
        for each in (made, unique_key):
            api.get(f"/checks/{each}")
            api.get(f"/checks/{each}/flips/")
        number = api.get(f"/checks/{code}/pings/")["pings"][0]["n"]
        api.call("GET", f"/checks/{code}/pings/{number}/body")
        for path in ("/channels/", "/badges/", "/status/", "/openapi.json"):
            api.call("GET", path)
        badges = api.get("/badges/")["badges"]["*"]
        told_everywhere.request("GET", badges["svg"].removeprefix("https://overdue.example.com"))
        key = api.get(f"/checks/{made}")["badge_url"].rpartition("/")[2]
        told_everywhere.request("GET", f"/b/2/{key}")
        told_everywhere.request("GET", f"/projects/default/metrics/{'r' * 32}")
        api.post(f"/checks/{made}/pause")
        api.post(f"/checks/{made}/resume")
        api.call("DELETE", f"/checks/{made}")
        browser.get(link)
        browser.post(link)
        assert browser.get("/").status == 200
        typed = {"csrf": browser.csrf(), "name": "typed", "kind": "probe", "url": "https://example.com/", "every": "5"}
        probed = {"method": "GET", "expect_status": "200", "timeout": "10", "certificate_days": "14"}
        plain = {"failures_before_alert": "1", "misses_before_alert": "1", "early": "0"}
        assert browser.post("/new", typed | probed | plain).status == 303
        assert browser.get("/checks/typed/edit").status == 200
        for path in ("/checks/typed", f"/checks/{code}"):
            assert browser.get(path).status in (200, 303)
        told_everywhere.ping(Code(api.get("/checks/", query={"slug": "typed"})["checks"][0]["uuid"]), "/fail")
        for action in ("snooze", "unsnooze", "acknowledge", "pause", "resume", "delete"):
            form = {"csrf": browser.csrf(), "until": "3600", "confirm": "typed"}
            assert browser.post(f"/checks/typed/{action}", form).status == 303
        assert told_everywhere.request("GET", "/status/shop").status == 200
        full = replace(told_everywhere.wiring.admission, limits=Limits(checks=1, by_ping=1))
        monkeypatch.setitem(vars(told_everywhere.wiring), "admission", full)
        assert api.call("POST", "/checks/", body=b'{"name": "one too many"}').status == 403
        assert browser.post("/signout", {"csrf": browser.csrf()}).status == 303
    insist_on_just_these(recorder, "api")


def deleting(recorder: Recorder, deployment: Deployment) -> Way:
    """The way to a door that is looked at while somebody deletes a check that the sweep has read already."""
    code = a_check(deployment, name="deleted", first_ping_by=hours(1))

    class Deleting(Way):
        def why_closed(self, *, now: datetime) -> str | None:  # noqa: ARG002  # as the real one
            with recorder.others_running():
                checks.delete(deployment.wiring.ports.tables, code, project="default")
            return None

    return Deleting()


def test_the_sweep_may_do_what_it_does(recorder: Recorder, told_everywhere: Deployment) -> None:
    with recorder.running("sweep"):
        invoked(
            told_everywhere.wiring, StillClock(told_everywhere.now), {"detail": {}}
        )  # nothing is due: it calls the watchdog
    code = a_check(told_everywhere)
    told_everywhere.ping(code)
    a_check(told_everywhere, name="late", first_ping_by=hours(3))
    told_everywhere.add(name="all", group=Group(tag="prod"))
    wiring, at = told_everywhere.wiring, told_everywhere.now + hours(4)
    alarm = Ping(at=at, signal=Signal.SUCCESS, scheme="cloudwatch")  # looks like a ping until its history is read
    take(wiring.ports, a_check(told_everywhere, name="queue"), alarm, lambda _: Signal.SUCCESS)
    way = deleting(recorder, told_everywhere)
    with recorder.running("sweep"), stand_in(lambda _: Says(status=502)) as front:
        swept = sweep(wiring.ports, StillClock(told_everywhere.now + hours(2)), way)
        closed = FrontDoor(replace(wiring.settings, base_url=front.base), wiring.registry)
        assert sweep(wiring.ports, StillClock(at), closed).held == 1
        assert wiring.ports.together is not None
        storm = replace(wiring.ports, together=replace(wiring.ports.together, at_least=1))
        for later in (hours(3), days(2)):  # the door opens, then what it held is missed
            assert sweep(storm, StillClock(at + later), told_everywhere.way).looked_at >= 1
        assert Sharing(wiring.settings, "overdue-test-storm")(Part((2, 3), at))
        change(wiring.ports, code, lambda check: Verdict(check, check))  # as of a check that was read too long ago
    assert swept.looked_at == 2
    insist_on_just_these(recorder, "sweep")


def test_a_part_of_a_sweep_has_the_permissions_that_it_uses(recorder: Recorder, told_everywhere: Deployment) -> None:
    told_everywhere.ping(a_check(told_everywhere))
    a_check(told_everywhere, name="late", first_ping_by=hours(3))
    told_everywhere.add(name="all", group=Group(tag="prod"))
    wiring, at = told_everywhere.wiring, told_everywhere.now + hours(4)
    alarm = Ping(at=at, signal=Signal.SUCCESS, scheme="cloudwatch")
    take(wiring.ports, a_check(told_everywhere, name="queue"), alarm, lambda _: Signal.SUCCESS)
    way = deleting(recorder, told_everywhere)
    with recorder.running("storm"), stand_in(lambda _: Says(status=502)) as front:
        soon = told_everywhere.now + hours(2)
        part = Part(tuple(range(8)), soon + minutes(1))
        swept = sweep_part(wiring.ports, StillClock(soon), way, part)
        closed = FrontDoor(replace(wiring.settings, base_url=front.base), wiring.registry)
        assert sweep_part(wiring.ports, StillClock(at), closed, Part(tuple(range(8)), at + minutes(1))).held == 1
        assert wiring.ports.together is not None
        storm = replace(wiring.ports, together=replace(wiring.ports.together, at_least=1))
        for later in (at + hours(3), at + days(2)):  # the door opens, then what it held is missed
            part = Part(tuple(range(8)), later + minutes(1))
            sweep_part(storm, StillClock(later), told_everywhere.way, part)
    assert swept.looked_at == 2
    insist_on_just_these(recorder, "storm")


def test_the_prober_may_do_what_it_does(recorder: Recorder, told_everywhere: Deployment) -> None:
    now = told_everywhere.now
    code = told_everywhere.add(probe=Probe(url="http://127.0.0.1/"), schedule=Every(minutes(1)), grace=minutes(5))
    told_everywhere.ping(code)
    probes.keep(code, minutes(1), now=now)
    probes.keep(Code("00000000-0000-4000-8000-000000000000"), minutes(1), now=now - hours(2))  # its check is gone
    with recorder.running("prober"):  # closed: it asks nobody, and tells people of that
        at = now + minutes(1)
        probing.invoked(told_everywhere.wiring, StillClock(at), {"time": at.isoformat()})
    assert told_everywhere.check(code).status is Status.DOWN
    insist_on_just_these(recorder, "prober")


def test_what_takes_alarms_may_do_what_it_does(recorder: Recorder, told_everywhere: Deployment) -> None:
    queue: dict[str, Any] = {"name": "orders-queue", "schedule": Every(days(365)), "grace": minutes(5)}
    code = told_everywhere.add(**queue, depends_on=(a_check(told_everywhere, name="broker"),))
    state = {"value": "ALARM", "reason": "900 > 500", "timestamp": "2026-03-01T12:00:00.000+0000"}
    with recorder.running("alarms"):
        change = {"detail": {"alarmName": "orders-queue", "state": state}}
        cloudwatch_alarms.invoked(told_everywhere.wiring, StillClock(told_everywhere.now), change)
    assert told_everywhere.check(code).status is Status.DOWN
    insist_on_just_these(recorder, "alarms")


def test_the_canary_may_do_what_it_does(recorder: Recorder, told_everywhere: Deployment) -> None:
    code = a_check(told_everywhere, name="overdue-canary")
    told_everywhere.ping(code)
    told_everywhere.sweep(told_everywhere.now + hours(2))
    told_everywhere.ping(a_check(told_everywhere, name="overdue-canary", depends_on=(code,)))
    with recorder.running("canary"):
        canary.invoked(told_everywhere.wiring, StillClock(told_everywhere.now + days(1)), {})
    assert told_everywhere.check(code).n_pings == 2
    insist_on_just_these(recorder, "canary")


def test_the_notifier_may_do_what_it_does(recorder: Recorder) -> None:
    session = boto3.Session(region_name="us-east-1")
    ssm = session.client("ssm")
    for name in ("chat", "pager"):
        kept = json.dumps({"name": name, "url": "json://127.0.0.1:1/"})
        ssm.put_parameter(Name=f"/overdue/test/channels/default/{name}", Value=kept, Type="SecureString")
    notifier = Notifier(
        channels=Channels(ssm, "test", lambda: 100.0),
        functions=session.client("lambda"),
        name="overdue-test-notifier",
        stage="test",
        sleep=lambda _: None,
    )
    document = {
        "project": "default",
        "channels": ["chat", "pager"],
        "id": "1",
        "kind": "down",
        "text": "",
        "subject": "",
    }
    with recorder.running("notifier"):
        notifier({"Records": [{"Sns": {"Message": json.dumps(document)}}]}, remaining_s=lambda: 0, request_id="1")
        with suppress(UnsentError):
            notifier({"document": document, "channel": "chat"}, remaining_s=lambda: 0, request_id="2")
    insist_on_just_these(recorder, "notifier")
