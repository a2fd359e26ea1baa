"""Check the functions: they exist, are not disabled, have a supported runtime, and the sweep runs every minute."""

import json
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from chalicelib.domain.text.time_format import ago
from overdue.deploy.functions import FUNCTIONS, SCHEDULED
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

LOOK_BACK = timedelta(hours=3)
LATE = timedelta(minutes=5)  # a metric appears up to two minutes after the start of its minute
SOON = timedelta(days=180)
# When AWS stops patching a runtime ("Lambda runtimes" in the AWS Lambda Developer Guide), as of 2026-11.
RUNTIME_ENDS = {
    "python3.11": date(2027, 6, 30),
    "python3.12": date(2028, 10, 31),
    "python3.13": date(2029, 6, 30),
    "python3.14": date(2029, 6, 30),
}


def state(stage: Patient) -> list[Finding]:
    """Check that each function exists and has not failed, and when its runtime ends. One call per function."""
    client = stage.client("lambda")
    findings, runtimes = [], set()
    for function in FUNCTIONS:
        name = stage.account.named(function)
        try:
            configuration = client.get_function_configuration(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            findings.append(error("functions", f"there is no function {name}", stage.deploy))
            continue
        runtimes.add(configuration.get("Runtime", "unknown"))
        if "Failed" in (configuration.get("State"), configuration.get("LastUpdateStatus")):
            reasons = (configuration.get("StateReason"), configuration.get("LastUpdateStatusReason"))
            why = next(filter(None, reasons), "AWS gives no reason")
            findings.append(error("functions", f"{name} has failed: {why}", stage.deploy))
    return (findings or [ok("functions", "all exist")]) + [
        judged_runtime(runtime, today=stage.clock.now().date(), deploy=stage.deploy) for runtime in sorted(runtimes)
    ]


def judged_runtime(runtime: str, *, today: date, deploy: str) -> Finding:
    """Evaluate until when AWS patches a runtime."""
    ends = RUNTIME_ENDS.get(runtime)
    if ends is None:
        text = f"{runtime}: this version of Overdue does not know when AWS stops patching it"
        return warning("runtime", text, "install a newer version of Overdue, and deploy")
    fix = f"install Overdue under a newer Python, since a deploy uses the same version; then {deploy}"
    if ends <= today:
        return error("runtime", f"AWS stopped patching {runtime} on {ends}", fix)
    if ends - today <= SOON:
        return warning("runtime", f"AWS stops patching {runtime} on {ends}", fix)
    return ok("runtime", f"{runtime}, patched until {ends}")


def concurrency(stage: Patient) -> list[Finding]:
    """Check that the sweep's functions were not stopped by a concurrency of 0, as in an incident. Two calls."""
    client = stage.client("lambda")
    findings = []
    for function, reserved in (("sweep", 3), ("storm", 8)):
        name = stage.account.named(function)
        try:
            answer = client.get_function_concurrency(FunctionName=name)
        except client.exceptions.ResourceNotFoundException:
            continue  # `state` reports that
        if answer.get("ReservedConcurrentExecutions") == 0:
            fix = stage.command(
                f"lambda put-function-concurrency --function-name {name} --reserved-concurrent-executions {reserved}"
            )
            findings.append(error("concurrency", f"{name} cannot run: its reserved concurrency is 0", fix))
    return findings


def schedules(stage: Patient) -> list[Finding]:
    """Check that a rule invokes each scheduled function. Two calls per function."""
    client = stage.client("events")
    findings = []
    for function in SCHEDULED:
        target = stage.arn("lambda", "").rsplit(":", 1)[0] + f":function:{stage.account.named(function)}"
        names = client.list_rule_names_by_target(TargetArn=target)["RuleNames"]
        findings.append(judged_rules(function, [client.describe_rule(Name=name) for name in names], stage))
    return findings


def judged_rules(function: str, rules: Sequence[Any], stage: Patient) -> Finding:
    """Evaluate the rules that target a function: one must be enabled."""
    problem = error if function == "sweep" else warning
    if not rules:
        fix = f"{stage.deploy}; if it has nothing to change, see the finding `drift`"
        return problem("schedule", f"no rule invokes {stage.account.named(function)}", fix)
    enabled = [rule for rule in rules if rule["State"].startswith("ENABLED")]
    if not enabled:
        fix = stage.command(f"events enable-rule --name {rules[0]['Name']}")
        return problem("schedule", f"the rule that invokes {stage.account.named(function)} is disabled", fix)
    return ok("schedule", f"{function} is invoked at {enabled[0]['ScheduleExpression']}")


def last_sweep(stage: Patient) -> list[Finding]:
    """Check when the last sweep finished, by its metric, and by the log if the metric is old. One or two calls."""
    now = stage.clock.now()
    points = stage.client("cloudwatch").get_metric_statistics(
        Namespace="Overdue",
        MetricName="Swept",
        Dimensions=[{"Name": "Stage", "Value": stage.account.stage}],
        StartTime=now - LOOK_BACK,
        EndTime=now,
        Period=60,
        Statistics=["Sum"],
    )["Datapoints"]
    complete = max((point["Timestamp"] for point in points), default=None)
    logged = None if complete is not None and now - complete <= LATE else _newest_line(stage, now)
    return [judged_sweep(complete, logged, now=now, stage=stage.account.stage)]


def _newest_line(stage: Patient, now: datetime) -> datetime | None:
    """When a sweep, complete or not, last logged its end within the last 15 minutes; None: not once."""
    pages = stage.client("logs").get_paginator("filter_log_events")
    newest = None
    for page in pages.paginate(
        logGroupName=f"/aws/lambda/{stage.account.named('sweep')}",
        startTime=round((now - 3 * LATE).timestamp() * 1000),
        filterPattern='"swept"',
    ):
        for event in page["events"]:
            if _is_swept(event["message"]):
                newest = max(newest or 0, event["timestamp"])
    return None if newest is None else datetime.fromtimestamp(newest / 1000, UTC)


def _is_swept(message: str) -> bool:
    try:
        event = json.loads(message)
    except ValueError:
        return False
    return isinstance(event, dict) and event.get("event") == "swept"


def judged_sweep(complete: datetime | None, logged: datetime | None, *, now: datetime, stage: str) -> Finding:
    """Evaluate the last sweep.

    `complete`: the last one that read every check; `logged`: the last one of any kind, None if not looked up.
    """
    logs = f"overdue logs --stage {stage} --function sweep --since 15m"
    if complete is not None and now - complete <= LATE:
        return ok("last sweep", f"within the last {LATE.seconds // 60} min ({ago(complete, now=now)})")
    known = f"the last complete sweep was {ago(complete, now=now)}" if complete else "no complete sweep within 3 h"
    if logged is not None and now - logged <= LATE:
        return error("last sweep", f"{known}. One ran {ago(logged, now=now)}, but could not read all checks", logs)
    return error("last sweep", f"{known}: missed runs are not detected and alerts are not repeated", logs)
