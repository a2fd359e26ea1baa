"""Parsing a channel's target, the text stored for it, and the text shown of it."""

import pytest

from chalicelib.domain.errors import BadInput
from overdue.channels.channel_kinds import Apprised, Chat, Subscribed, channel_id, channel_name, shown, target

SLACK = "https://hooks.slack.com/services/T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ"
KEY = "3b3ddc578ef84d3a801d101e568fcefa"


@pytest.mark.parametrize(
    ("text", "kind", "protocol", "endpoint", "topic"),
    [
        ("ops@example.com", "email", "email", "ops@example.com", "alerts"),
        ("ops+billing@mail.example.com", "email", "email", "ops+billing@mail.example.com", "alerts"),
        ("+15550100", "sms", "sms", "+15550100", "alerts"),
        ("+1 (555) 01-00", "sms", "sms", "+15550100", "alerts"),
        ("https://hooks.example.com/x?y=1", "https", "https", "https://hooks.example.com/x?y=1", "alerts"),
        (
            "arn:aws:sqs:eu-central-1:123456789012:ops",
            "sqs",
            "sqs",
            "arn:aws:sqs:eu-central-1:123456789012:ops",
            "alerts",
        ),
        (
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:ops",
            "lambda",
            "lambda",
            "arn:aws-us-gov:lambda:us-gov-west-1:123456789012:function:ops",
            "alerts",
        ),
        (
            f"pagerduty:{KEY}",
            "pagerduty",
            "https",
            f"https://events.pagerduty.com/integration/{KEY}/enqueue",
            "pagerduty",
        ),
        (
            f"https://events.eu.pagerduty.com/adapter/cloudwatch_sns/v1/{KEY}",
            "pagerduty",
            "https",
            f"https://events.eu.pagerduty.com/adapter/cloudwatch_sns/v1/{KEY}",
            "pagerduty",
        ),
    ],
)
def test_a_target_that_sns_delivers_to_becomes_a_subscription(
    text: str, kind: str, protocol: str, endpoint: str, topic: str
) -> None:
    assert target(text) == Subscribed(kind=kind, protocol=protocol, endpoint=endpoint, topic=topic)


def test_amazon_q_needs_no_address() -> None:
    assert target("amazon-q") == Chat()


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        (SLACK, "slack://T...2/A...D/T...Q"),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ/#ops", "slack://T...2/A...D/T...Q/%23ops"),
        ("https://discord.com/api/webhooks/4174216298/JHMHI8qBe7bk2ZwO5U711o3dV_js", "discord://4...8/J...s"),
        ("tgram://123456789:abcdefg_hijklmnop/12315544", "tgram://1...p/12315544"),
        ("ntfys://me:secret@ntfy.example.com/ops", "ntfys://me:****@ntfy.example.com/ops"),
        ("json://me:secret@hooks.example.com/s3cret?+X-Key=s3cret", "json://me:****@hooks.example.com/…"),
    ],
)
def test_an_apprise_url_is_kept_whole_and_stored_masked(url: str, masked: str) -> None:
    assert target(url) == Apprised(url=url, stored=masked)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("ops", '"ops" is not a channel target. Use an e-mail address, a phone number'),
        ("ops@example", '"ops@example" is not a channel target'),
        ("+0155", "Begin with + and the country code, such as +15550100."),
        ("http://hooks.example.com/", "http:// would send alerts unencrypted. Use https://."),
        ("arn:aws:s3:::bucket", '"arn:aws:s3:::bucket" is not the ARN of a queue or function'),
        ("arn:aws:sqs:eu-central-1:123456789012:ops.fifo", "Use a standard queue"),
        ("pagerduty:no", "is not an integration key"),
        ("slak://T1/A1/s3cret", "Apprise does not know slak://. Did you mean slack://?"),
        ("slack://s3cret", "Apprise does not accept this slack:// URL"),
        ("syslog://", "syslog:// notifies the machine that it runs on"),
        ("json://hooks.example.com/s3cret\x1b[31m", "has spaces or control characters"),
    ],
)
def test_an_invalid_target_is_refused_without_repeating_a_secret_in_it(text: str, message: str) -> None:
    with pytest.raises(BadInput) as raised:
        target(text)
    assert message in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_a_channel_that_is_created_again_under_its_name_keeps_its_id() -> None:
    assert channel_id("default", "ops") == channel_id("default", "ops")
    assert len({channel_id("default", "ops"), channel_id("billing", "ops"), channel_id("default", "oncall")}) == 3


@pytest.mark.parametrize("name", ["*", "a,b", "", " ops", "ops ", "x" * 41, "öps", "a\nb"])
def test_a_name_that_a_list_or_a_filter_would_misread_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match=r"is not a valid channel name\. Use 1 to 40"):
        channel_name(name)


@pytest.mark.parametrize(
    ("kind", "stored", "display"),
    [
        ("email", "ops@example.com", "ops@example.com"),
        ("https", "https://me:s3cret@hooks.example.com:8443/x?token=s3cret", "https://hooks.example.com:8443/x?…"),
        ("pagerduty", f"https://events.pagerduty.com/integration/{KEY}/enqueue", "pagerduty:3b3d…"),
        ("amazon-q", "", ""),
    ],
)
def test_the_text_shown_of_a_target_cannot_be_used_to_send(kind: str, stored: str, display: str) -> None:
    assert shown(kind, stored) == display
