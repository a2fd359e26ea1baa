"""Tables and topics, created on any endpoint from `infra/template.yaml`: the file that the cloud gets, too.

Start at `create`. It may run again on an engine that keeps its data; what protects and bills a table in the
cloud (backups, encryption, protection against deletion) is left out. Which engine that is, is `engine`'s
business.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from chalice.package import YAMLTemplateSerializer

from chalicelib.domain.errors import OverdueError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient

TEMPLATE = Path(__file__).parents[3] / "infra" / "template.yaml"
ONLY_IN_THE_CLOUD = (
    "DeletionProtectionEnabled",
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "Tags",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """What a stage consists of: the names of its tables, the ARNs of its topics."""

    checks: str
    history: str
    registry: str
    alerts: str
    platform: str
    pagerduty: str
    chat: str


def create(dynamodb: "DynamoDBClient", sns: "SNSClient", *, stage: str) -> Resources:
    """Create the stage's tables with their indexes and expiry, and its topics. What exists already is kept.

    About a dozen calls. Raises OverdueError for a table of this name that has other keys or indexes.
    """
    found = _resources(stage)
    return Resources(
        checks=_create_table(dynamodb, found["ChecksTable"]),
        history=_create_table(dynamodb, found["HistoryTable"]),
        registry=_create_table(dynamodb, found["RegistryTable"]),
        alerts=sns.create_topic(Name=found["AlertsTopic"]["TopicName"])["TopicArn"],
        platform=sns.create_topic(Name=found["PlatformTopic"]["TopicName"])["TopicArn"],
        pagerduty=sns.create_topic(Name=found["PagerDutyTopic"]["TopicName"])["TopicArn"],
        chat=sns.create_topic(Name=found["ChatTopic"]["TopicName"])["TopicArn"],
    )


def _resources(stage: str) -> dict[str, dict[str, Any]]:
    """The properties of each resource of the template, by its logical name, as they are on this stage."""
    return {
        name: _resolved(each["Properties"], stage)
        for name, each in _template()["Resources"].items()
        if each.get("Type") in ("AWS::DynamoDB::Table", "AWS::SNS::Topic")
    }


@cache  # 0.15 s of YAML, which each test of a deployment would pay anew
def _template() -> dict[str, Any]:
    template: dict[str, Any] = YAMLTemplateSerializer().load_template(TEMPLATE.read_text("utf-8"), TEMPLATE.name)
    return template


def _resolved(value: Any, stage: str) -> Any:
    match value:
        case {"Fn::Sub": str(text)}:
            return text.replace("${Stage}", stage)
        case dict():
            return {key: _resolved(each, stage) for key, each in value.items()}
        case list():
            return [_resolved(each, stage) for each in value]
        case _:
            return value


def _create_table(dynamodb: "DynamoDBClient", properties: dict[str, Any]) -> str:
    name: str = properties["TableName"]
    expiry = properties.get("TimeToLiveSpecification")
    left_out = (*ONLY_IN_THE_CLOUD, "TimeToLiveSpecification")
    wanted = {key: value for key, value in properties.items() if key not in left_out}
    is_ready = False
    try:
        made = dynamodb.create_table(**wanted)["TableDescription"]
        is_ready = made.get("TableStatus") == "ACTIVE"  # moto's is at once
    except dynamodb.exceptions.ResourceInUseException:
        _insist_on_same_keys(dynamodb, wanted)
    if not is_ready:
        dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    if expiry:
        _enable_expiry(dynamodb, name, attribute=expiry["AttributeName"])
    return name


def _insist_on_same_keys(dynamodb: "DynamoDBClient", wanted: dict[str, Any]) -> None:
    name = wanted["TableName"]
    found = dynamodb.describe_table(TableName=name)["Table"]
    if _keys(found) != _keys(wanted):
        raise OverdueError(
            f"table {name} at {dynamodb.meta.endpoint_url} has other keys or indexes than {TEMPLATE.name} "
            "asks for: another version of Overdue made it. Delete it, or choose another --dynamodb"
        )


def _keys(table: Any) -> dict[str, set[tuple[str, str]]]:
    """What identifies items, by index; the table itself under the empty name."""
    schemas = {"": table["KeySchema"]}
    schemas |= {each["IndexName"]: each["KeySchema"] for each in table.get("GlobalSecondaryIndexes", ())}
    return {name: {(key["AttributeName"], key["KeyType"]) for key in schema} for name, schema in schemas.items()}


def _enable_expiry(dynamodb: "DynamoDBClient", table: str, *, attribute: str) -> None:
    try:
        described = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if described.get("TimeToLiveStatus") not in ("ENABLED", "ENABLING"):
            dynamodb.update_time_to_live(
                TableName=table, TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True}
            )
    except ClientError as error:  # dynalite 4.0 knows no expiry; nothing but retention depends on it
        if error.response["Error"]["Code"] != "UnknownOperationException":
            raise
