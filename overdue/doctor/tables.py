"""Check the tables: active, with their indexes, deletion protection, backups and expiry of infra/template.yaml."""

from collections.abc import Mapping
from typing import Any

from overdue.doctor.finding import Finding, error, ok, warning
from overdue.doctor.stage import Patient

INDEXES = {"checks": ("due", "slugs"), "history": ("flips",), "registry": ()}
EXPIRY = "expires_at"  # the time-to-live attribute of the history table


def state(stage: Patient) -> list[Finding]:
    """Check that each table is complete. One call per table."""
    client = stage.client("dynamodb")
    findings = []
    for table in INDEXES:
        try:
            description = client.describe_table(TableName=stage.account.named(table))["Table"]
        except client.exceptions.ResourceNotFoundException:
            fix = "docs/how-to/operations.md, Back up and restore: from a backup, or from the last 35 days"
            findings.append(error("tables", f"there is no table {stage.account.named(table)}", fix))
            continue
        findings += judged(table, description, stage)
    return findings or [ok("tables", "all are active, with indexes and deletion protection")]


def judged(table: str, description: Mapping[str, Any], stage: Patient) -> list[Finding]:
    """Evaluate the description of a table: its status, indexes and deletion protection."""
    name, status = description["TableName"], description["TableStatus"]
    findings = []
    if status == "UPDATING":
        findings.append(warning("tables", f"{name} is being updated", "check again in a few minutes"))
    elif status != "ACTIVE":
        findings.append(error("tables", f"{name} is {status}", "docs/how-to/operations.md, Back up and restore"))
    indexes = {index["IndexName"]: index["IndexStatus"] for index in description.get("GlobalSecondaryIndexes", ())}
    for index in INDEXES[table]:
        if indexes.get(index) != "ACTIVE":
            text = f"index {index} of {name} is {indexes.get(index, 'missing')}"
            findings.append(error("tables", text, f"wait if it is being created; otherwise {stage.deploy}"))
    if not description.get("DeletionProtectionEnabled"):
        fix = stage.command(f"dynamodb update-table --table-name {name} --deletion-protection-enabled")
        findings.append(warning("tables", f"{name} is not protected from deletion", fix))
    return findings


def backups(stage: Patient) -> list[Finding]:
    """Check that each table can be restored to any second of the last 35 days. One call per table."""
    client = stage.client("dynamodb")
    findings = []
    for table in INDEXES:
        name = stage.account.named(table)
        answer = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        if answer["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] != "ENABLED":
            fix = stage.command(
                f"dynamodb update-continuous-backups --table-name {name} "
                "--point-in-time-recovery-specification PointInTimeRecoveryEnabled=true"
            )
            findings.append(warning("backups", f"{name} has no point-in-time recovery", fix))
    return findings or [ok("backups", "point-in-time recovery is on for every table")]


def expiry(stage: Patient) -> list[Finding]:
    """Check that old rows of the history expire. One call."""
    name = stage.account.named("history")
    answer = stage.client("dynamodb").describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if answer["TimeToLiveStatus"] in ("ENABLED", "ENABLING") and answer.get("AttributeName") == EXPIRY:
        return [ok("expiry", "old pings and flips expire")]
    fix = stage.command(
        f"dynamodb update-time-to-live --table-name {name} "
        f'--time-to-live-specification "Enabled=true,AttributeName={EXPIRY}"'
    )
    text = f"{name} never deletes old pings and flips: its time to live is {answer['TimeToLiveStatus']}"
    return [warning("expiry", text, fix)]
