"""The artifact bucket: what CloudFormation and Lambda fetch from, one for an account and region.

Private, encrypted, versioned, TLS only, and never one of somebody else. Everything in it is named by its content, so
nothing is sent twice, and stages share what is the same. Start at `prepare`. What is packaged is `package`'s business.
"""

import json
from base64 import b64encode
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import PATIENT, Account

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.literals import BucketLocationConstraintType

OLD_VERSIONS_DAYS = 90
UNFINISHED_UPLOADS_DAYS = 7
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}  # of addresses in other partitions


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket that is ours."""

    name: str
    owner: str  # the account; S3 refuses everything if it is another's
    address: str
    s3: "S3Client"

    def put(self, key: str, content: bytes) -> bool:
        """Send an object whose key holds its content's hash; whether that was necessary. One or two calls."""
        if self._has(key, size_bytes=len(content)):
            return False
        checksum = b64encode(sha256(content).digest()).decode()
        self.s3.put_object(
            Bucket=self.name, Key=key, Body=content, ChecksumSHA256=checksum, ExpectedBucketOwner=self.owner
        )
        return True

    def _has(self, key: str, *, size_bytes: int) -> bool:
        try:
            found = self.s3.head_object(Bucket=self.name, Key=key, ExpectedBucketOwner=self.owner)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
        return found["ContentLength"] == size_bytes

    def url(self, key: str) -> str:
        """Where CloudFormation finds an object."""
        return f"https://{self.address}/{key}"

    def remove(self) -> bool:
        """Delete all its objects in all their versions, and itself; whether there was one."""
        with_owner: Any = {"Bucket": self.name, "ExpectedBucketOwner": self.owner}
        try:
            for page in self.s3.get_paginator("list_object_versions").paginate(**with_owner):
                found = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                doomed: Any = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in found]
                if doomed:
                    self.s3.delete_objects(**with_owner, Delete={"Objects": doomed, "Quiet": True})
            self.s3.delete_bucket(**with_owner)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return False
        return True


def of(account: Account) -> Bucket:
    """The bucket of this account and region, there or not. No call."""
    name = f"overdue-artifacts-{account.id}-{account.region}"
    address = f"{name}.s3.{account.region}.{_SUFFIXES.get(account.partition, 'amazonaws.com')}"
    return Bucket(name, account.id, address, account.session.client("s3", config=PATIENT))


def prepare(account: Account) -> Bucket:
    """The bucket, made if it is not there, and set as it must be. About seven calls.

    It is set anew each time: an interrupted deploy may have left it half-made. Raises OverdueError for a bucket of
    this name in another account, ClientError.
    """
    bucket = of(account)
    if not _is_there(bucket):
        _make(bucket, account)
    whose: Any = {"Bucket": bucket.name, "ExpectedBucketOwner": bucket.owner}
    bucket.s3.put_public_access_block(
        **whose,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    bucket.s3.put_bucket_ownership_controls(
        **whose, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    bucket.s3.put_bucket_encryption(
        **whose,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    bucket.s3.put_bucket_versioning(**whose, VersioningConfiguration={"Status": "Enabled"})
    bucket.s3.put_bucket_lifecycle_configuration(**whose, LifecycleConfiguration=_lifecycle())
    bucket.s3.put_bucket_policy(**whose, Policy=json.dumps(_tls_only(bucket.name, account.partition)))
    return bucket


def _is_there(bucket: Bucket) -> bool:
    try:
        bucket.s3.head_bucket(Bucket=bucket.name, ExpectedBucketOwner=bucket.owner)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchBucket"):
            return False
        if code in ("403", "AccessDenied"):  # HEAD has no body that would say which of the two
            raise OverdueError(
                f"The bucket {bucket.name} does not let us in. Either these credentials lack s3:ListBucket on it, or "
                "another account has taken its name: have a look at it in S3 before anything is put there"
            ) from error
        raise
    return True


def _make(bucket: Bucket, account: Account) -> None:
    more: Any = {}
    if account.region != "us-east-1":  # which is no constraint, says S3
        where: BucketLocationConstraintType = account.region  # type: ignore[assignment]  # whichever there are
        more = {"CreateBucketConfiguration": {"LocationConstraint": where}}
    try:
        bucket.s3.create_bucket(Bucket=bucket.name, ObjectOwnership="BucketOwnerEnforced", **more)
    except bucket.s3.exceptions.BucketAlreadyOwnedByYou:
        return  # somebody else's deploy, at the same time
    except bucket.s3.exceptions.BucketAlreadyExists as error:
        raise OverdueError(
            f"A bucket {bucket.name} belongs to another account: nothing is put there. Buckets' names are the whole "
            "world's; use another region until AWS Support has it removed"
        ) from error


def _lifecycle() -> Any:
    return {
        "Rules": [
            {
                "ID": "forget-old-versions",
                "Status": "Enabled",
                "Filter": {"Prefix": ""},
                "NoncurrentVersionExpiration": {"NoncurrentDays": OLD_VERSIONS_DAYS},
                "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": UNFINISHED_UPLOADS_DAYS},
            }
        ]
    }


def _tls_only(name: str, partition: str) -> dict[str, object]:
    arn = f"arn:{partition}:s3:::{name}"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "OnlyOverTls",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [arn, f"{arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }
