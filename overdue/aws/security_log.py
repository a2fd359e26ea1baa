"""Log commands that use AWS credentials to the stage's security log: changes of keys, sign-in links.

The functions log requests (`chalicelib.services.security_log`). These commands run on the operator's machine, so they
write to the log group of the function api themselves, to the stream `operators`. The log is not a proof: anyone with
such credentials can change the table without this command. CloudTrail's data events for DynamoDB would show that; they
are off by default and billed per request. See docs/adr/0020.
"""

import json
import os
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from overdue.cli.settings import Settings
from overdue.cli.show import say

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import InputLogEventTypeDef

STREAM = "operators"


def record(settings: Settings, event: str, *, now: datetime, **facts: str) -> None:
    """Log one event, with the caller's ARN. Four calls; a local server has no log.

    Only warns if AWS refuses, because the change was already made.
    """
    if settings.dynamodb_url is not None:
        return
    # Short timeouts: a new key is shown only after this.
    briefly = Config(connect_timeout=3, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
    session = Session(region_name=settings.region or os.environ.get("AWS_REGION"))
    group = f"/aws/lambda/overdue-{settings.stage}-api"
    try:
        caller = session.client("sts", config=briefly).get_caller_identity()["Arn"]
        line = {"event": event, "level": "info", "log": "security", "by": "aws", "actor": caller, **facts}
        logs = session.client("logs", config=briefly)
        with suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_stream(logGroupName=group, logStreamName=STREAM)
        at_ms = round(now.timestamp() * 1000)
        event_at: InputLogEventTypeDef = {"timestamp": at_ms, "message": json.dumps(line)}
        logs.put_log_events(logGroupName=group, logStreamName=STREAM, logEvents=[event_at])
    except (BotoCoreError, ClientError) as error:
        why = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
        say(f"Warning: this was not written to the security log ({why}). That needs logs:PutLogEvents on {group}.")
