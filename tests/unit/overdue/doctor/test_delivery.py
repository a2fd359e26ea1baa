"""Findings about channels, operator notices and SMS that would not deliver."""

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.channels import Channel
from overdue.doctor import delivery
from tests.unit.overdue.doctor.stubbed_aws import StubbedAws

ARN = "arn:aws:sns:eu-central-1:123456789012:overdue-prod-alerts:1"


def a_channel(**fields: Any) -> Channel:
    defaults = {"id": "c1", "name": "ops", "kind": "email", "target": "ops@example.com", "subscription": ARN}
    return Channel(**(defaults | fields))


def subscribed(arn: str, endpoint: str = "ops@example.com") -> dict[str, str]:
    return {"SubscriptionArn": arn, "Endpoint": endpoint, "Protocol": "email"}


def judged(channel: Channel, *listed: dict[str, str], topic: str = "alerts", kept: str = "") -> list[tuple[str, str]]:
    found = delivery.judged_channels([("billing", channel)], {topic: listed}, frozenset([kept]), stage="prod")
    return [(each.level.value, each.found) for each in found]


NOBODY = ("error", "no channel is ready, so nobody is notified")


def test_a_stage_without_channels_is_an_error() -> None:
    [found] = delivery.judged_channels([], {}, frozenset(), stage="prod")

    assert (found.level, found.found) == ("error", "there is no channel, so nobody is notified")
    assert found.mend == "overdue channels add NAME TARGET --stage prod"


def test_a_confirmed_channel_is_ready() -> None:
    assert judged(a_channel(), subscribed(ARN)) == [("ok", "ready: billing/ops")]


def test_an_unconfirmed_channel_is_a_warning_and_if_no_other_is_ready_an_error() -> None:
    pending = ("warning", "channel ops of project billing (email ops@example.com) is not confirmed")
    assert judged(a_channel(), subscribed("PendingConfirmation")) == [pending, NOBODY]


def test_a_pending_subscription_of_another_address_does_not_belong_to_the_channel() -> None:
    [(level, text), nobody] = judged(a_channel(), subscribed("PendingConfirmation", "dev@example.com"))

    assert (level, nobody) == ("error", NOBODY)
    assert text.endswith("its subscription is gone, maybe by an unsubscribe link in an e-mail")


def test_an_apprise_channel_needs_its_parameter() -> None:
    channel = a_channel(kind="apprise", target="slack://…", subscription="")

    assert judged(channel, kept="/overdue/prod/channels/billing/c1") == [("ok", "ready: billing/ops")]
    gone = ("error", "channel ops of project billing (apprise slack://…): its URL is missing in SSM")
    assert judged(channel, kept="/overdue/prod/channels/billing/c2") == [gone, NOBODY]


def test_amazon_q_needs_a_subscriber_of_the_chat_topic() -> None:
    channel = a_channel(kind="amazon-q", target="", subscription="")

    assert judged(channel, subscribed("arn:x"), topic="chat") == [("ok", "ready: billing/ops")]
    assert judged(channel, topic="chat")[0] == (
        "warning",
        "channel ops of project billing (amazon-q): the chat topic has no subscriber",
    )


@pytest.mark.parametrize(
    ("listed", "level", "text"),
    [
        ([], "warning", "nobody is notified about problems of Overdue itself"),
        ([subscribed("PendingConfirmation")], "warning", "is not confirmed"),
        ([subscribed("arn:x")], "ok", "1 subscribed"),
    ],
)
def test_the_platform_topic_needs_a_subscriber(listed: list[dict[str, str]], level: str, text: str) -> None:
    found = delivery.judged_operators(listed, StubbedAws().stage())

    assert found.level == level
    assert text in found.found


SMS = a_channel(kind="sms", target="+15550100")


def findings(*, sandbox: bool, verified: list[str], limit: str | None, spent: list[float]) -> list[tuple[str, str]]:
    aws = StubbedAws()
    aws.answers("sns", "get_sms_sandbox_account_status", {"IsInSandbox": sandbox})
    if sandbox:
        numbers = [{"PhoneNumber": number, "Status": "Verified"} for number in verified]
        numbers.append({"PhoneNumber": "+15550199", "Status": "Pending"})
        aws.answers("sns", "list_sms_sandbox_phone_numbers", {"PhoneNumbers": numbers})
    aws.answers("sns", "get_sms_attributes", {"attributes": {"MonthlySpendLimit": limit} if limit else {}})
    now = aws.clock.now()
    points = [{"Timestamp": now - timedelta(hours=ago), "Maximum": usd} for ago, usd in enumerate(spent)]
    aws.answers("cloudwatch", "get_metric_statistics", {"Datapoints": points})
    return [(each.level.value, each.found) for each in delivery.sms(aws.stage(SMS))]


def test_sms_is_not_checked_without_an_sms_channel() -> None:
    assert delivery.sms(StubbedAws().stage(a_channel())) == []


def test_a_sandbox_is_an_error_for_a_number_that_is_not_verified() -> None:
    assert findings(sandbox=True, verified=[], limit="10", spent=[])[0] == (
        "error",
        "the account is in the SMS sandbox, which delivers nothing to unverified numbers: +15550100",
    )
    assert findings(sandbox=True, verified=["+15550100"], limit="10", spent=[])[0][0] == "warning"
    assert findings(sandbox=False, verified=[], limit="10", spent=[])[0] == ("ok", "not in the sandbox")


@pytest.mark.parametrize(
    ("limit", "spent", "expected"),
    [
        ("10", [], ("ok", "0.00 of 10.00 USD spent on SMS this month")),
        ("10", [7.99], ("ok", "7.99 of 10.00 USD spent on SMS this month")),
        ("10", [8.0], ("warning", "8.00 of 10.00 USD spent on SMS this month")),
        ("10", [10.0], ("error", "10.00 of 10.00 USD spent on SMS this month: AWS sends no more")),
        (None, [0.2, 0.9], ("ok", "0.20 of 1.00 USD spent on SMS this month")),
    ],
    ids=["nothing", "little", "nearly all", "all", "the newest value counts; AWS's default limit is 1 USD"],
)
def test_the_sms_costs_are_compared_with_the_limit(
    limit: str | None, spent: list[float], expected: tuple[str, str]
) -> None:
    assert findings(sandbox=False, verified=[], limit=limit, spent=spent)[1] == expected
