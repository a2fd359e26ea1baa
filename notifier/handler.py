"""The handler: deliver an alert from SNS to its channels, or one alert to one channel.

An alert for one channel is delivered here. For several channels, each gets an invocation of its own, so that a failed
one is repeated alone. A failure raises: Lambda repeats an asynchronous invocation twice, then moves the event to the
dead-letter queue. Start at `Notifier`.
"""

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from notifier.channels import Channel, Channels
from notifier.sending import Result, send

ALL = "*"


class UnsentError(Exception):
    """An alert was not delivered to a channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """What the function needs from outside. One per process."""

    channels: Channels
    functions: Any  # a client of Lambda; its stubs are not in the package
    name: str  # of this function
    stage: str
    sleep: Callable[[float], None]

    def __call__(self, event: dict[str, Any], *, remaining_s: Callable[[], float], request_id: str) -> object:
        """Handle an event. Raises UnsentError, and the errors of SSM and Lambda."""
        if "Records" in event:
            for record in event["Records"]:  # SNS sends one
                self._from_sns(record["Sns"], remaining_s, request_id)
            return None
        document, is_test = event["document"], event.get("report", False)
        channel = self._channel(document["project"], event["channel"], uncached=is_test)
        if channel is None:
            _log("gone", channel=event["channel"], alert=document["id"], request_id=request_id)
            return {"ok": False, "said": "there is no such channel"}
        result = self._deliver(channel, document, remaining_s, request_id)
        if not result.is_ok and not is_test:
            raise UnsentError(f"channel {channel.id}: {result.text}")
        return {"ok": result.is_ok, "said": result.text}

    def _from_sns(self, message: dict[str, Any], remaining_s: Callable[[], float], request_id: str) -> None:
        document = json.loads(message["Message"])
        addressed = _addressed(self.channels.of(document["project"]), document, message.get("MessageAttributes", {}))
        if len(addressed) == 1:
            result = self._deliver(addressed[0], document, remaining_s, request_id)
            if not result.is_ok:
                raise UnsentError(f"channel {addressed[0].id}: {result.text}")
        for channel in addressed if len(addressed) > 1 else ():
            self.functions.invoke(
                FunctionName=self.name,
                InvocationType="Event",
                Payload=json.dumps({"document": _without_members(document), "channel": channel.id}).encode(),
            )

    def _channel(self, project: str, identity: str, *, uncached: bool) -> Channel | None:
        found = self.channels.read(project) if uncached else self.channels.of(project)
        return next((channel for channel in found if channel.id == identity), None)

    def _deliver(
        self, channel: Channel, document: dict[str, Any], remaining_s: Callable[[], float], request_id: str
    ) -> Result:
        result = send(channel.url, document, remaining_s=remaining_s, sleep=self.sleep)
        facts = {"channel": channel.id, "project": document["project"], "alert": document["id"]}
        facts |= {"kind": document["kind"], "tries": result.tries, "said": result.text, "request_id": request_id}
        _log("sent" if result.is_ok else "unsent", **facts)
        if not result.is_ok:
            _count_failure(self.stage)
        return result


def _addressed(
    channels: tuple[Channel, ...], document: dict[str, Any], attributes: dict[str, dict[str, str]]
) -> list[Channel]:
    """The channels that an alert goes to, by name; "*" stands for all, also those added after it was published."""
    names = set(document["channels"])
    if "channels" in attributes:
        names |= set(json.loads(attributes["channels"]["Value"]))
    return [channel for channel in channels if ALL in names or channel.name in names]


def _without_members(document: dict[str, Any]) -> dict[str, Any]:
    """The document without the members of a digest, because hundreds of them may exceed an invocation's size limit."""
    digest = document.get("digest")
    return document if digest is None else document | {"digest": digest | {"members": []}}


def _log(event: str, **facts: str | int) -> None:
    """Log one JSON object on a line."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def _count_failure(stage: str) -> None:
    """Count a failure, by a line in CloudWatch's embedded metric format."""
    metric = {
        "Namespace": "Overdue",
        "Dimensions": [["Stage"]],
        "Metrics": [{"Name": "NotifierFailed", "Unit": "Count"}],
    }
    stamp = {"Timestamp": round(time.time() * 1000), "CloudWatchMetrics": [metric]}
    sys.stdout.write(json.dumps({"_aws": stamp, "Stage": stage, "NotifierFailed": 1}) + "\n")
    sys.stdout.flush()


@cache
def _notifier() -> Notifier:
    """Build it once per process, from the environment variables of Lambda and of the deployment."""
    from botocore.config import Config  # of Lambda's runtime: the package is complete without it
    from botocore.session import get_session  # as above

    session = get_session()
    config = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})
    stage = os.environ["OVERDUE_STAGE"]
    return Notifier(
        channels=Channels(session.create_client("ssm", config=config), stage, time.monotonic),
        functions=session.create_client("lambda", config=config),
        name=os.environ["AWS_LAMBDA_FUNCTION_NAME"],
        stage=stage,
        sleep=time.sleep,
    )


def handle(event: dict[str, Any], context: Any) -> object:
    """The entry point of Lambda, which passes its own `context`."""
    return _notifier()(
        event,
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=context.aws_request_id,
    )
