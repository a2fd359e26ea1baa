"""All that a doctor looks at, at once; one look that fails is one finding, and never the end of the others.

Start at `examine`. What is looked at, with the permissions that it needs, is listed in `PROBES`.
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
    """One look."""

    about: str
    look: Callable[[Patient], Sequence[Finding]]
    needs: tuple[str, ...]  # permissions


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


def examine(patient: Patient, *, drift: bool) -> list[Finding]:
    """Look at everything; without a stack, at nothing else."""
    first = _looked(patient, (IDENTITY, STACK))
    if stack.missing(patient.account) in first:
        return first
    return first + _looked(patient, (*PROBES, *((DRIFT,) if drift else ())))


def _looked(patient: Patient, probes: Sequence[Probe]) -> list[Finding]:
    with ThreadPoolExecutor(len(probes)) as pool:
        return [finding for found in pool.map(lambda probe: look(patient, probe), probes) for finding in found]


def look(patient: Patient, probe: Probe) -> Sequence[Finding]:
    """What a probe finds, or why it could not look."""
    try:
        return probe.look(patient)
    except ClientError as error:
        missing = missing_permission(error)
        if missing is not None:
            what = missing or ", ".join(probe.needs)
            return [warning(probe.about, f"could not look: needs {what}", f"let the credentials have {what}")]
        return [_blind(patient, probe, error)]
    except (BotoCoreError, ResponseParserError, OverdueError) as error:
        return [_blind(patient, probe, error)]


def _blind(patient: Patient, probe: Probe, error: Exception) -> Finding:
    try:
        with speaking(region=patient.account.region):
            raise error
    except OverdueError as said:
        return warning(probe.about, f"could not look: {said}")
