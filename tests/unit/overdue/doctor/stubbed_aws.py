"""A stage on an AWS with scripted answers, for calls that moto does not support."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, cast

from boto3.session import Session
from botocore.stub import Stubber

from chalicelib.domain.channels import Channel
from overdue.aws.account import Account
from overdue.cli.settings import Settings
from overdue.doctor.stage import Patient
from tests.builders import utc

SETTINGS = Settings(
    stage="prod", url="https://overdue.example.com", api_key=None, ping_key=None, region=None, dynamodb_url=None
)


@dataclass
class StillClock:
    at: datetime

    def now(self) -> datetime:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


class Known(Patient):
    """A stage whose channels are given instead of read from a table."""

    def __init__(self, aws: "StubbedAws", channels: list[tuple[str, Channel]]) -> None:
        account = Account(cast("Session", aws), "eu-central-1", "123456789012", "aws", "prod")  # it creates clients
        super().__init__(account, SETTINGS, aws.clock)
        self._listed = channels

    def channels(self) -> list[tuple[str, Channel]]:
        return self._listed


@dataclass
class StubbedAws:
    """A boto3 session whose clients are stubbed."""

    clock: StillClock = field(default_factory=lambda: StillClock(utc("2026-11-25T12:00Z")))
    stubs: dict[str, Stubber] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str, config: object = None) -> Any:  # noqa: ARG002  # the signature of a session
        if service not in self.clients:
            session = Session(aws_access_key_id="x", aws_secret_access_key="x", region_name="eu-central-1")
            self.clients[service] = session.client(service)  # type: ignore[call-overload]
            self.stubs[service] = Stubber(self.clients[service])
            self.stubs[service].activate()
        return self.clients[service]

    def answers(self, service: str, method: str, answer: dict[str, Any], request: dict[str, Any] | None = None) -> None:
        """Script the next answer of a service; `request`: the parameters that the call must have."""
        self.client(service)
        self.stubs[service].add_response(method, answer, request)

    def refuses(self, service: str, method: str, code: str, message: str) -> None:
        """Script the next answer of a service as an error."""
        self.client(service)
        self.stubs[service].add_client_error(method, code, message)

    def stage(self, *channels: Channel) -> Patient:
        """A stage with these channels, in the default project."""
        return Known(self, [("default", channel) for channel in channels])
