"""The notifier as Lambda calls it: real Apprise to a receiver on loopback, URLs from moto's SSM."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.core.base_backend import BackendDict

from notifier.channels import Channels
from notifier.handler import Notifier, UnsentError
from tests.stand_in import Says, StandIn, stand_in

DOCUMENT = {
    "version": 1,
    "id": "f5e134b5-632a-501b-aaac-0c31a70189fe",
    "kind": "down",
    "project": "default",
    "channels": ["ops-chat"],
    "subject": "DOWN search-reindex: overrun",
    "text": "search-reindex is down: overrun.\n\n<b>Look</b> first at the process.",
}
S3CRET = "s3cret-token"


@dataclass
class Functions:
    """Takes invocations, and keeps them."""

    invoked: list[dict[str, Any]] = field(default_factory=list)

    def invoke(self, **call: Any) -> None:
        self.invoked.append(call)


@dataclass
class Stage:
    """A notifier of the stage `test`, and what is around it."""

    ssm: Any
    notifier: Notifier
    functions: Functions
    clock: list[float]
    slept: list[float]

    def channel(self, identity: str, url: str, *, name: str = "", project: str = "default") -> None:
        value = json.dumps({"name": name or identity, "url": url})
        where = f"/overdue/test/channels/{project}/{identity}"
        self.ssm.put_parameter(Name=where, Value=value, Type="SecureString", Overwrite=True)

    def call(self, event: dict[str, Any], *, remaining_s: float = 60.0) -> Any:
        return self.notifier(event, remaining_s=lambda: remaining_s - sum(self.slept), request_id="r-1")

    def from_sns(self, *names: str, **document: Any) -> Any:
        """As SNS delivers it: `names` is what filter policies see."""
        told = DOCUMENT | {"channels": [name for name in names if name != "*"]} | document
        attributes = {"channels": {"Type": "String.Array", "Value": json.dumps(names)}} if names else {}
        return self.call({"Records": [{"Sns": {"Message": json.dumps(told), "MessageAttributes": attributes}}]})


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "made-up")
    with mock_aws():
        BackendDict.reset()  # another test's mock may be running, with what it has made
        ssm, functions, clock, slept = boto3.client("ssm", region_name="us-east-1"), Functions(), [100.0], list[float]()
        channels = Channels(ssm, "test", lambda: clock[0])
        notifier = Notifier(
            channels=channels, functions=functions, name="overdue-test-notifier", stage="test", sleep=slept.append
        )
        yield Stage(ssm, notifier, functions, clock, slept)


@pytest.fixture
def receiver() -> Iterator[StandIn]:
    with stand_in() as running:
        yield running


def to(receiver: StandIn, path: str = S3CRET) -> str:
    return f"{receiver.base.replace('http', 'json', 1)}/{path}"


@pytest.mark.parametrize(
    ("kind", "apprise"), [("down", "failure"), ("up", "success"), ("reminder", "warning"), ("test", "info")]
)
def test_an_alert_for_one_channel_is_posted_there(stage: Stage, receiver: StandIn, kind: str, apprise: str) -> None:
    stage.channel("c1", to(receiver), name="ops-chat")

    stage.from_sns("ops-chat", kind=kind)

    [asked] = receiver.asked
    assert asked.json() == {
        "version": "1.0",
        "title": "DOWN search-reindex: overrun",
        "message": "search-reindex is down: overrun.\n\n<b>Look</b> first at the process.",
        "attachments": [],
        "type": apprise,
    }
    assert stage.functions.invoked == []


def test_what_names_no_channel_of_apprise_is_nothing_to_do(stage: Stage, receiver: StandIn) -> None:
    stage.channel("c1", to(receiver), name="ops-chat")

    stage.from_sns("ops-email")
    stage.from_sns()

    assert (receiver.asked, stage.functions.invoked) == ([], [])


def test_channels_of_other_projects_get_nothing_even_if_they_have_the_same_name(
    stage: Stage, receiver: StandIn
) -> None:
    stage.channel("c1", to(receiver, "default"), name="ops-chat")
    stage.channel("c2", to(receiver, "billing"), name="ops-chat", project="billing")

    stage.from_sns("ops-chat", project="billing")
    stage.from_sns("*", project="billing")

    assert receiver.paths() == ["/billing", "/billing"]


def test_each_of_several_gets_an_invocation_of_its_own(stage: Stage, receiver: StandIn) -> None:
    for name in ("a", "b", "c"):
        stage.channel(f"id-{name}", to(receiver, name), name=name)

    stage.from_sns("a", "c")

    assert receiver.asked == []
    assert [(call["FunctionName"], call["InvocationType"]) for call in stage.functions.invoked] == [
        ("overdue-test-notifier", "Event"),
        ("overdue-test-notifier", "Event"),
    ]
    events = [json.loads(call["Payload"]) for call in stage.functions.invoked]
    assert [event["channel"] for event in events] == ["id-a", "id-c"]
    for event in events:
        stage.call(event)
    assert receiver.paths() == ["/a", "/c"]


def test_a_digest_is_sent_on_without_its_members_and_delivered_as_what_they_are(
    stage: Stage, receiver: StandIn
) -> None:
    for name in ("a", "b"):
        stage.channel(f"id-{name}", to(receiver, name), name=name)

    stage.from_sns("a", "b", kind="digest", digest={"kind": "up", "members": [{"name": "x" * 100}] * 1_000})

    events = [call["Payload"] for call in stage.functions.invoked]
    assert all(len(event) < 1_000 for event in events)
    stage.call(json.loads(events[0]))
    assert receiver.asked[0].json()["type"] == "success"


def test_a_star_reaches_channels_that_the_publisher_did_not_know_yet(stage: Stage, receiver: StandIn) -> None:
    stage.channel("c1", to(receiver), name="brand-new")

    stage.from_sns("*", "ops-email")

    assert len(receiver.asked) == 1


def test_more_channels_than_a_page_of_ssm_holds_are_all_found(stage: Stage, receiver: StandIn) -> None:
    for number in range(23):
        stage.channel(f"id-{number}", to(receiver), name=f"chat-{number}")

    stage.from_sns("*")

    assert len(stage.functions.invoked) == 23


def test_a_service_that_hiccups_is_tried_again(stage: Stage) -> None:
    answers = iter([503, 503, 200])
    with stand_in(lambda _: Says(status=next(answers))) as receiver:
        stage.channel("c1", to(receiver), name="ops-chat")
        stage.from_sns("ops-chat")

    assert len(receiver.asked) == 3
    assert stage.slept == [1.0, 3.0]


def test_a_failure_raises_so_that_lambda_repeats_it_and_logs_no_secret(
    stage: Stage, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand_in(lambda _: Says(status=500)) as receiver:
        stage.channel("c1", to(receiver), name="ops-chat")
        with pytest.raises(UnsentError, match="channel c1") as caught:
            stage.from_sns("ops-chat")

    assert len(receiver.asked) == 3
    log, metric = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "500" in log.pop("said")
    assert log == {
        "event": "unsent",
        "channel": "c1",
        "project": "default",
        "alert": "f5e134b5-632a-501b-aaac-0c31a70189fe",
        "kind": "down",
        "tries": 3,
        "request_id": "r-1",
    }
    assert (metric["Stage"], metric["NotifierFailed"]) == ("test", 1)
    assert metric["_aws"]["CloudWatchMetrics"] == [
        {
            "Namespace": "Overdue",
            "Dimensions": [["Stage"]],
            "Metrics": [{"Name": "NotifierFailed", "Unit": "Count"}],
        }
    ]
    assert S3CRET not in str(caught.value) + str(log)


def test_an_invocation_for_one_channel_raises_when_it_fails_so_that_it_is_repeated_alone(stage: Stage) -> None:
    with stand_in(lambda _: Says(status=500)) as receiver:
        stage.channel("c1", to(receiver))
        with pytest.raises(UnsentError, match="channel c1"):
            stage.call({"document": DOCUMENT, "channel": "c1"})


def test_nothing_is_tried_again_when_the_functions_time_is_nearly_over(stage: Stage) -> None:
    with stand_in(lambda _: Says(status=500)) as receiver:
        stage.channel("c1", to(receiver))
        result = stage.call({"document": DOCUMENT, "channel": "c1", "report": True}, remaining_s=15.0)

    assert len(receiver.asked) == 1
    assert (result["ok"], stage.slept) == (False, [])
    assert result["said"].endswith("(1 try)")


def test_a_report_answers_instead_of_raising(stage: Stage, receiver: StandIn) -> None:
    stage.channel("c1", to(receiver))
    asked = {"document": DOCUMENT, "channel": "c1", "report": True}

    assert stage.call(asked) == {"ok": True, "said": "delivered"}
    assert stage.call(asked | {"channel": "c9"}) == {"ok": False, "said": "there is no such channel"}


def test_a_report_sees_a_channel_that_was_made_a_second_ago_others_within_a_minute(
    stage: Stage, receiver: StandIn
) -> None:
    stage.from_sns("ops-chat")
    stage.channel("c1", to(receiver, "old"), name="ops-chat")
    stage.clock[0] += 59.9
    stage.from_sns("ops-chat")
    assert receiver.asked == []

    stage.clock[0] += 0.1
    stage.from_sns("ops-chat")
    stage.channel("c1", to(receiver, "new"), name="ops-chat")
    stage.call({"document": DOCUMENT, "channel": "c1", "report": True})

    assert receiver.paths() == ["/old", "/new"]


def test_a_channel_that_was_removed_meanwhile_is_let_go(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    stage.call({"document": DOCUMENT, "channel": "c9"})

    assert json.loads(capsys.readouterr().out)["event"] == "gone"


def test_no_part_of_a_url_leaves_the_function(
    stage: Stage, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    stage.channel("c1", f"json://{S3CRET}-host.invalid:1/{S3CRET}?+X-Key={S3CRET}&rto=1&cto=1")

    result = stage.call({"document": DOCUMENT, "channel": "c1", "report": True}, remaining_s=1.0)

    assert result["ok"] is False
    everything = capfd.readouterr()
    assert S3CRET not in str(result) + everything.out + everything.err + caplog.text


def test_a_url_that_apprise_no_longer_accepts_is_reported(stage: Stage) -> None:
    stage.channel("c1", "nosuch://x")

    result = stage.call({"document": DOCUMENT, "channel": "c1", "report": True})

    assert result == {
        "ok": False,
        "said": "Apprise no longer accepts this channel's URL. Remove the channel and add it again",
    }
