"""Identify the AWS account of a command, and translate botocore's errors into messages that say what to do.

Start at `Account.of`; wrap calls to AWS in `speaking`. `overdue.aws.key_admin` works on keys and tables.
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

NO_CREDENTIALS = "No AWS credentials. Set AWS_PROFILE, or log in to AWS first."
NOT_VALID = (
    "AWS rejected these credentials. Log in to AWS again, or check that this account has enabled region {region}."
)
NOT_AWS = "The server answering in region {region} is not AWS. Check for a proxy."
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
    """AWS refused the call because of credentials, region or permissions."""


@dataclass(frozen=True, slots=True)
class Account:
    """The AWS account, region and stage that a command works on."""

    session: Session
    region: str
    id: str  # twelve digits
    partition: str  # aws, aws-cn, aws-us-gov
    stage: str

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Ask AWS for the identity of the credentials. One call.

        Raises BadInput for a missing stage or region and for a local server's stage, Refused if AWS rejects the
        credentials.
        """
        if settings.stage is None:
            raise BadInput("No stage given. Use --stage NAME.")
        if settings.dynamodb_url is not None:
            raise BadInput(f'Stage "{settings.stage}" is a server on this machine and does not use AWS.')
        with speaking(region=settings.region or ""):
            session = Session(region_name=settings.region or os.environ.get("AWS_REGION"))
            if not session.region_name:
                raise BadInput(f"No AWS region for stage {settings.stage}. Use --region, or set AWS_REGION.")
            known = session.get_available_regions("sts", session.get_partition_for_region(session.region_name))
        with speaking(region=session.region_name, regions=known):
            if session.get_credentials() is None:
                raise Refused(NO_CREDENTIALS)
            identity = session.client("sts", config=_AT_ONCE).get_caller_identity()
        partition = identity["Arn"].split(":")[1]
        return cls(session, session.region_name, identity["Account"], partition, settings.stage)

    def named(self, resource: str) -> str:
        """The name of a resource of this stage, such as overdue-prod-checks."""
        return f"overdue-{self.stage}-{resource}"


@contextmanager
def speaking(*, region: str, regions: list[str] | None = None) -> Iterator[None]:
    """Wrap calls to AWS: errors of AWS become BadInput, Refused or OverdueError; all other exceptions pass unchanged.

    `regions`: all regions of the partition, to suggest the one that was misspelled.
    """
    try:
        yield
    except botocore.ClientError as error:
        raise _refusal(error, region=region) from error
    except botocore.BotoCoreError as error:
        raise _trouble(error, region=region, regions=regions or []) from error
    except ResponseParserError as error:  # not a subclass of BotoCoreError
        raise OverdueError(NOT_AWS.format(region=region)) from error


def is_passing(error: Exception) -> bool:
    """Whether the same call may soon succeed: AWS throttles it, fails internally or cannot be reached."""
    if isinstance(error, botocore.ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        return error.response["Error"]["Code"] in _PASSING or status >= 500
    return isinstance(error, _AWAY)


def missing_permission(error: botocore.ClientError) -> str | None:
    """The action that the credentials lack, as AWS names it; "" if AWS does not say; None: another kind of error."""
    code, message = _told(error)
    if code not in _DENIED:
        return None
    action = _PERFORM.search(message)
    return action.group(1) if action else _ACTIONS.get(error.operation_name, "")


def _told(error: botocore.ClientError) -> tuple[str, str]:
    """The code and message of an error.

    If a JSON service answers in XML, botocore gives the status as the code and the whole XML as the message: parse it.
    """
    code, text = error.response["Error"]["Code"], error.response["Error"].get("Message", "")
    inner = _CODE.search(text)
    if inner is None:
        return code, text
    message = re.search(r"<Message>(.*?)</Message>", text, re.DOTALL)
    return inner.group(1), unescape(message.group(1)) if message else ""


def _refusal(error: botocore.ClientError, *, region: str) -> OverdueError:
    code, message = _told(error)
    if "<html" in message[:200].lower() and not is_passing(error):
        return OverdueError(f"{NOT_AWS.format(region=region)} It answered {code}.")
    if code in _EXPIRED:
        return Refused("These AWS credentials have expired. Log in to AWS again.")
    if code in ("RequestTimeTooSkewed", "InvalidSignatureException") and "ignature" in message and "expired" in message:
        return Refused(f"AWS reports that this machine's clock is wrong ({message}). Set the clock and try again.")
    if code in _INVALID:
        return Refused(NOT_VALID.format(region=region))
    if code in _DENIED:
        return Refused(_denied(error.operation_name, message))
    if is_passing(error):
        return OverdueError(f"AWS is throttling or failing ({code} at {error.operation_name}). Try again in a minute.")
    return OverdueError(f"AWS refused {error.operation_name}: {message or code}")


def _denied(operation: str, message: str) -> str:
    """Which action is denied, on what and why. Most services say so in the message, S3 only sometimes."""
    action = _PERFORM.search(message)
    resource = re.search(r"on resource: (\S+)", message)
    why = re.search(r"because (.+?)\.?$", message)
    denied = action.group(1) if action else _ACTIONS.get(operation, operation)
    return (
        f"These AWS credentials may not perform {denied}"
        + (f" on {resource.group(1)}" if resource else "")
        + (f", because {why.group(1)}" if why else "")
        + ". Grant the permission, or use other credentials (AWS_PROFILE)."
    )


_ACTIONS = {  # S3 operations whose action has another name or is not named in the error
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
            return Refused(f"The AWS credentials are unusable: {error}")
        case botocore.ProfileNotFound():
            return Refused(f"{error}. AWS_PROFILE must name a profile of ~/.aws/config.")
        case _ if isinstance(error, _LOGGED_OUT):
            return Refused("The AWS login session has ended. Log in again, for example with `aws sso login`.")
        case botocore.InvalidRegionError():
            return BadInput(f'"{region}" is not an AWS region')
        case botocore.EndpointConnectionError() if regions and region not in regions:
            return BadInput(f'"{region}" is not a known AWS region and cannot be reached. {_meant(region, regions)}')
        case _ if isinstance(error, _AWAY):
            return OverdueError(f"Cannot reach AWS in region {region}: {error}")
        case _:
            return OverdueError(f"Cannot call AWS: {error}")


def _meant(region: str, regions: list[str]) -> str:
    near = get_close_matches(region, regions, n=2)
    return f"Did you mean {' or '.join(near)}?" if near else f"Known regions: {', '.join(regions)}"
