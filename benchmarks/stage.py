"""A stage on moto within this process, with the app as Lambda runs it and a clock that moves only when told."""

import os
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import boto3
from moto import mock_aws

from benchmarks.canned import ENVIRONMENT, event
from benchmarks.open_door import Open
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.ids import Code
from chalicelib.runtime import Wiring
from chalicelib.store import checks
from chalicelib.sweep.loop import sweep
from overdue.local.engines import moto, resources
from overdue.local.gateway import Context

CONTEXT = Context("8f5d3c1e-0b52-4f7e-9d3a-2f6c1a7b9e40")
PUNCTUAL = timedelta(seconds=1.5)  # after an instant, the sweep has looked


@dataclass(slots=True)
class StillClock:
    """Moves only when somebody sleeps."""

    at: datetime

    def now(self) -> datetime:
        """The instant."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Pass over that time."""
        self.at += timedelta(seconds=seconds)


@dataclass(slots=True)
class Stage:
    """What a benchmark does with it."""

    wiring: Wiring
    items: Any  # a client of its own, which is never counted

    def add(self, number: int, config: Config, *, now: datetime) -> Code:
        """Make a check."""
        code = Code(str(UUID(int=number, version=4)))
        checks.create(self.wiring.ports.tables, new_check(code, project="default", config=config, now=now))
        return code

    def ping(self, code: Code, *, at: datetime, action: str = "", body: bytes = b"") -> int:
        """A request through the handler; the status of its answer."""
        import app

        asked = event(at_s=int(at.timestamp()))
        asked["path"] = asked["requestContext"]["path"] = f"/ping/{code}{action}"
        asked["requestContext"]["requestTimeEpoch"] = round(at.timestamp() * 1000)
        if body:
            asked["httpMethod"] = asked["requestContext"]["httpMethod"] = "POST"
            asked |= {"body": b64encode(body).decode(), "isBase64Encoded": True}
        status: int = app.app(asked, CONTEXT)["statusCode"]
        return status

    def sweep_until(self, code: Code, *, until: datetime) -> None:
        """What the sweep does with this check before its next ping: it is there at each instant that has come."""
        while (due_at := self._due_at(code)) is not None and due_at + PUNCTUAL < until:
            sweep(self.wiring.ports, StillClock(due_at + PUNCTUAL), Open())

    def pings(self, code: Code) -> int:
        """How many it has counted."""
        return int(self._item(code)["n_pings"]["N"])

    def forget(self, code: Code) -> None:
        """Delete a check, past the product."""
        self.items.delete_item(TableName=self.wiring.ports.tables.checks, Key={"code": {"S": code}})

    def _due_at(self, code: Code) -> datetime | None:
        found = self._item(code)
        return datetime.fromtimestamp(float(found["due_at"]["N"]), UTC) if "due_at" in found else None

    def _item(self, code: Code) -> Any:
        return self.items.get_item(TableName=self.wiring.ports.tables.checks, Key={"code": {"S": code}})["Item"]


@contextmanager
def stage() -> Iterator[Stage]:
    """An empty one, while the block runs."""
    from chalicelib import runtime

    moto.make_atomic()
    os.environ.update(ENVIRONMENT | {"OVERDUE_STAGE": "prod", "AWS_LAMBDA_FUNCTION_NAME": "overdue-prod-api"})
    with mock_aws():
        session = boto3.Session()
        items = session.client("dynamodb")
        resources.create(items, session.client("sns"), stage="prod")
        runtime.wiring.cache_clear()
        yield Stage(runtime.wiring(), items)
        runtime.wiring.cache_clear()


def utc(text: str) -> datetime:
    """An instant."""
    return datetime.fromisoformat(text).astimezone(UTC)
