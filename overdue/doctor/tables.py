"""Are the tables there, and is what is in them safe? What each must have is what `infra/template.yaml` says."""

from collections.abc import Mapping
from typing import Any

from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

INDEXES = {"checks": ("due", "slugs"), "history": ("flips",), "registry": ()}
EXPIRY = "expires_at"  # of the history


def state(patient: Patient) -> list[Finding]:
    """A call for each table."""
    client = patient.client("dynamodb")
    findings = []
    for table in INDEXES:
        try:
            found = client.describe_table(TableName=patient.account.named(table))["Table"]
        except client.exceptions.ResourceNotFoundException:
            mend = "docs/how-to/operations.md, Back up and restore: from a backup, or from the last 35 days"
            findings.append(error("tables", f"there is no table {patient.account.named(table)}", mend))
            continue
        findings += judged(table, found, patient)
    return findings or [ok("tables", "all are active with their indexes, and protected from deletion")]


def judged(table: str, found: Mapping[str, Any], patient: Patient) -> list[Finding]:
    """What is wrong with a table."""
    name, status = found["TableName"], found["TableStatus"]
    findings = []
    if status == "UPDATING":
        findings.append(warning("tables", f"{name} is being changed", "look again in some minutes"))
    elif status != "ACTIVE":
        findings.append(error("tables", f"{name} is {status}", "docs/how-to/operations.md, Back up and restore"))
    indexes = {index["IndexName"]: index["IndexStatus"] for index in found.get("GlobalSecondaryIndexes", ())}
    for index in INDEXES[table]:
        if indexes.get(index) != "ACTIVE":
            said = indexes.get(index, "missing")
            findings.append(
                error("tables", f"index {index} of {name} is {said}", f"wait, if it is in work; else {patient.deploy}")
            )
    if not found.get("DeletionProtectionEnabled"):
        mend = patient.command(f"dynamodb update-table --table-name {name} --deletion-protection-enabled")
        findings.append(warning("tables", f"{name} is not protected from deletion", mend))
    return findings


def backups(patient: Patient) -> list[Finding]:
    """Whether each table can be restored to any second; a call for each."""
    client = patient.client("dynamodb")
    findings = []
    for table in INDEXES:
        name = patient.account.named(table)
        found = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        if found["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "ENABLED":
            mend = patient.command(
                f"dynamodb update-continuous-backups --table-name {name} "
                "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            )
            findings.append(warning("backups", f"{name} has no point-in-time recovery", mend))
    return findings or [ok("backups", "point-in-time recovery is on for each table")]


def expiry(patient: Patient) -> list[Finding]:
    """Whether old history goes away by itself. One call."""
    name = patient.account.named("history")
    found = patient.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if found["TimeToLiveStatus"] in ("ENABLED", "ENABLING") and found.get("AttributeName") == EXPIRY:
        return [ok("expiry", "old pings and flips expire")]
    mend = patient.command(
        f"dynamodb update-time-to-live --table-name {name} "
        f'--time-to-live-specification "Enabled=true,AttributeName={EXPIRY}"'
    )
    return [warning("expiry", f"{name} keeps everything for ever: its expiry is {found['TimeToLiveStatus']}", mend)]
