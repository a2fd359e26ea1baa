"""A stage under examination: its AWS clients, and cached answers that several probes need.

Probes run in threads. Creating clients from one boto3 session is not thread-safe, so a lock guards it. Evaluates
nothing: that is up to the probes.
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
    """One stage on AWS. Its methods raise botocore's errors and OverdueError. Thread-safe."""

    def __init__(self, account: Account, settings: Settings, clock: Clock) -> None:
        self.account = account
        self.clock = clock
        self._settings = replace(settings, region=account.region)
        self._cache: dict[Hashable, Any] = {}
        self._locks: defaultdict[Hashable, Lock] = defaultdict(Lock)
        self._lock = Lock()

    def client(self, service: str) -> Any:
        """The boto3 client of a service, created once."""
        with self._lock:
            if service not in self._cache:
                self._cache[service] = self.account.session.client(service, config=QUICK)  # type: ignore[call-overload]  # has an overload per service name
            return self._cache[service]

    def state(self) -> State | None:
        """The state of the stack; None if there is no stack."""
        name = self.account.named("").rstrip("-")
        return self._once("state", lambda: Stack(name, self.client("cloudformation"), self.clock).state())

    def resources(self, kind: str) -> list[str]:
        """The physical names of the stack's resources of one type, such as AWS::CloudWatch::Alarm, sorted."""
        resources = self._once("resources", self._resources)
        return sorted(name for type_, name in resources if type_ == kind)

    def channels(self) -> list[tuple[str, Channel]]:
        """All channels of the stage, each with its project."""
        return self._once("channels", self._channels)

    def url(self) -> str | None:
        """The base URL, from the settings or the stack's outputs; None if neither has one."""
        if self._settings.url is not None:
            return self._settings.url
        state = self.state()
        return None if state is None else state.outputs.get("BaseUrl")

    def arn(self, service: str, resource: str) -> str:
        """The ARN of a resource of the stage, for services whose ARNs consist of the name alone."""
        account = self.account
        return f"arn:{account.partition}:{service}:{account.region}:{account.id}:{account.named(resource)}"

    def command(self, words: str) -> str:
        """A command of the AWS CLI for this region, to copy."""
        return f"aws {words} --region {self.account.region}"

    @property
    def deploy(self) -> str:
        """The command that deploys the stage again, to copy: it repairs most problems."""
        return f"overdue deploy --stage {self.account.stage}"

    def _once(self, key: str, ask: Callable[[], T]) -> T:
        with self._lock:
            lock = self._locks[key]
        with lock:
            if key not in self._cache:
                self._cache[key] = ask()
            value: T = self._cache[key]
            return value

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
