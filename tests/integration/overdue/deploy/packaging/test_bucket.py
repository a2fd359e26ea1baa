"""The artifact bucket is private, encrypted, versioned, and owned by the account."""

import json
from typing import Any, cast

import boto3
import pytest
from boto3.session import Session
from botocore.stub import Stubber
from moto.core.base_backend import BackendDict

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import Account
from overdue.deploy.concurrency import reservable
from overdue.deploy.packaging import bucket
from tests.integration.conftest import Aws
from tests.stack_engine import teach

ACCOUNT = "123456789012"
NAME = f"overdue-artifacts-{ACCOUNT}-eu-central-1"


@pytest.fixture
def account(aws: Aws) -> Account:  # noqa: ARG001  # its moto
    teach()
    BackendDict.reset()
    return Account(Session(region_name="eu-central-1"), "eu-central-1", ACCOUNT, "aws", "test")


def test_the_bucket_has_all_settings_and_can_be_prepared_again(account: Account) -> None:
    bucket.prepare(account)
    made = bucket.prepare(account)

    s3 = made.s3
    assert s3.get_bucket_location(Bucket=NAME)["LocationConstraint"] == "eu-central-1"
    assert set(s3.get_public_access_block(Bucket=NAME)["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = s3.get_bucket_ownership_controls(Bucket=NAME)["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerEnforced"
    [encrypted] = s3.get_bucket_encryption(Bucket=NAME)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encrypted["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.get_bucket_versioning(Bucket=NAME)["Status"] == "Enabled"
    [forgetting] = s3.get_bucket_lifecycle_configuration(Bucket=NAME)["Rules"]
    assert forgetting["NoncurrentVersionExpiration"]["NoncurrentDays"] == 90
    assert "Expiration" not in forgetting
    [statement] = json.loads(s3.get_bucket_policy(Bucket=NAME)["Policy"])["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_an_existing_object_is_not_uploaded_again_but_a_truncated_one_is(account: Account) -> None:
    made = bucket.prepare(account)

    assert made.put("functions/abc.zip", b"content")
    assert not made.put("functions/abc.zip", b"content")
    made.s3.put_object(Bucket=NAME, Key="functions/abc.zip", Body=b"con")
    assert made.put("functions/abc.zip", b"content")
    assert made.s3.get_object(Bucket=NAME, Key="functions/abc.zip")["Body"].read() == b"content"
    assert made.url("a.json") == f"https://{NAME}.s3.eu-central-1.amazonaws.com/a.json"


class OneClient:
    """A session with a single stubbed client."""

    def __init__(self, service: str) -> None:
        made = boto3.client(service, region_name="eu-central-1")  # type: ignore[call-overload]  # any service
        self._client: Any = made
        self.stub = Stubber(made)

    def client(self, *_: Any, **__: Any) -> Any:
        return self._client

    def account(self) -> Account:
        return Account(cast("Session", self), "eu-central-1", ACCOUNT, "aws", "test")


def test_nothing_is_uploaded_to_a_bucket_that_denies_access() -> None:
    session = OneClient("s3")
    session.stub.add_client_error("head_bucket", "403", "Forbidden", 403)

    with session.stub, pytest.raises(OverdueError, match=rf"{NAME} is denied.*another account has a bucket"):
        bucket.prepare(session.account())


def test_a_bucket_name_of_another_account_is_reported() -> None:
    session = OneClient("s3")
    session.stub.add_client_error("head_bucket", "404", "Not Found", 404)
    session.stub.add_client_error("create_bucket", "BucketAlreadyExists", "", 409)

    with (
        session.stub,
        pytest.raises(OverdueError, match=f"{NAME} belongs to another account, and nothing was uploaded"),
    ):
        bucket.prepare(session.account())


@pytest.mark.parametrize(
    ("unreserved", "sweep", "storm", "wanted", "fits"),
    [
        (10, None, None, 8, 0),  # a new account
        (106, None, None, 8, 0),
        (107, None, None, 8, 4),
        (110, None, None, 8, 7),
        (111, None, None, 8, 8),
        (1000, None, None, 8, 8),
        (100, 8, None, 8, 5),  # deployed before the function storm existed, with nothing to spare
        (103, 8, None, 8, 8),
        (100, 3, None, 3, 0),
        (103, 3, None, 3, 3),
        (100, 3, 8, 8, 8),  # unchanged
        (100, 3, 5, 5, 5),
    ],
)
def test_a_reservation_leaves_100_executions_unreserved(
    unreserved: int, sweep: int | None, storm: int | None, wanted: int, fits: int
) -> None:
    session = OneClient("lambda")
    session.stub.add_response(
        "get_account_settings", {"AccountLimit": {"UnreservedConcurrentExecutions": unreserved}, "AccountUsage": {}}
    )
    for reserved in (sweep, storm):
        if reserved is None:
            session.stub.add_client_error("get_function_concurrency", "ResourceNotFoundException", "", 404)
        else:
            session.stub.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": reserved})

    with session.stub:
        assert reservable(session.account(), wanted=wanted) == fits
    session.stub.assert_no_pending_responses()


def test_a_stage_without_a_reservation_stays_without_one() -> None:
    session = OneClient("lambda")

    with session.stub:
        assert reservable(session.account(), wanted=0) == 0


def test_credentials_that_may_not_read_the_limits_get_the_wanted_reservation() -> None:
    session = OneClient("lambda")
    session.stub.add_client_error("get_account_settings", "AccessDeniedException", "", 403)

    with session.stub:
        assert reservable(session.account(), wanted=8) == 8
