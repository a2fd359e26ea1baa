"""The artifact bucket, from which CloudFormation and Lambda load a deployment. One per account and region.

It is private, encrypted, versioned and TLS only, and the code refuses a bucket of another account. Objects are named by
the hash of their content, so nothing is uploaded twice and stages share equal objects. Start at `prepare`. `package`
builds the objects.
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
_SUFFIXES = {"aws-cn": "amazonaws.com.cn"}  # host name suffixes of other partitions


@dataclass(frozen=True, slots=True)
class Bucket:
    """The artifact bucket of an account and region."""

    name: str
    owner: str  # account id, sent with each call: S3 refuses the call if another account owns the bucket
    address: str
    s3: "S3Client"

    def put(self, key: str, content: bytes) -> bool:
        """Upload an object whose key contains its hash. False if it exists already. One or two calls."""
        if self._has(key, size_bytes=len(content)):
            return False
        checksum = b64encode(sha256(content).digest()).decode()
        self.s3.put_object(
            Bucket=self.name, Key=key, Body=content, ChecksumSHA256=checksum, ExpectedBucketOwner=self.owner
        )
        return True

    def _has(self, key: str, *, size_bytes: int) -> bool:
        try:
            head = self.s3.head_object(Bucket=self.name, Key=key, ExpectedBucketOwner=self.owner)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("404", "NoSuchKey"):
                return False
            raise
        return head["ContentLength"] == size_bytes

    def url(self, key: str) -> str:
        """The URL of an object, for CloudFormation."""
        return f"https://{self.address}/{key}"

    def remove(self) -> bool:
        """Delete the bucket with all versions of its objects. False if it does not exist."""
        with_owner: Any = {"Bucket": self.name, "ExpectedBucketOwner": self.owner}
        try:
            for page in self.s3.get_paginator("list_object_versions").paginate(**with_owner):
                versions = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                objects: Any = [{"Key": each["Key"], "VersionId": each["VersionId"]} for each in versions]
                if objects:
                    self.s3.delete_objects(**with_owner, Delete={"Objects": objects, "Quiet": True})
            self.s3.delete_bucket(**with_owner)
        except ClientError as error:
            if error.response["Error"]["Code"] != "NoSuchBucket":
                raise
            return False
        return True


def of(account: Account) -> Bucket:
    """The bucket of this account and region, whether it exists or not. Makes no call."""
    name = f"overdue-artifacts-{account.id}-{account.region}"
    address = f"{name}.s3.{account.region}.{_SUFFIXES.get(account.partition, 'amazonaws.com')}"
    return Bucket(name, account.id, address, account.session.client("s3", config=PATIENT))


def prepare(account: Account) -> Bucket:
    """Create the bucket if it does not exist, and apply all its settings. About seven calls.

    The settings are applied each time, since an interrupted deploy may have left some of them out. Raises OverdueError
    if another account has a bucket of this name, ClientError.
    """
    bucket = of(account)
    if not _is_there(bucket):
        _make(bucket, account)
    with_owner: Any = {"Bucket": bucket.name, "ExpectedBucketOwner": bucket.owner}
    bucket.s3.put_public_access_block(
        **with_owner,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )
    bucket.s3.put_bucket_ownership_controls(
        **with_owner, OwnershipControls={"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    )
    bucket.s3.put_bucket_encryption(
        **with_owner,
        ServerSideEncryptionConfiguration={
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
    )
    bucket.s3.put_bucket_versioning(**with_owner, VersioningConfiguration={"Status": "Enabled"})
    bucket.s3.put_bucket_lifecycle_configuration(**with_owner, LifecycleConfiguration=_lifecycle())
    bucket.s3.put_bucket_policy(**with_owner, Policy=json.dumps(_tls_only(bucket.name, account.partition)))
    return bucket


def _is_there(bucket: Bucket) -> bool:
    try:
        bucket.s3.head_bucket(Bucket=bucket.name, ExpectedBucketOwner=bucket.owner)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code in ("404", "NoSuchBucket"):
            return False
        if code in ("403", "AccessDenied"):  # the answer to HEAD has no body that says which of the two
            raise OverdueError(
                f"Access to bucket {bucket.name} is denied, and nothing was uploaded. Either these credentials lack "
                "s3:ListBucket on it, or another account has a bucket of this name. Check the bucket in S3."
            ) from error
        raise
    return True


def _make(bucket: Bucket, account: Account) -> None:
    more: Any = {}
    if account.region != "us-east-1":  # S3 rejects us-east-1 as a location constraint
        where: BucketLocationConstraintType = account.region  # type: ignore[assignment]  # any region
        more = {"CreateBucketConfiguration": {"LocationConstraint": where}}
    try:
        bucket.s3.create_bucket(Bucket=bucket.name, ObjectOwnership="BucketOwnerEnforced", **more)
    except bucket.s3.exceptions.BucketAlreadyOwnedByYou:
        return  # a concurrent deploy created it
    except bucket.s3.exceptions.BucketAlreadyExists as error:
        raise OverdueError(
            f"Bucket {bucket.name} belongs to another account, and nothing was uploaded. Bucket names are global: use "
            "another region, or ask AWS Support to have that bucket removed."
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
