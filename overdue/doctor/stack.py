"""Check the stage's stack: its state, and whether its resources still match its template (drift)."""

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


def state(stage: Patient) -> list[Finding]:
    """Check that the stack exists and is in a good state. One call."""
    stack = stage.state()
    return [missing(stage.account) if stack is None else judged(stack, stage=stage.account.stage)]


def missing(account: Account) -> Finding:
    """The finding for a stage without a stack."""
    return error(
        "stack",
        f"there is no stack overdue-{account.stage} in {account.region}",
        f"overdue deploy --stage {account.stage}; or use another --stage or --region",
    )


def judged(stack: State, *, stage: str) -> Finding:
    """Evaluate the state of a stack."""
    name, deploy = f"overdue-{stage}", f"overdue deploy --stage {stage}"
    text = f"{name} is {stack.status}" + (f": {stack.reason}" if stack.reason else "")
    match next_step(stack.status):
        case Step.CREATE:
            return error("stack", f"{text}: its change set was never executed", deploy)
        case Step.WAIT:
            return warning("stack", f"{text}: an operation is in progress", f"{deploy} waits for its end")
        case Step.UPDATE if stack.status == "UPDATE_ROLLBACK_COMPLETE":
            return warning("stack", f"{text}. The last deploy failed and was rolled back", deploy)
        case Step.UPDATE if stack.status.endswith("_COMPLETE"):
            return ok("stack", text)
        case Step.REFUSE:
            return error("stack", text, f"overdue destroy --stage {stage}, which keeps the tables; then {deploy}")
        case _:
            return error("stack", text, deploy)


def drift(stage: Patient) -> list[Finding]:
    """Have AWS compare the stack with its template. Takes about a minute, at most `PATIENCE`."""
    client, clock = stage.client("cloudformation"), stage.clock
    name = f"overdue-{stage.account.stage}"
    detection = client.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    until = clock.now() + PATIENCE
    while True:
        status = client.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
        if status["DetectionStatus"] != "DETECTION_IN_PROGRESS":
            break
        if clock.now() >= until:
            text = f"AWS had not finished comparing {name} after {PATIENCE.seconds} s"
            return [warning("drift", text, "try again later")]
        clock.sleep(POLL_S)
    drifted: list[dict[str, Any]] = []
    request: dict[str, object] = {"StackName": name, "StackResourceDriftStatusFilters": ["MODIFIED", "DELETED"]}
    while True:
        page = client.describe_stack_resource_drifts(**request)
        drifted += page["StackResourceDrifts"]
        if "NextToken" not in page:
            break
        request["NextToken"] = page["NextToken"]
    return judged_drift(status, drifted, stage)


def judged_drift(status: Mapping[str, Any], drifted: Sequence[Mapping[str, Any]], stage: Patient) -> list[Finding]:
    """Evaluate the differences from the template. A deploy does not undo them: it applies only template changes."""
    name = f"overdue-{stage.account.stage}"
    show_all = stage.command(
        f"cloudformation describe-stack-resource-drifts --stack-name {name} "
        "--stack-resource-drift-status-filters MODIFIED DELETED"
    )
    findings = []
    gone = [each for each in drifted if each["StackResourceDriftStatus"] == "DELETED"]
    changed = [each for each in drifted if each["StackResourceDriftStatus"] == "MODIFIED"]
    if gone:
        destroy = f"overdue destroy --stage {stage.account.stage}"
        fix = f"a deploy does not recreate it: run {destroy}, which keeps the tables; then {stage.deploy}"
        findings.append(error("drift", f"deleted by hand: {_listed(gone)}", fix))
    if changed:
        fix = f"undo the change; to see all changes: {show_all}"
        findings.append(warning("drift", f"changed by hand: {_listed(changed)}", fix))
    if status["DetectionStatus"] == "DETECTION_FAILED":
        why = status.get("DetectionStatusReason", "AWS gives no reason")
        findings.append(warning("drift", f"not all resources could be compared: {why}"))
    return findings or [ok("drift", "nothing differs from the template")]


def _listed(drifted: Sequence[Mapping[str, Any]]) -> str:
    shown = [_described(each) for each in drifted[:MOST_SHOWN]]
    more = len(drifted) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _described(each: Mapping[str, Any]) -> str:
    """A drifted resource: its logical id and the differing properties, cut to 120 characters."""
    differing = [
        f"{difference['PropertyPath'].lstrip('/')} is {difference['ActualValue']}, not {difference['ExpectedValue']}"
        for difference in each.get("PropertyDifferences", ())
    ]
    name = str(each["LogicalResourceId"])
    return name + (f" ({'; '.join(differing)[:120]})" if differing else "")
