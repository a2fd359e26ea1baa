"""Would anybody hear of it? Channels and their subscriptions, operators, SMS, and what could not be delivered.

The `judged` functions decide, the others ask.
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
    "failed": "invocations of notifier or canary that failed at each try",
}
NEARLY = 0.8  # of the limit
PENDING = "PendingConfirmation"  # in the place of an ARN


def queues(patient: Patient) -> list[Finding]:
    """Two calls for each queue."""
    client = patient.client("sqs")
    findings = []
    for queue, holds in QUEUES.items():
        name = patient.account.named(queue)
        try:
            url = client.get_queue_url(QueueName=name)["QueueUrl"]
        except client.exceptions.QueueDoesNotExist:
            findings.append(error("dead letters", f"there is no queue {name}", patient.deploy))
            continue
        names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = client.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        number = sum(int(found[each]) for each in names)
        if number:
            read = patient.command(f"sqs receive-message --queue-url {url} --max-number-of-messages 10")
            purge = patient.command(f"sqs purge-queue --queue-url {url}")
            findings.append(
                error("dead letters", f"{number} in {name}: {holds}", f"read them: {read}\nthen drop them: {purge}")
            )
    return findings or [ok("dead letters", "none")]


def channels(patient: Patient) -> list[Finding]:
    """What becomes of an alert for each channel: one scan, and a listing for each topic that one uses."""
    found = patient.channels()
    topics = {topic: subscriptions(patient, topic) for topic in {topic_of(channel) for _, channel in found}}
    kept = _parameters(patient) if any(channel.kind == APPRISE for _, channel in found) else frozenset()
    return judged_channels(found, topics, kept, stage=patient.account.stage)


def subscriptions(patient: Patient, topic: str) -> list[Mapping[str, str]]:
    """All of a topic, confirmed or not."""
    pages = patient.client("sns").get_paginator("list_subscriptions_by_topic")
    return [each for page in pages.paginate(TopicArn=patient.arn("sns", topic)) for each in page["Subscriptions"]]


def _parameters(patient: Patient) -> frozenset[str]:
    """The names of the parameters that hold the channels' URLs; not the URLs."""
    pages = patient.client("ssm").get_paginator("get_parameters_by_path")
    path = f"/overdue/{patient.account.stage}/channels/"
    return frozenset(each["Name"] for page in pages.paginate(Path=path, Recursive=True) for each in page["Parameters"])


def judged_channels(
    found: Sequence[tuple[str, Channel]],
    topics: Mapping[str, Sequence[Mapping[str, str]]],
    kept: frozenset[str],
    *,
    stage: str,
) -> list[Finding]:
    """Whom an alert would not reach; when nobody is left, that is an error."""
    add = f"overdue channels add NAME TARGET --stage {stage}"
    if not found:
        return [error("channels", "there is no channel: nobody is told of anything", add)]
    findings, ready = [], []
    for project, channel in found:
        wrong = _wrong(project, channel, topics.get(topic_of(channel), ()), kept, stage=stage)
        if wrong is None:
            ready.append(f"{channel.name}" if project == "default" else f"{project}/{channel.name}")
        else:
            findings.append(wrong)
    if not ready:
        findings.append(error("channels", "no channel is ready: nobody is told of anything", "mend one of them"))
    else:
        findings.append(ok("channels", f"ready: {', '.join(ready)}"))
    return findings


def _wrong(
    project: str, channel: Channel, subscribed: Sequence[Mapping[str, str]], kept: frozenset[str], *, stage: str
) -> Finding | None:
    """Why a channel gets nothing; None: it does."""
    name = f"channel {channel.name} of project {project} ({channel.kind} {shown(channel.kind, channel.target)})"
    name = name.replace(" )", ")")
    again = to_copy("channels", "add", channel.name, "TARGET", "--project", project, stage=stage)
    if channel.kind == APPRISE:
        if f"/overdue/{stage}/channels/{project}/{channel.id}" in kept:
            return None
        return error("channels", f"{name}: its URL is gone from SSM", again)
    if channel.kind == AMAZON_Q:
        if any(each["SubscriptionArn"] != PENDING for each in subscribed):
            return None
        fix = "docs/how-to/channels.md, Slack and Teams by Amazon Q Developer"
        return warning("channels", f"{name}: nobody is subscribed to the chat topic", fix)
    if any(each["SubscriptionArn"] == channel.subscription for each in subscribed):
        return None
    if any(each["SubscriptionArn"] == PENDING and each["Endpoint"] == channel.target for each in subscribed):
        sent = f"open the link that AWS has sent to {channel.target}; for another mail: {again}"
        return warning("channels", f"{name} is not confirmed", sent if channel.kind == "email" else again)
    return error("channels", f"{name}: its subscription is gone, perhaps by a link in a mail", again)


def operators(patient: Patient) -> list[Finding]:
    """Whether anybody hears of Overdue's own troubles. One call."""
    return [judged_operators(subscriptions(patient, "platform"), patient)]


def judged_operators(subscribed: Sequence[Mapping[str, str]], patient: Patient) -> Finding:
    """Those of the platform topic."""
    confirmed = [each for each in subscribed if each["SubscriptionArn"] != PENDING]
    if confirmed:
        return ok("operators", f"{len(confirmed)} subscribed to word of Overdue's own troubles")
    subscribe = patient.command(
        f"sns subscribe --topic-arn {patient.arn('sns', 'platform')} --protocol email "
        "--notification-endpoint ops@example.com"
    )
    waiting = [each["Endpoint"] for each in subscribed]
    if waiting:
        mend = f"open the link that AWS has sent to {', '.join(waiting)}; for another mail: {subscribe}"
        return warning("operators", "whoever is subscribed to Overdue's own troubles has not confirmed it", mend)
    return warning(
        "operators", "nobody hears of Overdue's own troubles: no subscription to the platform topic", subscribe
    )


def sms(patient: Patient) -> list[Finding]:
    """Whether SMS go out, where a channel needs them: three to five calls."""
    numbers = [channel.target for _, channel in patient.channels() if channel.kind == "sms"]
    if not numbers:
        return []
    client, now = patient.client("sns"), patient.clock.now()
    is_sandbox = client.get_sms_sandbox_account_status()["IsInSandbox"]
    verified: list[str] = []
    if is_sandbox:
        pages = client.get_paginator("list_sms_sandbox_phone_numbers").paginate()
        listed = [each for page in pages for each in page["PhoneNumbers"]]
        verified = [each["PhoneNumber"] for each in listed if each["Status"] == "Verified"]
    limit = client.get_sms_attributes(attributes=["MonthlySpendLimit"])["attributes"].get("MonthlySpendLimit")
    points = patient.client("cloudwatch").get_metric_statistics(
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
        judged_sandbox(is_sandbox, unverified, patient),
        judged_spending(spent, float(limit) if limit else 1.0, region=patient.account.region),
    ]


def judged_sandbox(is_sandbox: bool, unverified: Sequence[str], patient: Patient) -> Finding:
    """A sandbox delivers to verified numbers only."""
    if unverified:
        make = patient.command(f"sns create-sms-sandbox-phone-number --phone-number {unverified[0]}")
        code = patient.command(
            f"sns verify-sms-sandbox-phone-number --phone-number {unverified[0]} --one-time-password"
        )
        said = f"SMS are in the sandbox, and {', '.join(unverified)} is not verified: it gets nothing"
        return error(
            "SMS", said, f"{make}\nthen, with the code that comes: {code} CODE\nor leave the sandbox: Amazon SNS, SMS"
        )
    if is_sandbox:
        return warning(
            "SMS", "in the sandbox: only verified numbers get anything", "leave the sandbox: Amazon SNS, SMS"
        )
    return ok("SMS", "not in the sandbox")


def judged_spending(spent: float, limit: float, *, region: str) -> Finding:
    """AWS stops sending at the limit; what is spent is counted for the whole account in this region."""
    said = f"{spent:.2f} of {limit:.2f} USD spent on SMS this month"
    attribute = f"aws sns set-sms-attributes --attributes MonthlySpendLimit=… --region {region}"
    mend = f"raise the SMS spend limit (Service Quotas, SNS); then {attribute}"
    if spent >= limit:
        return error("SMS", f"{said}: AWS sends none any more", mend)
    if spent >= NEARLY * limit:
        return warning("SMS", said, mend)
    return ok("SMS", said)
