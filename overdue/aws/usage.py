"""What a stage has used in a month, as CloudWatch and the services count it; what it costs is `cost`'s business.

Start at `counted`. Nothing but names of the stack's own resources is asked for: another stage of the account, and
whatever else it holds, is left out, except for SMS, which AWS counts by account and region.
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
MOST_QUERIES = 500  # that one GetMetricData takes
PAID = {"http": "sns_https", "https": "sns_https", "email": "sns_email", "email-json": "sns_email"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric of CloudWatch."""

    namespace: str
    name: str
    dimensions: tuple[tuple[str, str], ...]
    statistic: str = "Sum"


def counted(patient: Patient, within: Period) -> Counted:
    """About twenty calls. GetMetricData has its price: $0.01 for 1,000 metrics, some 40 are asked for."""
    account = patient.account
    functions = {name: _function(patient, name) for name in FUNCTIONS}
    tables = {
        name: patient.client("dynamodb").describe_table(TableName=account.named(name))["Table"] for name in INDEXES
    }
    groups = patient.resources("AWS::Logs::LogGroup")
    subscribed = {topic: subscriptions(patient, topic) for topic in TOPICS}
    state = patient.state()
    metrics = _metrics(patient, groups, "" if state is None else state.outputs.get("HttpApiId", ""))
    sums = measured(patient, metrics, within)
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
        for key, number in by_protocol(delivered, subscribed[topic]).items():
            used[key] += number
    if any(each["Protocol"] == "sms" for each in subscribed["alerts"]):
        used["sms_usd"] = sums[metrics["sms"]]
    used["log_gb"] = sum(sums[metric] for about, metric in metrics.items() if about.startswith("log ")) / GB
    return Counted(
        used=dict(used),
        standing=_standing(patient, tables, groups),
        checks=tables["checks"]["ItemCount"],
        pings=round(sums[metrics["pings"]]),
    )


def _function(patient: Patient, name: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = patient.client("lambda").get_function_configuration(
        FunctionName=patient.account.named(name)
    )
    return found


def _metrics(patient: Patient, groups: Sequence[str], http_api: str) -> dict[str, Metric]:
    """By what they are about. An index's units are a metric of its own, and not in its table's."""
    account = patient.account
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


def measured(patient: Patient, metrics: Mapping[str, Metric], within: Period) -> dict[Metric, float]:
    """What each comes to within a period: daily sums, summed; of a maximum, the greatest."""
    asked = list(dict.fromkeys(metrics.values()))
    found: dict[Metric, float] = dict.fromkeys(asked, 0.0)
    for start in range(0, len(asked), MOST_QUERIES):
        some = asked[start : start + MOST_QUERIES]
        pages = patient.client("cloudwatch").get_paginator("get_metric_data")
        for page in pages.paginate(
            MetricDataQueries=[_query(number, metric) for number, metric in enumerate(some)],
            StartTime=within.since,
            EndTime=within.until,
        ):
            for result in page["MetricDataResults"]:
                metric = some[int(result["Id"].removeprefix("m"))]
                found[metric] = _joined(metric, (found[metric], *result["Values"]))
    return found


def _joined(metric: Metric, values: Iterable[float]) -> float:
    return max(values) if metric.statistic == "Maximum" else sum(values)


def _query(number: int, metric: Metric) -> dict[str, object]:
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    named = {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}
    return {"Id": f"m{number}", "MetricStat": {"Metric": named, "Period": 86400, "Stat": metric.statistic}}


def by_protocol(delivered: float, subscribed: Sequence[Mapping[str, str]]) -> dict[str, float]:
    """Deliveries that cost something, by key. CloudWatch does not tell protocols apart: each subscription counts alike.

    What goes to SQS and Lambda is free, and an SMS is counted by what it has cost.
    """
    confirmed = Counter(each["Protocol"] for each in subscribed if each["SubscriptionArn"] != PENDING)
    found: defaultdict[str, float] = defaultdict(float)
    for protocol, number in confirmed.items():
        if protocol in PAID:
            found[PAID[protocol]] += delivered * number / confirmed.total()
    return dict(found)


def _standing(patient: Patient, tables: Mapping[str, Mapping[str, Any]], groups: Sequence[str]) -> dict[str, float]:
    """What is there now."""
    sizes = [
        table["TableSizeBytes"]
        + sum(index.get("IndexSizeBytes", 0) for index in table.get("GlobalSecondaryIndexes", ()))
        for table in tables.values()
    ]
    return {
        "dynamodb_gb_months": sum(sizes) / GB,
        "backup_gb_months": sum(sizes) / GB,
        "log_gb_months": sum(_kept(patient, groups)) / GB,
        "metrics": len(_own_metrics(patient)),
        "alarms": len(patient.resources("AWS::CloudWatch::Alarm")),
        "dashboards": len(patient.resources("AWS::CloudWatch::Dashboard")),
        "kms_keys": len(patient.resources("AWS::KMS::Key")),
    }


def _kept(patient: Patient, groups: Sequence[str]) -> Iterable[int]:
    """Bytes. Names are asked for by what they begin with, and another stage's may begin so, too."""
    account = patient.account
    begins = ("/aws/lambda/", "/aws/vendedlogs/", f"sns/{account.region}/{account.id}/")
    for begin in begins:
        pages = patient.client("logs").get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=f"{begin}{account.named('')}"):
            yield from (each.get("storedBytes", 0) for each in page["logGroups"] if each["logGroupName"] in groups)


def _own_metrics(patient: Patient) -> set[str]:
    """Names that have had a value within the last weeks."""
    pages = patient.client("cloudwatch").get_paginator("list_metrics")
    stage = [{"Name": "Stage", "Value": patient.account.stage}]
    return {
        each["MetricName"] for page in pages.paginate(Namespace="Overdue", Dimensions=stage) for each in page["Metrics"]
    }


def made_at(patient: Patient) -> datetime | None:
    """When the stage's stack was made; None: there is none."""
    state = patient.state()
    if state is None:
        return None
    [found] = patient.client("cloudformation").describe_stacks(StackName=state.id)["Stacks"]
    at: datetime = found["CreationTime"]
    return at
