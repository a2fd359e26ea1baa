"""Distribute the shards when many checks are due, by invocations of the function `storm` with a part of them each.

An invocation that is lost or starts too late loses nothing: its checks stay due, and the next minute's sweep evaluates
them. A part ends with the sweep that invoked it, and invokes nothing itself. Start at `Sharing`; `sweep` decides when.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib import log
from chalicelib.settings import Settings
from chalicelib.store.tables import SHARDS, lambda_client

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

PARTS = tuple((shard, shard + 1) for shard in range(0, SHARDS, 2))  # the shards of each invocation


@dataclass(frozen=True, slots=True)
class Part:
    """What an invocation was asked for by another."""

    shards: tuple[int, ...]
    until: datetime

    @classmethod
    def of(cls, detail: Mapping[str, Any]) -> Self | None:
        """Parse an event's detail; None if it is empty, as in scheduled events."""
        if not detail:
            return None
        return cls(tuple(int(shard) for shard in detail["shards"]), datetime.fromisoformat(detail["until"]))


class Sharing:
    """Asks Lambda. One a sweep; its client is made in a storm only."""

    def __init__(self, settings: Settings, function: str) -> None:
        self._settings = settings
        self._function = function

    @cached_property
    def _lambda(self) -> "LambdaClient":
        config = Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2})
        return lambda_client(self._settings, config)

    def __call__(self, part: Part) -> bool:
        """Let another invocation take this part; whether it was asked."""
        event = {"shards": part.shards, "until": part.until.isoformat()}
        try:
            self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=json.dumps(event).encode())
        except (BotoCoreError, ClientError) as error:
            log.event("not_shared", why=type(error).__name__)
            return False
        log.event("shared", shards=",".join(map(str, part.shards)))
        return True
