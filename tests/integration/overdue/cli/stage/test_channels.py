"""`overdue channels` on the tables, topics and parameters of a stage; the notifier behind a Lambda on loopback."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
from click.testing import CliRunner, Result
from moto.sns.models import sns_backends

from chalicelib import runtime
from chalicelib.alerts.publish import publish
from chalicelib.store.registry import projects
from notifier.channels import Channels
from notifier.handler import Notifier
from overdue.channels.test_alert import a_test
from overdue.cli.main import main
from tests.integration.conftest import Aws, Deployment
from tests.stand_in import Answering, Asked, Says, StandIn, stand_in

ACCOUNT = "us-east-1:123456789012"
ALERTS = f"arn:aws:sns:{ACCOUNT}:overdue-test-alerts"
KEY = "3b3ddc578ef84d3a801d101e568fcefa"


def overdue(*arguments: str, stdin: str | None = None, **environ: str | None) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1"}
    words = ("channels", *arguments, "--stage", "test")
    return CliRunner().invoke(main, words, env=known | environ, input=stdin, catch_exceptions=False)


@dataclass
class Stage:
    """The stage `test`, as one sees it with AWS credentials."""

    sns: Any
    sqs: Any
    ssm: Any
    topics: dict[str, str]

    def queue(self, name: str) -> str:
        """The ARN of a new queue."""
        self.sqs.create_queue(QueueName=name)
        return f"arn:aws:sqs:{ACCOUNT}:{name}"

    def came(self, queue: str) -> list[dict[str, Any]]:
        """The envelopes that have come to a queue."""
        found = self.sqs.receive_message(QueueUrl=queue.rpartition(":")[2], MaxNumberOfMessages=10).get("Messages", [])
        return [json.loads(message["Body"]) for message in found]

    def subscriptions(self, topic: str) -> dict[str, dict[str, str]]:
        """The attributes of each subscription of a topic, by its endpoint; not of the tests' own queue."""
        listed = self.sns.list_subscriptions_by_topic(TopicArn=self.topics[topic])["Subscriptions"]
        arns = {each["Endpoint"]: each["SubscriptionArn"] for each in listed}
        found = {
            endpoint: self.sns.get_subscription_attributes(SubscriptionArn=arn)["Attributes"]
            for endpoint, arn in arns.items()
        }
        return {endpoint: each for endpoint, each in found.items() if "FilterPolicy" in each}

    def parameters(self) -> dict[str, dict[str, Any]]:
        """What is kept in SSM, by name."""
        found = self.ssm.get_parameters_by_path(Path="/overdue", Recursive=True, WithDecryption=True)["Parameters"]
        return {each["Name"]: each for each in found}


@pytest.fixture
def stage(deployment: Deployment, aws: Aws) -> Iterator[Stage]:  # noqa: ARG001  # its tables
    for channel in projects.Registry().channels("default", now=datetime.now(UTC)):
        projects.remove_channel("default", channel.id)
    projects.add_project("billing", now=datetime.now(UTC))
    topics = {
        name: aws.sns.create_topic(Name=f"overdue-test-{name}")["TopicArn"] for name in ("alerts", "pagerduty", "chat")
    }
    yield Stage(aws.sns, aws.sqs, boto3.client("ssm", region_name="us-east-1"), topics)
    runtime.wiring.cache_clear()


@contextmanager
def deployed_notifier(stage: Stage) -> Iterator[StandIn]:
    """Lambda's API on loopback, with the function `overdue-test-notifier` behind it."""
    notifier = Notifier(
        channels=Channels(stage.ssm, "test", lambda: 0.0),
        functions=None,
        name="overdue-test-notifier",
        stage="test",
        sleep=lambda _: None,
    )

    def answering(asked: Asked) -> Says:
        if asked.path != "/2015-03-31/functions/overdue-test-notifier/invocations":
            return Says(404, {"Message": "Function not found"}, {"x-amzn-ErrorType": "ResourceNotFoundException"})
        return Says(body=notifier(asked.json(), remaining_s=lambda: 60.0, request_id="r-1") or {})

    with stand_in(answering) as running:
        yield running


def test_an_email_is_subscribed_for_its_project_and_name_with_a_dead_letter_queue(stage: Stage) -> None:
    done = overdue("add", "ops-email", "ops@example.com")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "Channel ops-email of project default made: email ops@example.com" in done.stderr
    assert "Try it now with: overdue channels test ops-email --stage test" in done.stderr
    [(endpoint, attributes)] = stage.subscriptions("alerts").items()
    assert (endpoint, attributes["Protocol"]) == ("ops@example.com", "email")
    assert json.loads(attributes["FilterPolicy"]) == {"project": ["default"], "channels": ["ops-email", "*"]}
    assert json.loads(attributes["RedrivePolicy"]) == {
        "deadLetterTargetArn": f"arn:aws:sqs:{ACCOUNT}:overdue-test-undelivered"
    }


def test_saying_it_again_changes_nothing_and_mends_what_is_missing(stage: Stage) -> None:
    first = json.loads(overdue("add", "ops-email", "ops@example.com", "--json").stdout)
    again = overdue("add", "ops-email", "ops@example.com")
    assert "is there already" in again.stderr
    assert len(stage.subscriptions("alerts")) == 1

    [channel] = projects.Registry().channels("default", now=datetime.now(UTC))
    stage.sns.unsubscribe(SubscriptionArn=channel.subscription)
    assert json.loads(overdue("list", "--json").stdout)[0]["state"] == "gone"

    assert json.loads(overdue("add", "ops-email", "ops@example.com", "--json").stdout) == first
    assert (first["kind"], first["state"]) == ("email", "ready")
    assert len(stage.subscriptions("alerts")) == 1


def test_what_an_interrupted_add_has_left_is_taken_up(stage: Stage) -> None:
    overdue("add", "ops-email", "ops@example.com")
    [channel] = projects.Registry().channels("default", now=datetime.now(UTC))
    projects.remove_channel("default", channel.id)  # as if it had died before its last write

    assert overdue("add", "night-email", "ops@example.com").exit_code == 0

    [attributes] = stage.subscriptions("alerts").values()
    assert json.loads(attributes["FilterPolicy"])["channels"] == ["night-email", "*"]


def test_conditions_that_an_operator_has_added_to_a_filter_stay(stage: Stage) -> None:
    overdue("add", "ops-email", "ops@example.com")
    [channel] = projects.Registry().channels("default", now=datetime.now(UTC))
    narrow = json.dumps({"project": ["default"], "channels": ["ops-email", "*"], "kind": ["down"]})
    stage.sns.set_subscription_attributes(
        SubscriptionArn=channel.subscription, AttributeName="FilterPolicy", AttributeValue=narrow
    )

    overdue("add", "ops-email", "ops@example.com")

    assert stage.subscriptions("alerts")["ops@example.com"]["FilterPolicy"] == narrow


def test_a_name_with_another_target_and_an_address_of_another_channel_are_refused(stage: Stage) -> None:
    overdue("add", "ops-email", "ops@example.com")

    renamed = overdue("add", "ops-email", "other@example.com")
    twice = overdue("add", "ops", "ops@example.com", "--project", "billing")

    assert (renamed.exit_code, twice.exit_code) == (1, 1)
    assert "remove it first with: overdue channels remove ops-email" in renamed.stderr
    assert "ops@example.com already belongs to channel ops-email of project default" in twice.stderr
    assert list(stage.subscriptions("alerts")) == ["ops@example.com"]


def test_projects_never_see_each_others_alerts_even_when_their_channels_bear_one_name(stage: Stage) -> None:
    ours, theirs = stage.queue("ours"), stage.queue("theirs")
    done = overdue("add", "ops", ours)
    overdue("add", "ops", theirs, "--project", "billing")
    statement = json.loads(done.stderr[done.stderr.index("{") : done.stderr.rindex("}") + 1])
    assert (statement["Resource"], statement["Condition"]) == (ours, {"ArnEquals": {"aws:SourceArn": ALERTS}})

    for to in (("ops",), ("*",), ("*", "ops"), ("other",)):
        alert = a_test("ops", project="billing", link="", now=datetime.now(UTC))
        publish(stage.sns, ALERTS, alert, to=to)

    assert stage.came(ours) == []
    assert [json.loads(envelope["Message"])["project"] for envelope in stage.came(theirs)] == ["billing"] * 3


def test_a_test_reaches_the_one_channel_that_it_is_for(stage: Stage) -> None:
    ops, night = stage.queue("ops"), stage.queue("night")
    overdue("add", "ops", ops)
    overdue("add", "night", night)

    done = overdue("test", "ops")

    assert (done.exit_code, done.stdout) == (
        0,
        "NAME\tKIND\tRESULT\tWHAT HAPPENED\nops\tsqs\tok\taccepted by SNS\n",
    )
    [envelope] = stage.came(ops)
    alert = json.loads(envelope["Message"])
    assert (alert["kind"], alert["subject"]) == ("test", "TEST channel ops: alerts reach you")
    assert alert["text"] == "This is a test: alerts of channel ops reach you. Nothing is wrong with it."
    assert stage.came(night) == []


def test_pagerduty_is_subscribed_to_its_own_topic_and_its_key_not_shown(stage: Stage) -> None:
    done = overdue("add", "oncall", f"pagerduty:{KEY}")

    [(endpoint, attributes)] = stage.subscriptions("pagerduty").items()
    assert endpoint == f"https://events.pagerduty.com/integration/{KEY}/enqueue"
    assert json.loads(attributes["FilterPolicy"]) == {"project": ["default"], "channels": ["oncall", "*"]}
    assert stage.subscriptions("alerts") == {}
    assert "pagerduty:3b3d…" in done.stderr
    assert KEY not in done.stderr + overdue("list").stdout


def test_a_subscription_that_nobody_has_confirmed_fails_its_test(stage: Stage) -> None:  # noqa: ARG001  # its tables
    overdue("add", "ops-email", "ops@example.com")
    [channel] = projects.Registry().channels("default", now=datetime.now(UTC))
    kept: Any = sns_backends["123456789012"]["us-east-1"].subscriptions[channel.subscription]
    kept.attributes["PendingConfirmation"] = True  # as AWS leaves it until the link in the e-mail is opened

    done = overdue("test")
    again = overdue("add", "ops-email", "ops@example.com")

    assert done.exit_code == 1
    assert "no delivery: pending confirmation." in done.stdout
    assert "Open the link in the e-mail that AWS sends there: until then nothing is delivered." in again.stderr
    assert "ops-email\temail\tpending confirmation\tops@example.com" in overdue("list").stdout


def test_amazon_q_is_ready_once_somebody_is_subscribed_to_the_chat_topic(stage: Stage) -> None:
    done = overdue("add", "team", "amazon-q")
    assert f"Subscribe Amazon Q Developer to the topic {stage.topics['chat']}" in done.stderr

    alone = overdue("test", "team")
    assert alone.exit_code == 1
    assert "the chat topic has no subscriber" in alone.stdout

    chat = stage.queue("chat")
    stage.sns.subscribe(TopicArn=stage.topics["chat"], Protocol="sqs", Endpoint=chat)
    assert overdue("test", "team").exit_code == 0
    [envelope] = stage.came(chat)
    assert json.loads(envelope["Message"])["content"]["title"] == "TEST channel team: alerts reach you"


def test_what_apprise_delivers_is_kept_encrypted_and_its_url_never_printed(stage: Stage) -> None:
    url = "slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops"

    done = overdue("add", "chat", "-", stdin=f"{url}\n")
    listed = overdue("list")

    [(name, parameter)] = stage.parameters().items()
    [channel] = projects.Registry().channels("default", now=datetime.now(UTC))
    assert name == f"/overdue/test/channels/default/{channel.id}"
    assert (parameter["Type"], json.loads(parameter["Value"])) == ("SecureString", {"name": "chat", "url": url})
    assert "TIiajkdnlazkcOXrIdevi7FQ" not in done.stderr + listed.stdout + channel.target
    assert listed.stdout.splitlines()[1] == "chat\tapprise\tready\tslack://T...2/A...D/T...Q/%23ops"
    assert "is there already" in overdue("add", "chat", url).stderr
    assert overdue("add", "chat", url.replace("7FQ", "7FR")).exit_code == 1


def test_the_notifier_tells_what_became_of_its_channels(stage: Stage) -> None:
    with stand_in() as good, stand_in(lambda _: Says(status=403)) as bad, deployed_notifier(stage) as functions:
        overdue("add", "good", f"{good.base.replace('http', 'json', 1)}/s3cret")
        overdue("add", "bad", f"{bad.base.replace('http', 'json', 1)}/s3cret")
        done = overdue("test", "--json", AWS_ENDPOINT_URL_LAMBDA=functions.base)

    assert done.exit_code == 1
    first, second = json.loads(done.stdout[done.stdout.index("[\n") :])  # after the lines of the notifier's own log
    assert (first["channel"], first["ok"]) == ("bad", False)
    assert "403" in first["said"]
    assert second == {"channel": "good", "kind": "apprise", "ok": True, "said": "delivered"}
    assert good.asked[0].json()["title"] == "TEST channel good: alerts reach you"
    assert "s3cret" not in done.stdout


def always(answer: Says) -> Answering:
    return lambda _: answer


def test_an_odd_answer_of_the_notifier_is_told_as_that_channels_own_beside_the_others(stage: Stage) -> None:
    denied = (
        "User: arn:aws:iam::123456789012:user/ops is not authorized to perform: lambda:InvokeFunction on resource: x"
    )
    answers = [
        Says(body="<html>not JSON"),
        Says(body=["ok"]),
        Says(body="not JSON either", headers={"X-Amz-Function-Error": "Unhandled"}),
        Says(403, {"Message": denied}, {"x-amzn-ErrorType": "AccessDeniedException"}),
    ]
    overdue("add", "chat", "json://127.0.0.1/x")
    overdue("add", "queue", stage.queue("queue"))
    said = []
    for answer in answers:
        with stand_in(always(answer)) as functions:
            done = overdue("test", "--json", AWS_ENDPOINT_URL_LAMBDA=functions.base)
        chat, queue = json.loads(done.stdout)
        assert (done.exit_code, chat["ok"], queue["ok"]) == (1, False, True)
        said.append(chat["said"])

    assert said[0] == said[1]
    assert said[0].startswith("the notifier sent no report")
    assert said[2] == "the notifier itself failed. See why with: overdue logs --stage test"
    assert "may not perform lambda:InvokeFunction on x" in said[3]


def test_a_stage_without_its_notifier_says_what_to_do(stage: Stage) -> None:
    with stand_in(lambda _: Says(404, {}, {"x-amzn-ErrorType": "ResourceNotFoundException"})) as functions:
        overdue("add", "chat", "json://127.0.0.1/x")
        done = overdue("test", AWS_ENDPOINT_URL_LAMBDA=functions.base)

    assert "there is no function overdue-test-notifier. Deploy the stage again" in done.stdout
    assert len(stage.parameters()) == 1


def test_a_function_is_made_to_let_sns_in_and_no_more_when_the_channel_ends(stage: Stage) -> None:
    function = f"arn:aws:lambda:{ACCOUNT}:function:ops"
    with stand_in(lambda _: Says(body={})) as functions:
        made = overdue("add", "ops", function, AWS_ENDPOINT_URL_LAMBDA=functions.base)
        removed = overdue("remove", "ops", "--yes", AWS_ENDPOINT_URL_LAMBDA=functions.base)

    assert (made.exit_code, removed.exit_code, stage.subscriptions("alerts")) == (0, 0, {})
    admitted, shut_out = functions.asked
    assert (admitted.json()["Principal"], admitted.json()["SourceArn"]) == ("sns.amazonaws.com", ALERTS)
    assert shut_out.path.endswith(f"/policy/{admitted.json()['StatementId']}")


@pytest.mark.parametrize("target", ["ops@example.com", "json://127.0.0.1/x", f"pagerduty:{KEY}"])
def test_a_removed_channel_leaves_nothing_and_its_name_is_that_of_the_next(stage: Stage, target: str) -> None:
    made = json.loads(overdue("add", "ops", target, "--json").stdout)

    asked = overdue("remove", "ops")
    assert asked.exit_code == 1
    assert "Say --yes" in asked.stderr
    removed = overdue("remove", "ops", "--yes")

    assert "Removed channel ops of project default" in removed.stderr
    assert (stage.subscriptions("alerts"), stage.subscriptions("pagerduty"), stage.parameters()) == ({}, {}, {})
    assert projects.Registry().channels("default", now=datetime.now(UTC)) == ()
    assert json.loads(overdue("add", "ops", "+15550100", "--json").stdout)["id"] == made["id"]


def test_a_stage_without_the_topic_a_wrong_project_and_no_target_are_told_apart(stage: Stage) -> None:
    stage.sns.delete_topic(TopicArn=stage.topics["pagerduty"])

    old = overdue("add", "oncall", f"pagerduty:{KEY}")
    elsewhere = overdue("add", "ops", "ops@example.com", "--project", "nobody")
    wrong = overdue("add", "ops", "ops")
    unknown = overdue("test", "ops")
    nearby = overdue("add", "ops", "http://127.0.0.1:8080/x")

    assert [each.exit_code for each in (old, elsewhere, wrong, unknown, nearby)] == [1, 1, 2, 1, 1]
    assert "AWS cannot reach http://127.0.0.1:8080/x, an address of this machine" in nearby.stderr
    assert "There is no topic overdue-test-pagerduty in us-east-1. Deploy the stage (again)" in old.stderr
    assert 'There is no project "nobody"' in elsewhere.stderr
    assert '"ops" is not a channel target' in wrong.stderr
    assert 'There is no channel "ops" in project default. It has no channels yet.' in unknown.stderr
    assert projects.Registry().channels("default", now=datetime.now(UTC)) == ()


def test_no_channel_at_all_is_said(stage: Stage) -> None:  # noqa: ARG001  # its tables
    done = overdue("list")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "No channel yet, so nobody is notified." in done.stderr
