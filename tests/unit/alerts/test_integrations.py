"""An alert as PagerDuty and Amazon Q take it, and which of them belong together."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from chalicelib.alerts.integrations import alarm, alarm_subject, incident_key, notification
from chalicelib.alerts.payload import Payload, build_payload
from chalicelib.alerts.text import Delivery, Message
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from tests.builders import utc

CODE = Code("5d0e1b52-7c1f-4a0e-9b1d-2f6c8a41e930")
TOPIC = "arn:aws:sns:eu-central-1:123456789012:overdue-prod-pagerduty"
SINCE = utc("2026-10-24T02:00:04.250+00:00")
CONFIG = Config(name="search-reindex", slug="search-reindex", tags="prod search")
MESSAGE = Message(subject="DOWN search-reindex: overrun", text="search-reindex is down: overrun.", sms="")


def a_payload(
    kind: Kind = Kind.DOWN,
    *,
    at: datetime = SINCE,
    ordinal: int = 0,
    flip: int = 7,
    config: Config = CONFIG,
    message: Message = MESSAGE,
    since: datetime = SINCE,
    link: str = "https://overdue.example.com/checks/search-reindex",
    ack_link: str | None = None,
) -> Payload:
    alert = Alert(
        id="f5e134b5-632a-501b-aaac-0c31a70189fe",
        kind=kind,
        reason=Reason.OVERRUN,
        flip=flip,
        ordinal=ordinal,
        at=at,
        facts=Facts(since=since),
        retry_at=at,
    )
    delivery = Delivery(at=at, channels=("oncall",), link=link, ack_link=ack_link)
    return build_payload(CODE, config, alert, message, delivery, project="billing")


def test_an_outage_is_an_alarm_as_cloudwatch_publishes_it() -> None:
    assert alarm(a_payload(), topic_arn=TOPIC) == {
        "AlarmName": "overdue-92ab12690993-20261024T020004Z",
        "AlarmDescription": "search-reindex is down: overrun.",
        "AWSAccountId": "123456789012",
        "NewStateValue": "ALARM",
        "NewStateReason": "DOWN search-reindex: overrun",
        "StateChangeTime": "2026-10-24T02:00:04.000+0000",
        "Region": "eu-central-1",
        "AlarmArn": "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:overdue-92ab12690993-20261024T020004Z",
        "OldStateValue": "OK",
        "Check": "search-reindex",
        "Project": "billing",
        "Link": "https://overdue.example.com/checks/search-reindex",
        "AlertId": "f5e134b5-632a-501b-aaac-0c31a70189fe",
    }


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (Kind.DOWN, "OK", "ALARM"),
        (Kind.REMINDER, "ALARM", "ALARM"),
        (Kind.UP, "ALARM", "OK"),
        (Kind.TEST, "OK", "ALARM"),
    ],
)
def test_the_subject_begins_with_the_new_state_as_pagerduty_insists(kind: Kind, old: str, new: str) -> None:
    said = alarm(a_payload(kind), topic_arn=TOPIC)

    assert (said["OldStateValue"], said["NewStateValue"]) == (old, new)
    assert alarm_subject(a_payload(kind)) == f"{new}: DOWN search-reindex: overrun"


def test_a_subject_that_sns_would_refuse_is_cut_and_shows_it() -> None:
    longest = replace(MESSAGE, subject="x" * 99)

    assert alarm_subject(a_payload(message=longest)) == "ALARM: " + "x" * 89 + "..."


def test_down_reminder_and_up_of_one_outage_are_one_incident_even_when_the_check_is_renamed() -> None:
    later, renamed = SINCE + timedelta(hours=2), replace(CONFIG, name="reindex", slug="reindex")

    assert {
        incident_key(a_payload()),
        incident_key(a_payload(Kind.REMINDER, at=later, ordinal=2, config=renamed)),
        incident_key(a_payload(Kind.UP, at=later, flip=8)),
    } == {"overdue-92ab12690993-20261024T020004Z"}


def test_the_next_outage_is_another_incident() -> None:
    assert incident_key(a_payload(since=SINCE + timedelta(hours=3))) != incident_key(a_payload())


def test_a_test_belongs_to_nothing_but_itself() -> None:
    assert incident_key(a_payload(Kind.TEST)) == "overdue-test-f5e134b5-632a-501b-aaac-0c31a70189fe"


def test_an_outage_is_a_custom_notification_of_amazon_q() -> None:
    assert notification(a_payload()) == {
        "version": "1.0",
        "source": "custom",
        "id": "f5e134b5-632a-501b-aaac-0c31a70189fe",
        "content": {
            "textType": "client-markdown",
            "title": "DOWN search-reindex: overrun",
            "description": "```\nsearch-reindex is down: overrun.\n```",
            "nextSteps": ["Look at the check: https://overdue.example.com/checks/search-reindex"],
            "keywords": ["down", "overrun", "prod", "search"],
        },
        "metadata": {
            "threadId": "overdue-92ab12690993-20261024T020004Z",
            "summary": "DOWN search-reindex: overrun",
            "eventType": "down",
            "relatedResources": ["search-reindex"],
            "additionalContext": {"project": "billing", "flip": "7"},
        },
    }


def test_what_a_job_says_does_not_act_in_the_chat() -> None:
    nasty = Message(subject="DOWN <!here>", text="its output:\n```\n<!channel> & more", sms="")
    said = notification(a_payload(message=nasty, config=replace(CONFIG, tags="<@U1>")))

    assert said["content"]["title"] == said["metadata"]["summary"] == "DOWN &lt;!here&gt;"
    assert said["content"]["description"] == "```\nits output:\n'''\n&lt;!channel&gt; &amp; more\n```"
    assert said["content"]["keywords"][-1] == "&lt;@U1&gt;"


def test_without_a_link_nobody_is_sent_anywhere() -> None:
    assert notification(a_payload(Kind.TEST, link=""))["content"]["nextSteps"] == []


def test_the_link_that_acknowledges_is_a_detail_of_an_incident_and_a_step_of_a_notification() -> None:
    payload = a_payload(ack_link="https://overdue.example.com/ack/TOKEN")
    assert alarm(payload, topic_arn=TOPIC)["Acknowledge"] == "https://overdue.example.com/ack/TOKEN"
    assert notification(payload)["content"]["nextSteps"][1] == "Acknowledge: https://overdue.example.com/ack/TOKEN"


def test_an_escalation_opens_the_incident_of_its_outage_in_a_channel_that_has_none_yet() -> None:
    found = alarm(a_payload(Kind.ESCALATION), topic_arn=TOPIC)
    assert (found["OldStateValue"], found["NewStateValue"]) == ("OK", "ALARM")
    assert found["AlarmName"] == alarm(a_payload(), topic_arn=TOPIC)["AlarmName"]
