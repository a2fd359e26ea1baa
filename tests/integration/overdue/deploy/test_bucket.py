"""The artifact bucket: private, encrypted, versioned, and never somebody else's."""

import json
from typing import Any, cast

import boto3
import pytest
from boto3.session import Session
from botocore.stub import Stubber
from moto.core.base_backend import BackendDict

from chalicelib.domain.errors import OverdueError
from overdue.deploy import bucket
from overdue.deploy.aws import Account
from overdue.deploy.room import has_room
from tests.integration.conftest import Aws
from tests.stack_engine import teach

ACCOUNT = "123456789012"
NAME = f"overdue-artifacts-{ACCOUNT}-eu-central-1"


@pytest.fixture
def account(aws: Aws) -> Account:  # noqa: ARG001  # its moto
    teach()
    BackendDict.reset()
    return Account(Session(region_name="eu-central-1"), "eu-central-1", ACCOUNT, "aws", "test")


def test_it_is_made_as_it_must_be_and_may_be_prepared_again(account: Account) -> None:
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


def test_what_is_there_is_not_sent_again_and_what_was_cut_short_is(account: Account) -> None:
    made = bucket.prepare(account)

    assert made.put("functions/abc.zip", b"content")
    assert not made.put("functions/abc.zip", b"content")
    made.s3.put_object(Bucket=NAME, Key="functions/abc.zip", Body=b"con")
    assert made.put("functions/abc.zip", b"content")
    assert made.s3.get_object(Bucket=NAME, Key="functions/abc.zip")["Body"].read() == b"content"
    assert made.url("a.json") == f"https://{NAME}.s3.eu-central-1.amazonaws.com/a.json"


class OneClient:
    """A session that knows one client, stubbed."""

    def __init__(self, service: str) -> None:
        made = boto3.client(service, region_name="eu-central-1")  # type: ignore[call-overload]  # any of them
        self._client: Any = made
        self.stub = Stubber(made)

    def client(self, *_: Any, **__: Any) -> Any:
        return self._client

    def account(self) -> Account:
        return Account(cast("Session", self), "eu-central-1", ACCOUNT, "aws", "test")


def test_a_bucket_that_does_not_let_us_in_gets_nothing() -> None:
    session = OneClient("s3")
    session.stub.add_client_error("head_bucket", "403", "Forbidden", 403)

    with session.stub, pytest.raises(OverdueError, match=rf"{NAME} does not let us in.*another account has taken"):
        bucket.prepare(session.account())


def test_a_name_that_another_account_has_is_told() -> None:
    session = OneClient("s3")
    session.stub.add_client_error("head_bucket", "404", "Not Found", 404)
    session.stub.add_client_error("create_bucket", "BucketAlreadyExists", "", 409)

    with session.stub, pytest.raises(OverdueError, match=f"{NAME} belongs to another account: nothing is put there"):
        bucket.prepare(session.account())


@pytest.mark.parametrize(("unreserved", "room"), [(10, False), (110, False), (111, True), (1000, True)])
def test_an_account_has_room_when_100_executions_stay_unreserved(unreserved: int, room: bool) -> None:
    session = OneClient("lambda")
    session.stub.add_response(
        "get_account_settings", {"AccountLimit": {"UnreservedConcurrentExecutions": unreserved}, "AccountUsage": {}}
    )

    with session.stub:
        assert has_room(session.account()) is room


def test_who_may_not_ask_goes_on() -> None:
    session = OneClient("lambda")
    session.stub.add_client_error("get_account_settings", "AccessDeniedException", "", 403)

    with session.stub:
        assert has_room(session.account())
