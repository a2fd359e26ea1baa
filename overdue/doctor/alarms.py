"""The stage's alarms: is one on, and would each be heard? What each means stands in docs/how-to/operations.md."""

from collections.abc import Mapping, Sequence
from typing import Any

from chalicelib.domain.text.time_format import duration
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

BATCH = 100  # names that one call takes


def alarms(patient: Patient) -> list[Finding]:
    """Those of the stack: by a prefix one would find another stage's, too. Two calls."""
    names = patient.resources("AWS::CloudWatch::Alarm")
    found: list[Mapping[str, Any]] = []
    for start in range(0, len(names), BATCH):
        asked = names[start : start + BATCH]
        answer = patient.client("cloudwatch").describe_alarms(AlarmNames=asked, AlarmTypes=["MetricAlarm"])
        found += answer["MetricAlarms"]
    return judged(names, found, patient)


def judged(names: Sequence[str], found: Sequence[Mapping[str, Any]], patient: Patient) -> list[Finding]:
    """What alarms say, and which would say nothing."""
    if not names:
        return [error("alarms", "the stack has none: nobody hears when Overdue itself stops", patient.deploy)]
    findings = []
    now = patient.clock.now()
    for alarm in sorted(found, key=lambda each: each["AlarmName"]):
        if alarm["StateValue"] == "ALARM":
            took = duration(now - alarm["StateUpdatedTimestamp"])
            said = f"{alarm['AlarmName']} has been on for {took}: {alarm.get('AlarmDescription', '')}"
            findings.append(error("alarms", said, "docs/how-to/operations.md, Respond to an alarm"))
    missing = sorted({*names} - {alarm["AlarmName"] for alarm in found})
    if missing:
        findings.append(error("alarms", f"deleted: {', '.join(missing)}", "see `drift`"))
    disabled = sorted(alarm["AlarmName"] for alarm in found if not alarm["ActionsEnabled"])
    if disabled:
        mend = patient.command(f"cloudwatch enable-alarm-actions --alarm-names {' '.join(disabled)}")
        findings.append(warning("alarms", f"tell nobody, since their actions are off: {', '.join(disabled)}", mend))
    deaf = sorted(alarm["AlarmName"] for alarm in found if alarm["ActionsEnabled"] and not alarm.get("AlarmActions"))
    if deaf:
        findings.append(warning("alarms", f"tell nobody, since they have no action: {', '.join(deaf)}", "see `drift`"))
    return findings or [ok("alarms", f"{len(found)}, and none is on")]
