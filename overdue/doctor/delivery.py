"""Check that alerts arrive: channels and their subscriptions, operator notices, SMS, and dead letters.

The functions named after a probe call AWS; the others evaluate the answers.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from chalicelib.domain.channels import AMAZON_Q, Channel
from overdue.channels.admin import topic_of
from overdue.channels.channel_kinds import APPRISE, shown
from overdue.cli.hints import to_copy
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

QUEUES = {
    "undelivered": "alerts that SNS could not deliver",
    "failed": "invocations of the notifier or canary that failed on every attempt",
}
NEARLY = 0.8  # of the limit
PENDING = "PendingConfirmation"  # SNS lists this instead of an ARN


def queues(stage: Patient) -> list[Finding]:
    """Check that the dead-letter queues exist and are empty. Two calls per queue."""
    client = stage.client("sqs")
    findings = []
    for queue, holds in QUEUES.items():
        name = stage.account.named(queue)
        try:
            url = client.get_queue_url(QueueName=name)["QueueUrl"]
        except client.exceptions.QueueDoesNotExist:
            findings.append(error("dead letters", f"there is no queue {name}", stage.deploy))
            continue
        counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        number = sum(int(attributes[each]) for each in counts)
        if number:
            read = stage.command(f"sqs receive-message --queue-url {url} --max-number-of-messages 10")
            purge = stage.command(f"sqs purge-queue --queue-url {url}")
            findings.append(
                error("dead letters", f"{number} in {name}: {holds}", f"read them: {read}\nthen delete them: {purge}")
            )
    return findings or [ok("dead letters", "none")]


def channels(stage: Patient) -> list[Finding]:
    """Check that each channel can deliver. One table scan, and one listing for each topic in use."""
    listed = stage.channels()
    topics = {topic: subscriptions(stage, topic) for topic in {topic_of(channel) for _, channel in listed}}
    parameters = _parameters(stage) if any(channel.kind == APPRISE for _, channel in listed) else frozenset()
    return judged_channels(listed, topics, parameters, stage=stage.account.stage)


def subscriptions(stage: Patient, topic: str) -> list[Mapping[str, str]]:
    """All subscriptions of a topic, including unconfirmed ones."""
    pages = stage.client("sns").get_paginator("list_subscriptions_by_topic")
    return [each for page in pages.paginate(TopicArn=stage.arn("sns", topic)) for each in page["Subscriptions"]]


def _parameters(stage: Patient) -> frozenset[str]:
    """The names of the SSM parameters that hold the channels' URLs, without their values."""
    pages = stage.client("ssm").get_paginator("get_parameters_by_path")
    path = f"/overdue/{stage.account.stage}/channels/"
    return frozenset(each["Name"] for page in pages.paginate(Path=path, Recursive=True) for each in page["Parameters"])


def judged_channels(
    listed: Sequence[tuple[str, Channel]],
    topics: Mapping[str, Sequence[Mapping[str, str]]],
    parameters: frozenset[str],
    *,
    stage: str,
) -> list[Finding]:
    """Evaluate the channels: one finding for each that cannot deliver, and an error if none can.

    `listed`: channels with their projects; `topics`: subscriptions by topic; `parameters`: names in SSM.
    """
    add = f"overdue channels add NAME TARGET --stage {stage}"
    if not listed:
        return [error("channels", "there is no channel, so nobody is notified", add)]
    findings, ready = [], []
    for project, channel in listed:
        problem = _wrong(project, channel, topics.get(topic_of(channel), ()), parameters, stage=stage)
        if problem is None:
            ready.append(f"{channel.name}" if project == "default" else f"{project}/{channel.name}")
        else:
            findings.append(problem)
    if not ready:
        findings.append(error("channels", "no channel is ready, so nobody is notified", "repair one of the channels"))
    else:
        findings.append(ok("channels", f"ready: {', '.join(ready)}"))
    return findings


def _wrong(
    project: str, channel: Channel, subscribed: Sequence[Mapping[str, str]], parameters: frozenset[str], *, stage: str
) -> Finding | None:
    """Why a channel cannot deliver; None if it can."""
    name = f"channel {channel.name} of project {project} ({channel.kind} {shown(channel.kind, channel.target)})"
    name = name.replace(" )", ")")
    again = to_copy("channels", "add", channel.name, "TARGET", "--project", project, stage=stage)
    if channel.kind == APPRISE:
        if f"/overdue/{stage}/channels/{project}/{channel.id}" in parameters:
            return None
        return error("channels", f"{name}: its URL is missing in SSM", again)
    if channel.kind == AMAZON_Q:
        if any(each["SubscriptionArn"] != PENDING for each in subscribed):
            return None
        fix = "docs/how-to/channels.md, Slack and Teams by Amazon Q Developer"
        return warning("channels", f"{name}: the chat topic has no subscriber", fix)
    if any(each["SubscriptionArn"] == channel.subscription for each in subscribed):
        return None
    if any(each["SubscriptionArn"] == PENDING and each["Endpoint"] == channel.target for each in subscribed):
        confirm = f"open the link in the e-mail that AWS sent to {channel.target}; for another e-mail: {again}"
        return warning("channels", f"{name} is not confirmed", confirm if channel.kind == "email" else again)
    return error("channels", f"{name}: its subscription is gone, maybe by an unsubscribe link in an e-mail", again)


def operators(stage: Patient) -> list[Finding]:
    """Check that somebody is notified about problems of Overdue itself. One call."""
    return [judged_operators(subscriptions(stage, "platform"), stage)]


def judged_operators(subscribed: Sequence[Mapping[str, str]], stage: Patient) -> Finding:
    """Evaluate the subscriptions of the platform topic."""
    confirmed = [each for each in subscribed if each["SubscriptionArn"] != PENDING]
    if confirmed:
        return ok("operators", f"{len(confirmed)} subscribed to notices about Overdue itself")
    subscribe = stage.command(
        f"sns subscribe --topic-arn {stage.arn('sns', 'platform')} --protocol email "
        "--notification-endpoint ops@example.com"
    )
    pending = [each["Endpoint"] for each in subscribed]
    if pending:
        fix = f"open the link in the e-mail that AWS sent to {', '.join(pending)}; for another e-mail: {subscribe}"
        return warning("operators", "the subscription to notices about Overdue itself is not confirmed", fix)
    return warning(
        "operators",
        "nobody is notified about problems of Overdue itself: no subscription to the platform topic",
        subscribe,
    )


def sms(stage: Patient) -> list[Finding]:
    """Check that SMS can be sent, if a channel uses them. Three to five calls."""
    numbers = [channel.target for _, channel in stage.channels() if channel.kind == "sms"]
    if not numbers:
        return []
    client, now = stage.client("sns"), stage.clock.now()
    is_sandbox = client.get_sms_sandbox_account_status()["IsInSandbox"]
    verified: list[str] = []
    if is_sandbox:
        pages = client.get_paginator("list_sms_sandbox_phone_numbers").paginate()
        listed = [each for page in pages for each in page["PhoneNumbers"]]
        verified = [each["PhoneNumber"] for each in listed if each["Status"] == "Verified"]
    limit = client.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"].get("MonthlySpendLimit")
    points = stage.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SNS",
        MetricName="SMSMonthToDateSpentUSD",
        StartTime=max(now - timedelta(days=2), now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)),
        EndTime=now,
        Period=3600,
        Statistics=["Maximum"],
    )["Datapoints"]
    newest: Any = max(points, key=lambda point: point["Timestamp"], default=None)
    spent = 0.0 if newest is None else float(newest["Maximum"])
    unverified = [number for number in numbers if number not in verified] if is_sandbox else []
    return [
        judged_sandbox(is_sandbox, unverified, stage),
        judged_spending(spent, float(limit) if limit else 1.0, region=stage.account.region),
    ]


def judged_sandbox(is_sandbox: bool, unverified: Sequence[str], stage: Patient) -> Finding:
    """Evaluate the account's SMS sandbox, which delivers to verified numbers only."""
    leave = "leave the sandbox in the console: Amazon SNS, SMS"
    if unverified:
        create = stage.command(f"sns create-sms-sandbox-phone-number --phone-number {unverified[0]}")
        verify = stage.command(
            f"sns verify-sms-sandbox-phone-number --phone-number {unverified[0]} --one-time-password"
        )
        text = (
            f"the account is in the SMS sandbox, which delivers nothing to unverified numbers: {', '.join(unverified)}"
        )
        return error("SMS", text, f"{create}\nthen, with the code from the SMS: {verify} CODE\nor {leave}")
    if is_sandbox:
        return warning("SMS", "the account is in the SMS sandbox, which delivers to verified numbers only", leave)
    return ok("SMS", "not in the sandbox")


def judged_spending(spent: float, limit: float, *, region: str) -> Finding:
    """Compare the SMS costs of the month with the limit, in USD, for the whole account in this region.

    AWS stops sending at the limit.
    """
    text = f"{spent:.2f} of {limit:.2f} USD spent on SMS this month"
    attribute = f"aws sns set-sms-attributes --attributes MonthlySpendLimit=… --region {region}"
    fix = f"raise the SMS spend limit (Service Quotas, SNS); then {attribute}"
    if spent >= limit:
        return error("SMS", f"{text}: AWS sends no more", fix)
    if spent >= NEARLY * limit:
        return warning("SMS", text, fix)
    return ok("SMS", text)
