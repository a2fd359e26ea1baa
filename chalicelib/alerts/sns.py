"""Publish plain texts to SNS, and translate its errors. Start at `translate_sns_errors`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import Away, Undelivered

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient


def publish_text(sns: "SNSClient", topic_arn: str, *, subject: str, text: str) -> None:
    """Publish a plain text. Raises Undelivered."""
    with translate_sns_errors("a message to operators", "it is kept, and published again later"):
        sns.publish(TopicArn=topic_arn, Subject=subject, Message=text)


@contextmanager
def translate_sns_errors(what: str, then: str) -> Iterator[None]:
    """Raise Undelivered, or Away if SNS cannot be reached, for the errors of botocore."""
    try:
        yield
    except (ClientError, BotoCoreError, ResponseParserError) as error:
        kind = Away if isinstance(error, BotoCoreError) else Undelivered
        raise kind(f"SNS did not accept {what} ({_cause(error)}): {then}") from error


def _cause(error: Exception) -> str:
    """The name of an error. Its message is left out, because it can contain addresses or the request."""
    return error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
