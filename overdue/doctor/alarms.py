"""Check the stage's alarms: none in ALARM state, and each with an action that notifies somebody.

docs/how-to/operations.md explains each alarm.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.text.time_format import duration
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

BATCH = 100  # limit of names in one call
SEE_DRIFT = "see the finding `drift`"


def alarms(stage: Patient) -> list[Finding]:
    """Check the alarms of the stack, named by the stack: a prefix could match another stage's. Two calls."""
    names = stage.resources("AWS::CloudWatch::Alarm")
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(names), BATCH):
        batch = names[start : start + BATCH]
        answer = stage.client("cloudwatch").describe_alarms(AlarmNames=batch, AlarmTypes=["MetricAlarm"])
        found += answer["MetricAlarms"]
    return judged(names, found, stage)


def judged(names: Sequence[str], found: Sequence[Mapping[str, Any]], stage: Patient) -> list[Finding]:
    """Evaluate the alarms: those in ALARM state, deleted, disabled or without an action."""
    if not names:
        return [error("alarms", "the stack has none, so nobody is notified if Overdue itself stops", stage.deploy)]
    findings = []
    now = stage.clock.now()
    for alarm in sorted(found, key=lambda each: each["AlarmName"]):
        if alarm["StateValue"] == "ALARM":
            since = duration(now - alarm["StateUpdatedTimestamp"])
            text = f"{alarm['AlarmName']} has been in ALARM for {since}: {alarm.get('AlarmDescription', '')}"
            findings.append(error("alarms", text, "docs/how-to/operations.md, Respond to an alarm"))
    missing = sorted({*names} - {alarm["AlarmName"] for alarm in found})
    if missing:
        findings.append(error("alarms", f"deleted: {', '.join(missing)}", SEE_DRIFT))
    disabled = sorted(alarm["AlarmName"] for alarm in found if not alarm["ActionsEnabled"])
    if disabled:
        fix = stage.command(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(disabled)}")
        findings.append(warning("alarms", f"notify nobody, actions disabled: {', '.join(disabled)}", fix))
    silent = sorted(alarm["AlarmName"] for alarm in found if alarm["ActionsEnabled"] and not alarm.get("AlarmActions"))
    if silent:
        findings.append(warning("alarms", f"notify nobody, no action: {', '.join(silent)}", SEE_DRIFT))
    return findings or [ok("alarms", f"{len(found)}, none in ALARM")]
