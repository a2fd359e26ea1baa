"""The stage `test` as it is on AWS after a deploy, as far as moto supports it, for `doctor`, `logs` and `cost`."""

import io
import json
import zipfile
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
from moto.cloudformation.models import cloudformation_backends

from tests.stack_engine import teach

ACCOUNT = "us-east-1:123456789012"
FUNCTIONS = ("api", "sweep", "storm", "prober", "alarms", "canary", "notifier")
TEMPLATE = {
    "AWSTemplateFormatVersion": "2010-09-09",
    "Resources": {
        "SweepMissing": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "ApiErrors": {"Type": "AWS::CloudWatch::Alarm", "Properties": {}},
        "Dashboard": {"Type": "AWS::CloudWatch::Dashboard", "Properties": {"DashboardBody": "{}"}},
        "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": {}}},
        "SweepLog": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/aws/lambda/overdue-test-sweep"}},
    },
    "Outputs": {"HttpApiId": {"Value": "a1b2c3"}},
}


@dataclass
class AwsStage:
    """A healthy stage, which tests damage."""

    alarms: list[str]

    def client(self, service: str) -> Any:
        return boto3.client(service, region_name="us-east-1")  # type: ignore[call-overload]

    def count(self, metric: str, value: float, *, at: datetime, namespace: str = "Overdue", **dimensions: str) -> None:
        """Add a value to a metric."""
        named = [{"Name": name, "Value": value} for name, value in (dimensions or {"Stage": "test"}).items()]
        data = [{"MetricName": metric, "Dimensions": named, "Value": value, "Timestamp": at}]
        self.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=data)

    def write(self, function: str, *messages: str | dict[str, object], at: datetime) -> None:
        """Write lines to the log of a function."""
        logs, group = self.client("logs"), f"/aws/lambda/overdue-test-{function}"
        if not logs.describe_log_streams(logGroupName=group)["logStreams"]:
            logs.create_log_stream(logGroupName=group, logStreamName="one")
        at_ms = round(at.timestamp() * 1000)
        events = [
            {"timestamp": at_ms + number, "message": each if isinstance(each, str) else json.dumps(each)}
            for number, each in enumerate(messages)
        ]
        logs.put_log_events(logGroupName=group, logStreamName="one", logEvents=events)


def a_stage() -> AwsStage:
    """Create what a deploy creates besides the tables and first topics, which exist already."""
    teach()
    client = AwsStage([]).client
    client("cloudformation").create_stack(StackName="overdue-test", TemplateBody=json.dumps(TEMPLATE))
    [stack] = cloudformation_backends["123456789012"]["us-east-1"].stacks.values()
    stack.creation_time = datetime.now(UTC) - timedelta(days=40)
    listed = client("cloudformation").list_stack_resources(StackName="overdue-test")["StackResourceSummaries"]
    alarms = [each["PhysicalResourceId"] for each in listed if each["ResourceType"] == "AWS::CloudWatch::Alarm"]
    for name in alarms:
        _alarm(client("cloudwatch"), name)
    _tables(client("dynamodb"))
    for queue in ("undelivered", "failed"):
        client("sqs").create_queue(QueueName=f"overdue-test-{queue}")
    _functions(client)
    platform = f"arn:aws:sns:{ACCOUNT}:overdue-test-platform"
    client("sns").subscribe(TopicArn=platform, Protocol="sqs", Endpoint=f"arn:aws:sqs:{ACCOUNT}:ops")
    stage = AwsStage(alarms)
    stage.count("Swept", 1, at=datetime.now(UTC) - timedelta(minutes=1))
    return stage


def _alarm(cloudwatch: Any, name: str) -> None:
    cloudwatch.put_metric_alarm(
        AlarmName=name,
        AlarmDescription="No sweep has finished for 3 minutes",
        Namespace="Overdue",
        MetricName="Swept",
        Period=60,
        EvaluationPeriods=3,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        Statistic="Sum",
        AlarmActions=[f"arn:aws:sns:{ACCOUNT}:overdue-test-platform"],
    )
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason="")


def _tables(dynamodb: Any) -> None:
    for table in ("checks", "history", "registry"):
        name = f"overdue-test-{table}"
        dynamodb.update_table(TableName=name, DeletionProtectionEnabled=True)
        dynamodb.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )


def _functions(client: Any) -> None:
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("app.py", "")
    for name in FUNCTIONS:
        made = client("lambda").create_function(
            FunctionName=f"overdue-test-{name}",
            Role=role,
            Runtime="python3.12",
            Handler="app.app",
            MemorySize=256,
            Architectures=["arm64"],
            Code={"ZipFile": packed.getvalue()},
        )
        if name != "sweep":
            client("logs").create_log_group(logGroupName=f"/aws/lambda/overdue-test-{name}")
        if name in ("sweep", "prober", "canary"):
            client("events").put_rule(Name=f"rule-of-{name}", ScheduleExpression="rate(1 minute)", State="ENABLED")
            client("events").put_targets(Rule=f"rule-of-{name}", Targets=[{"Id": "1", "Arn": made["FunctionArn"]}])
