"""A stage that is looked at: its AWS clients and what several probes want to know of it, each asked for once.

Probes run in threads of their own; making clients of one session is not safe in several at once, so it stands behind
a lock. What a probe makes of an answer is its own business.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import replace
from threading import Lock
from typing import Any, TypeVar

from botocore.config import Config

from chalicelib.clock import Clock
from chalicelib.domain.channels import Channel
from chalicelib.store.registry.projects import all_channels
from overdue.aws import key_admin
from overdue.aws.account import Account
from overdue.cli.settings import Settings
from overdue.deploy.stack import Stack, State

QUICK = Config(connect_timeout=5, read_timeout=20, retries={"mode": "standard", "total_max_attempts": 4})

T = TypeVar("T")


class Patient:
    """One stage. Its methods raise what boto3 raises, and OverdueError."""

    def __init__(self, account: Account, settings: Settings, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self._settings = replace(settings, region=account.region)
        self._known: dict[Hashable, Any] = {}
        self._locks: defaultdict[Hashable, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def client(self, service: str) -> Any:
        """A client of a service; the callers know which it is."""
        with self._lock:
            if service not in self._known:
                self._known[service] = self.account.session.client(service, config=QUICK)  # type: ignore[call-overload]  # one of its many names
            return self._known[service]

    def state(self) -> State | None:
        """The stack; None when there is none."""
        name = self.account.named("").rstrip("-")
        return self._once("state", lambda: Stack(name, self.client("cloudformation"), self.clock).state())

    def resources(self, kind: str) -> list[str]:
        """The names of the stack's resources of a type, such as AWS::CloudWatch::Alarm."""
        pages = self._once("resources", self._resources)
        return sorted(name for type_, name in pages if type_ == kind)

    def channels(self) -> list[tuple[str, Channel]]:
        """All channels, each with its project."""
        return self._once("channels", self._channels)

    def url(self) -> str | None:
        """Where it is reached; None: nobody says."""
        if self._settings.url is not None:
            return self._settings.url
        state = self.state()
        return None if state is None else state.outputs.get("BaseUrl")

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the stage, where that is made from its name alone."""
        account = self.account
        return f"arn:{account.partition}:{service}:{account.region}:{account.id}:{account.named(resource)}"

    def command(self, words: str) -> str:
        """A command of the AWS CLI for this region."""
        return f"aws {words} --region {self.account.region}"

    @property
    def deploy(self) -> str:
        """What brings most things back."""
        return f"overdue deploy --stage {self.account.stage}"

    def _once(self, what: str, ask: Callable[[], T]) -> T:
        with self._lock:
            lock = self._locks[what]
        with lock:
            if what not in self._known:
                self._known[what] = ask()
            found: T = self._known[what]
            return found

    def _resources(self) -> list[tuple[str, str]]:
        pages = self.client("cloudformation").get_paginator("list_stack_resources")
        return [
            (each["ResourceType"], each["PhysicalResourceId"])
            for page in pages.paginate(StackName=self.account.named("").rstrip("-"))
            for each in page["StackResourceSummaries"]
            if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
        ]

    def _channels(self) -> list[tuple[str, Channel]]:
        with key_admin.opened(self._settings):
            return list(all_channels())
