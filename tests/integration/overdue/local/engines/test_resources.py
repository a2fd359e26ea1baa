from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from chalicelib.domain.errors import OverdueError
from overdue.local.engines import resources

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient


@dataclass(frozen=True)
class Cloud:
    dynamodb: "DynamoDBClient"
    sns: "SNSClient"


@pytest.fixture(scope="module")  # each test has a stage of its own
def cloud() -> Iterator[Cloud]:
    with mock_aws():
        session = boto3.session.Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="us-east-1")
        yield Cloud(session.client("dynamodb"), session.client("sns"))


def a_schema(keys: list[Any]) -> list[tuple[str, str]]:
    return [(key["AttributeName"], key["KeyType"]) for key in keys]


def test_a_stage_is_three_tables_and_four_topics_of_its_own_name(cloud: Cloud) -> None:
    made = resources.create(cloud.dynamodb, cloud.sns, stage="local")
    assert made == resources.Resources(
        checks="overdue-local-checks",
        history="overdue-local-history",
        registry="overdue-local-registry",
        alerts="arn:aws:sns:us-east-1:123456789012:overdue-local-alerts",
        platform="arn:aws:sns:us-east-1:123456789012:overdue-local-platform",
        pagerduty="arn:aws:sns:us-east-1:123456789012:overdue-local-pagerduty",
        chat="arn:aws:sns:us-east-1:123456789012:overdue-local-chat",
    )


@pytest.mark.parametrize(
    ("table", "keys", "indexes"),
    [
        pytest.param(
            "checks",
            {"code": "S"},
            {
                "due": ({"due_shard": "N", "due_at": "N"}, "KEYS_ONLY"),
                "slugs": ({"project": "S", "slug": "S"}, "KEYS_ONLY"),
            },
            id="checks, found by due instant and by slug",
        ),
        pytest.param(
            "history",
            {"code": "S", "sort": "S"},
            {"flips": ({"flip_project": "S", "flip_at": "N"}, "ALL")},
            id="history, its flips found by project and instant",
        ),
        pytest.param("registry", {"pk": "S", "sk": "S"}, {}, id="registry"),
    ],
)
def test_each_table_has_its_keys_and_indexes(
    cloud: Cloud,
    table: str,
    keys: dict[str, str],
    indexes: dict[str, tuple[dict[str, str], str]],
) -> None:
    resources.create(cloud.dynamodb, cloud.sns, stage="keys")
    found = cloud.dynamodb.describe_table(TableName=f"overdue-keys-{table}")["Table"]
    types = {each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]}
    assert a_schema(found["KeySchema"]) == list(zip(keys, ("HASH", "RANGE"), strict=False))
    assert found["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    wanted = dict(keys)
    by_name = {each["IndexName"]: each for each in found.get("GlobalSecondaryIndexes", [])}
    assert by_name.keys() == indexes.keys()
    for name, (index_keys, projection) in indexes.items():
        wanted |= index_keys
        assert a_schema(by_name[name]["KeySchema"]) == list(zip(index_keys, ("HASH", "RANGE"), strict=True))
        assert by_name[name]["Projection"]["ProjectionType"] == projection
    assert types == wanted


def test_only_the_history_expires(cloud: Cloud) -> None:
    made = resources.create(cloud.dynamodb, cloud.sns, stage="expiry")
    expiry = {
        name: cloud.dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        for name in (made.checks, made.history, made.registry)
    }
    assert expiry[made.history] == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    assert expiry[made.checks]["TimeToLiveStatus"] == "DISABLED"
    assert expiry[made.registry]["TimeToLiveStatus"] == "DISABLED"


def test_an_engine_that_keeps_its_data_can_be_started_again(cloud: Cloud) -> None:
    first = resources.create(cloud.dynamodb, cloud.sns, stage="kept")
    item = {"pk": {"S": "project"}, "sk": {"S": "default"}}
    cloud.dynamodb.put_item(TableName=first.registry, Item=item)
    assert resources.create(cloud.dynamodb, cloud.sns, stage="kept") == first
    assert cloud.dynamodb.get_item(TableName=first.registry, Key=item)["Item"] == item


def test_a_table_of_another_version_is_not_taken_for_ours(cloud: Cloud) -> None:
    cloud.dynamodb.create_table(
        TableName="overdue-old-checks",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    with pytest.raises(OverdueError, match=r"table overdue-old-checks at .* has other keys or indexes"):
        resources.create(cloud.dynamodb, cloud.sns, stage="old")


def test_an_engine_that_knows_no_expiry_will_do(cloud: Cloud) -> None:
    def unknown(**_: object) -> None:
        raise ClientError({"Error": {"Code": "UnknownOperationException", "Message": ""}}, "TimeToLive")

    event = "before-call.dynamodb.DescribeTimeToLive"
    cloud.dynamodb.meta.events.register(event, unknown)
    assert resources.create(cloud.dynamodb, cloud.sns, stage="bare").history == "overdue-bare-history"
    cloud.dynamodb.meta.events.unregister(event, unknown)


def test_what_the_cloud_gets_is_protected_backed_up_and_encrypted() -> None:
    tables = {name: properties for name, properties in resources._resources("prod").items() if name.endswith("Table")}
    assert tables.keys() == {"ChecksTable", "HistoryTable", "RegistryTable"}
    for properties in tables.values():
        assert properties["DeletionProtectionEnabled"] is True
        assert properties["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": True}
        assert properties["SSESpecification"] == {"SSEEnabled": True}
