"""Run all probes of `overdue doctor` in parallel. A probe that fails becomes a finding and does not stop the others.

Start at `examine`. `PROBES` lists the probes with the permissions that each needs.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from botocore.exceptions import BotoCoreError, ClientError
from botocore.parsers import ResponseParserError

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import missing_permission, speaking
from overdue.doctor import alarms, connectivity, delivery, functions, stack, tables
from overdue.doctor.finding import Finding, warning
from overdue.doctor.stage import Patient


@dataclass(frozen=True, slots=True)
class Probe:
    """One check of a stage."""

    about: str
    look: Callable[[Patient], Sequence[Finding]]
    needs: tuple[str, ...]  # IAM actions


IDENTITY = Probe("credentials", connectivity.identity, ("sts:GetCallerIdentity",))
STACK = Probe("stack", stack.state, ("cloudformation:DescribeStacks",))
DRIFT = Probe(
    "drift",
    stack.drift,
    (
        "cloudformation:DetectStackDrift",
        "cloudformation:DetectStackResourceDrift",
        "cloudformation:DescribeStackDriftDetectionStatus",
        "cloudformation:DescribeStackResourceDrifts",
    ),
)
PROBES = (
    Probe("tables", tables.state, ("dynamodb:DescribeTable",)),
    Probe("backups", tables.backups, ("dynamodb:DescribeContinuousBackups",)),
    Probe("expiry", tables.expiry, ("dynamodb:DescribeTimeToLive",)),
    Probe("schedule", functions.schedules, ("events:ListRuleNamesByTarget", "events:DescribeRule")),
    Probe("last sweep", functions.last_sweep, ("cloudwatch:GetMetricStatistics", "logs:FilterLogEvents")),
    Probe("functions", functions.state, ("lambda:GetFunctionConfiguration",)),
    Probe("concurrency", functions.concurrency, ("lambda:GetFunctionConcurrency",)),
    Probe("dead letters", delivery.queues, ("sqs:GetQueueUrl", "sqs:GetQueueAttributes")),
    Probe(
        "channels",
        delivery.channels,
        ("sns:ListSubscriptionsByTopic", "dynamodb:Scan", "ssm:GetParametersByPath"),
    ),
    Probe("operators", delivery.operators, ("sns:ListSubscriptionsByTopic",)),
    Probe(
        "SMS",
        delivery.sms,
        (
            "sns:GetSMSSandboxAccountStatus",
            "sns:ListSMSSandboxPhoneNumbers",
            "sns:GetSMSAttributes",
            "cloudwatch:GetMetricStatistics",
        ),
    ),
    Probe("alarms", alarms.alarms, ("cloudformation:ListStackResources", "cloudwatch:DescribeAlarms")),
    Probe("base URL", connectivity.answers, ()),
    Probe("certificate", connectivity.certificate, ()),
)


def examine(stage: Patient, *, drift: bool) -> list[Finding]:
    """Run all probes; without a stack, only those of credentials and stack. `drift`: include the slow drift check."""
    first = _looked(stage, (IDENTITY, STACK))
    if stack.missing(stage.account) in first:
        return first
    return first + _looked(stage, (*PROBES, *((DRIFT,) if drift else ())))


def _looked(stage: Patient, probes: Sequence[Probe]) -> list[Finding]:
    with ThreadPoolExecutor(len(probes)) as pool:
        return [finding for found in pool.map(lambda probe: look(stage, probe), probes) for finding in found]


def look(stage: Patient, probe: Probe) -> Sequence[Finding]:
    """The findings of a probe, or one that says why it could not run."""
    try:
        return probe.look(stage)
    except ClientError as error:
        missing = missing_permission(error)
        if missing is not None:
            actions = missing or ", ".join(probe.needs)
            return [warning(probe.about, f"not checked: needs {actions}", f"grant these credentials {actions}")]
        return [_blind(stage, probe, error)]
    except (BotoCoreError, ResponseParserError, OverdueError) as error:
        return [_blind(stage, probe, error)]


def _blind(stage: Patient, probe: Probe, error: Exception) -> Finding:
    try:
        with speaking(region=stage.account.region):
            raise error
    except OverdueError as translated:
        return warning(probe.about, f"not checked: {translated}")
