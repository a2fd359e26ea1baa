"""Count what a stage used in a month, from CloudWatch and the services. `cost` turns the counts into money.

Start at `counted`. Only resources of the stage's own stack are counted, except for SMS, which AWS counts by account and
region.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from overdue.aws.cost import Counted, Period
from overdue.deploy.functions import FUNCTIONS
from overdue.doctor.delivery import PENDING, subscriptions
from overdue.doctor.stage import Patient
from overdue.doctor.tables import INDEXES

GB = 1024**3
TOPICS = ("alerts", "pagerduty", "chat", "platform")
MOST_QUERIES = 500  # limit of one GetMetricData call
PAID = {"http": "sns_https", "https": "sns_https", "email": "sns_email", "email-json": "sns_email"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A CloudWatch metric."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"


def counted(stage: Patient, within: Period) -> Counted:
    """Count the usage of a stage within a period.

    About twenty calls. GetMetricData costs $0.01 per 1,000 metrics; this reads about 40.
    """
    account = stage.account
    functions = {name: _function(stage, name) for name in FUNCTIONS}
    tables = {name: stage.client("dynamodb").describe_table(TableName=account.named(name))["Table"] for name in INDEXES}
    groups = stage.resources("AWS::Logs::LogGroup")
    subscriptions_of = {topic: subscriptions(stage, topic) for topic in TOPICS}
    state = stage.state()
    metrics = _metrics(stage, groups, "" if state is None else state.outputs.get("HttpApiId", ""))
    sums = measured(stage, metrics, within)
    used: defaultdict[str, float] = defaultdict(float)
    used["http_requests"] = sums[metrics["http"]]
    for name, function in functions.items():
        gb_s = sums[metrics[f"took {name}"]] / 1000 * function["MemorySize"] / 1024
        is_arm = function.get("Architectures", ["x86_64"]) == ["arm64"]
        used["lambda_arm_gb_s" if is_arm else "lambda_x86_gb_s"] += gb_s
        used["lambda_requests"] += sums[metrics[f"invoked {name}"]]
    for key in ("reads", "writes"):
        used[f"dynamodb_{key}"] = sum(sums[metric] for about, metric in metrics.items() if about.startswith(f"{key} "))
    for topic in TOPICS:
        used["sns_publishes"] += sums[metrics[f"published {topic}"]]
        delivered = sums[metrics[f"delivered {topic}"]]
        for key, number in by_protocol(delivered, subscriptions_of[topic]).items():
            used[key] += number
    if any(each["Protocol"] == "sms" for each in subscriptions_of["alerts"]):
        used["sms_usd"] = sums[metrics["sms"]]
    used["log_gb"] = sum(sums[metric] for about, metric in metrics.items() if about.startswith("log ")) / GB
    return Counted(
        used=dict(used),
        standing=_standing(stage, tables, groups),
        checks=tables["checks"]["ItemCount"],
        pings=round(sums[metrics["pings"]]),
    )


def _function(stage: Patient, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = stage.client("lambda").get_function_configuration(FunctionName=stage.account.named(name))
    return found


def _metrics(stage: Patient, groups: Sequence[str], http_api: str) -> dict[str, Metric]:
    """The metrics to read, by a key that names their subject. An index's capacity units are not part of its table's."""
    account = stage.account
    found = {
        "http": Metric("AWS/ApiGateway", "Count", (("ApiId", http_api),)),
        "pings": Metric("Overdue", "Pings", (("Stage", account.stage),)),
        "sms": Metric("AWS/SNS", "SMSMonthToDateSpentUSD", (), "Maximum"),
    }
    for name in FUNCTIONS:
        of = (("FunctionName", account.named(name)),)
        found[f"invoked {name}"] = Metric("AWS/Lambda", "Invocations", of)
        found[f"took {name}"] = Metric("AWS/Lambda", "Duration", of)
    for table, indexes in INDEXES.items():
        of_table = ("TableName", account.named(table))
        for where in ((of_table,), *((of_table, ("GlobalSecondaryIndexName", index)) for index in indexes)):
            about = " ".join(value for _, value in where)
            found[f"reads {about}"] = Metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", where)
            found[f"writes {about}"] = Metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", where)
    for topic in TOPICS:
        of = (("TopicName", account.named(topic)),)
        found[f"published {topic}"] = Metric("AWS/SNS", "NumberOfMessagesPublished", of)
        found[f"delivered {topic}"] = Metric("AWS/SNS", "NumberOfNotificationsDelivered", of)
    return found | {f"log {group}": Metric("AWS/Logs", "IncomingBytes", (("LogGroupName", group),)) for group in groups}


def measured(stage: Patient, metrics: Mapping[str, Metric], within: Period) -> dict[Metric, float]:
    """The total of each metric within a period: the sum of its daily values, or their maximum."""
    distinct = list(dict.fromkeys(metrics.values()))
    totals: dict[Metric, float] = dict.fromkeys(distinct, 0.0)
    for start in range(0, len(distinct), MOST_QUERIES):
        queried = distinct[start : start + MOST_QUERIES]
        pages = stage.client("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=[_query(number, metric) for number, metric in enumerate(queried)],
            StartTime=within.since,
            EndTime=within.until,
        ):
            for result in page["MetricDataResults"]:
                metric = queried[int(result["Id"].removeprefix("m"))]
                totals[metric] = _joined(metric, (totals[metric], *result["Values"]))
    return totals


def _joined(metric: Metric, values: Iterable[float]) -> float:
    return max(values) if metric.statistic == "Maximum" else sum(values)


def _query(number: int, metric: Metric) -> dict[str, object]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": named, "Period": 86400, "Stat": metric.statistic}}


def by_protocol(delivered: float, topic_subscriptions: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """The paid deliveries of a topic, by key of the price list.

    CloudWatch does not count by protocol, so deliveries are split evenly over the confirmed subscriptions. Deliveries
    to SQS and Lambda are free; SMS is counted by what AWS charged for it.
    """
    confirmed = Counter(each["Protocol"] for each in topic_subscriptions if each["SubscriptionArn"] != PENDING)
    paid: defaultdict[str, float] = defaultdict(float)
    for protocol, number in confirmed.items():
        if protocol in PAID:
            paid[PAID[protocol]] += delivered * number / confirmed.total()
    return dict(paid)


def _standing(stage: Patient, tables: Mapping[str, Mapping[str, Any]], groups: Sequence[str]) -> dict[str, float]:
    """The items billed by the month, as they are now. Backups are counted at the size of the tables."""
    sizes = [
        table["TableSizeBytes"]
        + sum(index.get("IndexSizeBytes", 0) for index in table.get("GlobalSecondaryIndexes", ()))
        for table in tables.values()
    ]
    return {
        "dynamodb_gb_months": sum(sizes) / GB,
        "backup_gb_months": sum(sizes) / GB,
        "log_gb_months": sum(_kept(stage, groups)) / GB,
        "metrics": len(_own_metrics(stage)),
        "alarms": len(stage.resources("AWS::CloudWatch::Alarm")),
        "dashboards": len(stage.resources("AWS::CloudWatch::Dashboard")),
        "kms_keys": len(stage.resources("AWS::KMS::Key")),
    }


def _kept(stage: Patient, groups: Sequence[str]) -> Iterable[int]:
    """The stored bytes of each log group. The names are filtered: a prefix can match the groups of another stage."""
    account = stage.account
    prefixes = ("/aws/lambda/", "/aws/vendedlogs/", f"sns/{account.region}/{account.id}/")
    for prefix in prefixes:
        pages = stage.client("logs").get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=f"{prefix}{account.named('')}"):
            yield from (each.get("storedBytes", 0) for each in page["logGroups"] if each["logGroupName"] in groups)


def _own_metrics(stage: Patient) -> set[str]:
    """The names of the stage's own metrics that had a value within the last two weeks."""
    pages = stage.client("cloudwatch").get_paginator("list_metrics")
    of_stage = [{"Name": "Stage", "Value": stage.account.stage}]
    return {
        each["MetricName"]
        for page in pages.paginate(Namespace="Overdue", Dimensions=of_stage)
        for each in page["Metrics"]
    }


def made_at(stage: Patient) -> datetime | None:
    """When the stage's stack was created; None if there is no stack."""
    state = stage.state()
    if state is None:
        return None
    [found] = stage.client("cloudformation").describe_stacks(StackName=state.id)["Stacks"]
    at: datetime = found["CreationTime"]
    return at
