"""Is the stage's stack whole, and still what its template says? `judged` and `judged_drift` decide, the others ask."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from overdue.aws.account import Account
from overdue.deploy.stack import State, Step, next_step
from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

PATIENCE = timedelta(seconds=90)
POLL_S = 2.0
MOST_SHOWN = 5


def state(patient: Patient) -> list[Finding]:
    """One call."""
    found = patient.state()
    return [missing(patient.account) if found is None else judged(found, stage=patient.account.stage)]


def missing(account: Account) -> Finding:
    """There is no such stage here."""
    return error(
        "stack",
        f"there is no stack overdue-{account.stage} in {account.region}",
        f"overdue deploy --stage {account.stage}; or say another --stage or --region",
    )


def judged(found: State, *, stage: str) -> Finding:
    """What a stack's state means."""
    name, deploy = f"overdue-{stage}", f"overdue deploy --stage {stage}"
    said = f"{name} is {found.status}" + (f": {found.reason}" if found.reason else "")
    match next_step(found.status):
        case Step.CREATE:
            return error("stack", f"{said}: it was proposed, and never made", deploy)
        case Step.WAIT:
            return warning("stack", f"{said}: something is going on", f"{deploy} follows it to its end")
        case Step.UPDATE if found.status == "UPDATE_ROLLBACK_COMPLETE":
            return warning("stack", f"{said}. The last deploy failed and was undone", deploy)
        case Step.UPDATE if found.status.endswith("_COMPLETE"):
            return ok("stack", said)
        case Step.REFUSE:
            return error("stack", said, f"overdue destroy --stage {stage}, which keeps the tables; then {deploy}")
        case _:
            return error("stack", said, deploy)


def drift(patient: Patient) -> list[Finding]:
    """Let AWS compare the stack with its template: about a minute, at most `PATIENCE`."""
    client, clock = patient.client("cloudformation"), patient.clock
    name = f"overdue-{patient.account.stage}"
    begun = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    until = clock.now() + PATIENCE
    while True:
        status = client.describe_stack_drift_detection_status(StackDriftDetectionId=begun)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if clock.now() >= until:
            return [warning("drift", f"AWS was still comparing {name} after {PATIENCE.seconds} s", "try again later")]
        clock.sleep(POLL_S)
    drifted: list[dict[str, Any]] = []
    asked: dict[str, object] = {"StackName": name, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
    while True:
        page = client.describe_stack_resource_drifts(**asked)
        drifted += page["StackResourceDrifts"]
        if "NextToken" not in page:
            break
        asked["NextToken"] = page["NextToken"]
    return judged_drift(status, drifted, patient)


def judged_drift(status: Mapping[str, Any], drifted: Sequence[Mapping[str, Any]], patient: Patient) -> list[Finding]:
    """What differs from the template. A deploy changes only what the template changes: it puts nothing back."""
    name = f"overdue-{patient.account.stage}"
    see = patient.command(
        f"cloudformation describe-stack-resource-drifts --stack-name {name} "
        "--stack-resource-drift-status-filters MODIFIED DELETED"
    )
    findings = []
    gone = [each for each in drifted if each["StackResourceDriftStatus"] == "DELETED"]
    changed = [each for each in drifted if each["StackResourceDriftStatus"] == "MODIFIED"]
    if gone:
        mend = f"a deploy does not make it again: overdue destroy --stage {patient.account.stage}, which keeps the "
        findings.append(error("drift", f"deleted by hand: {_listed(gone)}", f"{mend}tables; then {patient.deploy}"))
    if changed:
        findings.append(warning("drift", f"changed by hand: {_listed(changed)}", f"put it back; to see all: {see}"))
    if status["DetectionStatus"] == "DETECTION_FAILED":
        why = status.get("DetectionStatusReason", "AWS does not say why")
        findings.append(warning("drift", f"not all could be compared: {why}"))
    return findings or [ok("drift", "nothing differs from the template")]


def _listed(drifted: Sequence[Mapping[str, Any]]) -> str:
    named = [_described(each) for each in drifted[:MOST_SHOWN]]
    more = len(drifted) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def _described(each: Mapping[str, Any]) -> str:
    differing = [
        f"{difference['PropertyPath'].lstrip('/')} is {difference['ActualValue']}, not {difference['ExpectedValue']}"
        for difference in each.get("PropertyDifferences", ())
    ]
    name = str(each["LogicalResourceId"])
    return name + (f" ({'; '.join(differing)[:120]})" if differing else "")
