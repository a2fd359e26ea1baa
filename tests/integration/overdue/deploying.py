"""A small deployment with the real tables, for tests of `overdue deploy` and what comes after it."""

import json
import os
from collections.abc import Callable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from overdue.cli.main import main
from overdue.cli.stage.deploy import Tools
from overdue.deploy.packaging.bundle import Archive
from overdue.deploy.packaging.package import Package
from overdue.deploy.packaging.template import load
from tests.builders import utc
from tests.integration.conftest import StillClock

ROOT = Path(__file__).parents[3]
BASE = "https://overdue.example.com"
PARAMETERS = ("ArtifactBucket", "FunctionsKey", "NotifierKey")
LIMITS = ("PingRate", "PingBurst", "PingsPerMinute", "ChecksPerProject", "CreatesPerMinute", "BudgetUsd")
OPTIONAL = ("Domain", "HostedZoneId", "CertificateArn", "ProbeInside", "TimeZone", "DigestFrom", *LIMITS)
NOW = utc("2026-03-01T12:00Z")


@cache
def _real() -> dict[str, Any]:
    """The real template, read once: it takes 0.5 s."""
    return load(ROOT / "infra" / "template.yaml")


def a_template(base: str = BASE) -> dict[str, Any]:
    """The tables of `infra/template.yaml`, and the other resources that a deploy reads."""
    tables = {name: _real()["Resources"][name] for name in ("ChecksTable", "HistoryTable", "RegistryTable")}
    named: Callable[[str], dict[str, str]] = lambda name: {"Fn::Sub": f"overdue-${{Stage}}-{name}"}  # noqa: E731
    return {
        "Parameters": {
            "Stage": {"Type": "String"},
            **{name: {"Type": "String"} for name in PARAMETERS},
            **{name: {"Type": "String", "Default": ""} for name in OPTIONAL},
            "WatchdogUrl": _real()["Parameters"]["WatchdogUrl"],
        },
        "Resources": {
            **tables,
            "AlertsTopic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": named("alerts")}},
            "PlatformTopic": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": named("platform")}},
            "UndeliveredQueue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": named("undelivered")}},
        },
        "Outputs": {"BaseUrl": {"Value": base}, "PlatformTopicArn": {"Value": {"Ref": "PlatformTopic"}}},
    }


def a_package(folder: Path, template: dict[str, Any]) -> Package:
    archives = []
    for name in ("functions", "notifier"):
        path = folder / f"{name}.zip"
        path.write_bytes(name.encode())
        archives.append(Archive(path, sha256(name.encode()).hexdigest()))
    return Package(template, *archives)


def deploying(*arguments: str, template: dict[str, Any] | None = None, **environ: str) -> Result:
    """Run `overdue` with this template as the package, and a clock that does not wait."""
    made = a_template() if template is None else template
    tools = Tools(lambda folder: a_package(folder, json.loads(json.dumps(made))), StillClock(NOW))
    known = {"OVERDUE_CONFIG": os.devnull, "AWS_REGION": "us-east-1"}
    return CliRunner().invoke(main, arguments, obj=tools, env=known | environ, catch_exceptions=False)
