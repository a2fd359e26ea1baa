"""What Lambda calls: an alert from SNS, or one alert for one channel.

From SNS: one channel that is meant is told here; of several, each gets an invocation of its own, so that one that
fails is repeated alone. Whatever fails raises: Lambda repeats an asynchronous invocation twice, then it goes to the
failed ones' queue. Start at `Notifier`.
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
from notifier.sending import Sent, send

ALL = "*"


class UnsentError(Exception):
    """A channel was not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifier:
    """What the function needs of the outside. One a process."""

    channels: Channels
    functions: Any  # a client of Lambda
    name: str  # of this function
    stage: str
    sleep: Callable[[float], None]

    def __call__(self, event: dict[str, Any], *, remaining_s: Callable[[], float], request_id: str) -> object:
        """Take an event. Raises UnsentError, and what SSM and Lambda raise."""
        if "Records" in event:
            for record in event["Records"]:  # SNS sends one
                self._from_sns(record["Sns"], remaining_s, request_id)
            return None
        document, is_asked = event["document"], event.get("report", False)
        channel = self._channel(document["project"], event["channel"], afresh=is_asked)
        if channel is None:
            _say("gone", channel=event["channel"], alert=document["id"], request_id=request_id)
            return {"ok": False, "said": "there is no such channel"}
        sent = self._tell(channel, document, remaining_s, request_id)
        if not sent.is_ok and not is_asked:
            raise UnsentError(f"channel {channel.id}: {sent.said}")
        return {"ok": sent.is_ok, "said": sent.said}

    def _from_sns(self, message: dict[str, Any], remaining_s: Callable[[], float], request_id: str) -> None:
        document = json.loads(message["Message"])
        meant = _meant(self.channels.of(document["project"]), document, message.get("MessageAttributes", {}))
        if len(meant) == 1:
            sent = self._tell(meant[0], document, remaining_s, request_id)
            if not sent.is_ok:
                raise UnsentError(f"channel {meant[0].id}: {sent.said}")
        for channel in meant if len(meant) > 1 else ():
            self.functions.invoke(
                FunctionName=self.name,
                InvocationType="Event",
                Payload=json.dumps({"document": _without_members(document), "channel": channel.id}).encode(),
            )

    def _channel(self, project: str, identity: str, *, afresh: bool) -> Channel | None:
        found = self.channels.afresh(project) if afresh else self.channels.of(project)
        return next((channel for channel in found if channel.id == identity), None)

    def _tell(
        self, channel: Channel, document: dict[str, Any], remaining_s: Callable[[], float], request_id: str
    ) -> Sent:
        sent = send(channel.url, document, remaining_s=remaining_s, sleep=self.sleep)
        facts = {"channel": channel.id, "project": document["project"], "alert": document["id"]}
        facts |= {"kind": document["kind"], "tries": sent.tries, "said": sent.said, "request_id": request_id}
        _say("sent" if sent.is_ok else "unsent", **facts)
        if not sent.is_ok:
            _count_a_failure(self.stage)
        return sent


def _meant(
    channels: tuple[Channel, ...], document: dict[str, Any], attributes: dict[str, dict[str, str]]
) -> list[Channel]:
    """Those that the alert goes to: by their names; all, younger ones too, when it goes to all."""
    names = set(document["channels"])
    if "channels" in attributes:
        names |= set(json.loads(attributes["channels"]["Value"]))
    return [channel for channel in channels if ALL in names or channel.name in names]


def _without_members(document: dict[str, Any]) -> dict[str, Any]:
    """Of a digest, what is sent on: hundreds of members might be more than an invocation takes."""
    digest = document.get("digest")
    return document if digest is None else document | {"digest": digest | {"members": []}}


def _say(event: str, **facts: str | int) -> None:
    """One JSON object a line."""
    sys.stdout.write(json.dumps({"event": event, **facts}) + "\n")
    sys.stdout.flush()


def _count_a_failure(stage: str) -> None:
    """A metric in CloudWatch's embedded format: the line itself is it."""
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
    """Made once a process, from the environment that Lambda and the deployment set."""
    from botocore.config import Config
    from botocore.session import get_session

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
    """The handler. `context` is Lambda's."""
    return _notifier()(
        event,
        remaining_s=lambda: context.get_remaining_time_in_millis() / 1000,
        request_id=context.aws_request_id,
    )
