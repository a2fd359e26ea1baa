"""Whose AWS account this is, and what its refusals mean: the one place that turns botocore's errors into our words.

Start at `Account.of`; put `speaking` around calls. Keys and tables are `overdue.aws.key_admin`'s business.
"""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from html import unescape
from typing import Self

from boto3.session import Session
from botocore import exceptions as botocore
from botocore.config import Config
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import BadInput, OverdueError
from overdue.cli.settings import Settings

NO_CREDENTIALS = "No AWS credentials. Set AWS_PROFILE, or log in to AWS first"
NOT_VALID = "These AWS credentials are not valid any more, or not here: log in to AWS again"
NOT_AWS = "What answers in region {region} is not AWS: is a proxy in between?"
PATIENT = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "total_max_attempts": 6})
_AT_ONCE = Config(connect_timeout=5, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 2})

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_INVALID = {
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "UnrecognizedClientException",
}
_CODE = re.compile(r"<Code>(\w+)</Code>")
_PERFORM = re.compile(r"perform: ([\w-]+:\w+)")
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"}
_LOGGED_OUT = (
    botocore.SSOTokenLoadError,
    botocore.TokenRetrievalError,
    botocore.UnauthorizedSSOTokenError,
)
_AWAY = (botocore.ConnectionError, botocore.HTTPClientError)
_PASSING = {
    "InternalFailure",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "TooManyRequestsException",
}


class Refused(OverdueError):
    """AWS does not let us: who we are, where, or what we may do."""


@dataclass(frozen=True, slots=True)
class Account:
    """The account, region and stage that a command works on."""

    session: Session
    region: str
    id: str  # twelve digits
    partition: str  # aws, aws-cn, aws-us-gov
    stage: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Ask AWS who we are. One call. Raises BadInput for no stage or region, Refused."""
        if settings.stage is None:
            raise BadInput("Which deployment? Say --stage NAME")
        if settings.dynamodb_url is not None:
            raise BadInput(f'stage "{settings.stage}" is a server on this machine: AWS has nothing to do with it')
        with speaking(region=settings.region or ""):
            session = Session(region_name=settings.region or os.environ.get("AWS_REGION"))
            if not session.region_name:
                raise BadInput(f"No AWS region for stage {settings.stage}. Say --region, or set AWS_REGION")
            known = session.get_available_regions("sts", session.get_partition_for_region(session.region_name))
        with speaking(region=session.region_name, regions=known):
            if session.get_credentials() is None:
                raise Refused(NO_CREDENTIALS)
            us = session.client("sts", config=_AT_ONCE).get_caller_identity()
        return cls(session, session.region_name, us["Account"], us["Arn"].split(":")[1], settings.stage)

    def named(self, resource: str) -> str:
        """What a resource of this stage is called, such as overdue-prod-checks."""
        return f"overdue-{self.stage}-{resource}"


@contextmanager
def speaking(*, region: str, regions: list[str] | None = None) -> Iterator[None]:
    """Around calls to AWS: what a person can act on becomes Refused or OverdueError; our own bugs fly on.

    `regions`: those that there are, to say which one may be meant.
    """
    try:
        yield
    except botocore.ClientError as error:
        raise _refusal(error, region=region) from error
    except botocore.BotoCoreError as error:
        raise _trouble(error, region=region, regions=regions or []) from error
    except ResponseParserError as error:  # no BotoCoreError
        raise OverdueError(NOT_AWS.format(region=region)) from error


def is_passing(error: Exception) -> bool:
    """Whether the same call may work in a moment: throttled, or the network is away."""
    if isinstance(error, botocore.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in _PASSING or status >= 500
    return isinstance(error, _AWAY)


def missing_permission(error: botocore.ClientError) -> str | None:
    """What a refusal is about: an action as AWS names it, "" where it does not say; None: it is no such refusal."""
    code, said = _told(error)
    if code not in _DENIED:
        return None
    action = _PERFORM.search(said)
    return action.group(1) if action else _ACTIONS.get(error.operation_name, "")


def _told(error: botocore.ClientError) -> tuple[str, str]:
    """The code and the message of a refusal. Where a service that speaks JSON is refused in XML, botocore takes the
    status for the code, and all of the XML for the message.
    """
    code, said = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    inner = _CODE.search(said)
    if inner is None:
        return code, said
    message = re.search(r"<Message>(.*?)</Message>", said, re.DOTALL)
    return inner.group(1), unescape(message.group(1)) if message else ""


def _refusal(error: botocore.ClientError, *, region: str) -> OverdueError:
    code, said = _told(error)
    if "<html" in said[:200].lower() and not is_passing(error):
        return OverdueError(f"{NOT_AWS.format(region=region)} It answered {code}")
    if code in _EXPIRED:
        return Refused("These AWS credentials have expired: log in to AWS again")
    if code in ("RequestTimeTooSkewed", "InvalidSignatureException") and "ignature" in said and "expired" in said:
        return Refused(f"AWS says that this machine's clock is wrong ({said}): set it, and try again")
    if code in _INVALID:
        return Refused(f"{NOT_VALID}; or region {region} is not enabled in this account")
    if code in _DENIED:
        return Refused(_denied(error.operation_name, said))
    if is_passing(error):
        return OverdueError(f"AWS is throttled or away ({code} at {error.operation_name}): try again in a minute")
    return OverdueError(f"AWS did not do {error.operation_name}: {said or code}")


def _denied(operation: str, said: str) -> str:
    """Which action is missing, on what, and why: AWS says it for most services, S3 only sometimes."""
    action = _PERFORM.search(said)
    where = re.search(r"on resource: (\S+)", said)
    why = re.search(r"because (.+?)\.?$", said)
    missing = action.group(1) if action else _ACTIONS.get(operation, operation)
    return (
        f"These AWS credentials may not do {missing}"
        + (f" on {where.group(1)}" if where else "")
        + (f", because {why.group(1)}" if why else "")
        + ". Let this permission be given to them, or use others (AWS_PROFILE)"
    )


_ACTIONS = {  # where the action's name is not the operation's, and S3 does not say it
    "HeadBucket": "s3:ListBucket",
    "HeadObject": "s3:GetObject or s3:ListBucket",
    "CreateBucket": "s3:CreateBucket",
    "ListObjectVersions": "s3:ListBucketVersions",
    "PutBucketEncryption": "s3:PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "s3:PutLifecycleConfiguration",
    "PutBucketOwnershipControls": "s3:PutBucketOwnershipControls",
    "PutBucketPolicy": "s3:PutBucketPolicy",
    "PutBucketVersioning": "s3:PutBucketVersioning",
    "PutObject": "s3:PutObject",
    "PutPublicAccessBlock": "s3:PutBucketPublicAccessBlock",
}


def _trouble(error: botocore.BotoCoreError, *, region: str, regions: list[str]) -> OverdueError:
    match error:
        case botocore.NoCredentialsError():
            return Refused(NO_CREDENTIALS)
        case botocore.PartialCredentialsError() | botocore.CredentialRetrievalError():
            return Refused(f"AWS credentials cannot be used: {error}")
        case botocore.ProfileNotFound():
            return Refused(f"{error}: AWS_PROFILE names a profile that ~/.aws/config does not have")
        case _ if isinstance(error, _LOGGED_OUT):
            return Refused("The AWS log-in has ended: log in again, as with `aws sso login`")
        case botocore.InvalidRegionError():
            return BadInput(f'"{region}" is not a region of AWS')
        case botocore.EndpointConnectionError() if regions and region not in regions:
            return BadInput(f'AWS is not reached in region "{region}"{_meant(region, regions)}')
        case _ if isinstance(error, _AWAY):
            return OverdueError(f"AWS is not reached in region {region}: {error}")
        case _:
            return OverdueError(f"AWS cannot be asked: {error}")


def _meant(region: str, regions: list[str]) -> str:
    near = get_close_matches(region, regions, n=2)
    return f". Is {' or '.join(near)} meant?" if near else f"; there are: {', '.join(regions)}"
