"""Do the functions run, and is the sweep called each minute? When it last was is decided in `judged_sweep`."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.text.time_format import ago
from overdue.deploy.functions import FUNCTIONS, SCHEDULED
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

LOOK_BACK = timedelta(hours=3)
LATE = timedelta(minutes=5)  # a metric shows up to two minutes after its minute has begun
SOON = timedelta(days=180)
# When AWS stops to patch a runtime ("Lambda runtimes" of the AWS Lambda Developer Guide), as of 2026-11.
RUNTIME_ENDS = {
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}


def state(patient: Patient) -> list[Finding]:
    """A call for each function."""
    client = patient.client("lambda")
    findings, runtimes = [], set()
    for function in FUNCTIONS:
        name = patient.account.named(function)
        try:
            found = client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            findings.append(error("functions", f"there is no function {name}", patient.deploy))
            continue
        runtimes.add(found.get("Runtime", "unknown"))
        said = found.get("State", "Active")
        if said == "Failed" or found.get("LastUpdateStatus") == "Failed":
            why = found.get("StateReason") or found.get("LastUpdateStatusReason") or "AWS does not say why"
            findings.append(error("functions", f"{name} has failed: {why}", patient.deploy))
    return (findings or [ok("functions", "all are there")]) + [
        judged_runtime(runtime, today=patient.clock.now().date(), deploy=patient.deploy) for runtime in sorted(runtimes)
    ]


def judged_runtime(runtime: str, *, today: date, deploy: str) -> Finding:
    """How long AWS still patches a runtime."""
    ends = RUNTIME_ENDS.get(runtime)
    if ends is None:
        return warning(
            "runtime", f"{runtime}: it is not known here when AWS ends it", "use a newer overdue, and deploy"
        )
    mend = f"install overdue under a newer Python, since a deploy takes its own; then {deploy}"
    if ends <= today:
        return error("runtime", f"{runtime} has ended on {ends}: AWS patches it no more", mend)
    if ends - today <= SOON:
        return warning("runtime", f"{runtime} ends on {ends}", mend)
    return ok("runtime", f"{runtime}, until {ends}")


def concurrency(patient: Patient) -> list[Finding]:
    """Whether somebody has shut the sweep or its parts, as one does in an incident. A call for each."""
    client = patient.client("lambda")
    findings = []
    for function, reserved in (("sweep", 3), ("storm", 8)):
        name = patient.account.named(function)
        try:
            found = client.get_function_concurrency(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            continue  # `state` tells of that
        if found.get("ReservedConcurrentExecutions") == 0:
            mend = patient.command(
                f"lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {reserved}"
            )
            findings.append(error("concurrency", f"{name} may not run: its concurrency is 0", mend))
    return findings


def schedules(patient: Patient) -> list[Finding]:
    """Whether those that run by the clock are called; two calls for each."""
    client = patient.client("events")
    findings = []
    for function in SCHEDULED:
        target = patient.arn("lambda", "").rsplit(":", 1)[0] + f":function:{patient.account.named(function)}"
        names = client.list_rule_names_by_target(TargetArn=target)["RuleNames"]
        findings.append(judged_rules(function, [client.describe_rule(Name=name) for name in names], patient))
    return findings


def judged_rules(function: str, rules: Sequence[Any], patient: Patient) -> Finding:
    """What the rules that call a function amount to."""
    bad = error if function == "sweep" else warning
    if not rules:
        mend = f"{patient.deploy}; if that finds nothing to change, see `drift`"
        return bad("schedule", f"no rule calls {patient.account.named(function)}", mend)
    enabled = [rule for rule in rules if rule["State"].startswith("ENABLED")]
    if not enabled:
        mend = patient.command(f"events enable-rule --name {rules[0]['Name']}")
        return bad("schedule", f"the rule that calls {patient.account.named(function)} is disabled", mend)
    return ok("schedule", f"{function} is called by {enabled[0]['ScheduleExpression']}")


def last_sweep(patient: Patient) -> list[Finding]:
    """When a sweep has last finished: by its metric, and where that is old by the log, too. One or two calls."""
    now = patient.clock.now()
    counted = patient.client("cloudwatch").get_metric_statistics(
        Namespace="Overdue",
        MetricName="Swept",
        Dimensions=[{"Name": "Stage", "Value": patient.account.stage}],
        StartTime=now - LOOK_BACK,
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    whole = max((point["Timestamp"] for point in counted), default=None)
    logged = None if whole is not None and now - whole <= LATE else _newest_line(patient, now)
    return [judged_sweep(whole, logged, now=now, stage=patient.account.stage)]


def _newest_line(patient: Patient, now: datetime) -> datetime | None:
    """When a sweep has last said that it is done, whole or not, within the last quarter of an hour."""
    pages = patient.client("logs").get_paginator("filter_log_events")
    newest = None
    for page in pages.paginate(
        logGroupName=f"/aws/lambda/{patient.account.named('sweep')}",
        startTime=round((now - 3 * LATE).timestamp() * 1000),
        filterPattern='"swept"',
    ):
        for event in page["events"]:
            if _is_swept(event["message"]):
                newest = max(newest or 0, event["timestamp"])
    return None if newest is None else datetime.fromtimestamp(newest / 1000, UTC)


def _is_swept(message: str) -> bool:
    try:
        said = json.loads(message)
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("event") == "swept"


def judged_sweep(whole: datetime | None, logged: datetime | None, *, now: datetime, stage: str) -> Finding:
    """Whether what is missed is noticed. `whole`: a sweep that has read all; `logged`: any, None if not asked for."""
    see = f"overdue logs --stage {stage} --function sweep --since 15m"
    if whole is not None and now - whole <= LATE:
        return ok("last sweep", f"within the last {LATE.seconds // 60} min ({ago(whole, now=now)})")
    known = f"the last whole sweep was {ago(whole, now=now)}" if whole else "no whole sweep within 3 h"
    if logged is not None and now - logged <= LATE:
        return error("last sweep", f"{known}. One has run {ago(logged, now=now)}, but could not read everything", see)
    return error("last sweep", f"{known}: nothing is called missed, and no alert is repeated", see)
