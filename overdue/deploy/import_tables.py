"""Find the tables that an earlier stack of the stage left behind, and import them with their data into a new stack.

`overdue destroy` and a failed creation keep the tables. A new stack cannot create them, since their names are taken, so
CloudFormation imports them in a change set of its own before it creates the rest. Start at `left_behind`.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import PATIENT, Account
from overdue.deploy.functions import FUNCTIONS
from overdue.deploy.stack import TABLE, Change

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Template = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Orphan:
    """A table that belongs to no stack."""

    logical_id: str
    name: str

    def to_import(self) -> dict[str, Any]:
        """The table as an entry of ResourcesToImport."""
        return {
            "ResourceType": TABLE,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {"TableName": self.name},
        }


def tables(template: Template, *, stage: str) -> Iterator[tuple[str, str]]:
    """Yield the logical id and the name of each table of the template."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == TABLE:
            yield logical_id, resource["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", stage)


def left_behind(account: Account, template: Template) -> tuple[Orphan, ...]:
    """The existing tables of a stage that has no stack. One call per table.

    Raises OverdueError if a table is being deleted, or has other keys or indexes than the template.
    """
    dynamodb = account.session.client("dynamodb", config=PATIENT)
    return tuple(
        Orphan(logical_id, name)
        for logical_id, name in tables(template, stage=account.stage)
        if _is_there(dynamodb, name, template["Resources"][logical_id]["Properties"])
    )


def _is_there(dynamodb: "DynamoDBClient", name: str, wanted: Mapping[str, Any]) -> bool:
    try:
        found = dynamodb.describe_table(TableName=name)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    if found["TableStatus"] == "DELETING":
        raise OverdueError(f"Table {name} is being deleted. Deploy again in a minute.")
    if _keys(found) != _keys(wanted):
        raise OverdueError(
            f"Table {name} already exists with other keys or indexes than this version of Overdue uses. It is from "
            "another version or another application. Deploy the version that created it and then this one, or use "
            "another --stage."
        )
    return True


def _keys(table: Any) -> dict[str, set[tuple[str, str]]]:
    """The key schema of each index, by name; "" is the table itself."""
    schemas = {"": table["KeySchema"]}
    schemas |= {each["IndexName"]: each["KeySchema"] for each in table.get("GlobalSecondaryIndexes", ())}
    return {name: {(key["AttributeName"], key["KeyType"]) for key in schema} for name, schema in schemas.items()}


def only_these(template: Template, orphans: tuple[Orphan, ...]) -> dict[str, Any]:
    """The template of the import. CloudFormation allows only imported resources in it, and no outputs."""
    sections = {
        name: template[name] for name in ("AWSTemplateFormatVersion", "Parameters", "Conditions") if name in template
    }
    resources = {each.logical_id: template["Resources"][each.logical_id] for each in orphans}
    return {**sections, "Resources": resources}


def foreseen(template: Template, orphans: tuple[Orphan, ...]) -> tuple[Change, ...]:
    """The changes that a new stack will make, derived from the template.

    CloudFormation cannot compute them before the import. "Perhaps": a resource with a condition, which only
    CloudFormation evaluates.
    """
    imported = {each.logical_id for each in orphans}
    return tuple(
        Change(
            action="Import" if name in imported else "Perhaps" if "Condition" in resource else "Add",
            logical_id=name,
            type=resource["Type"],
            replacement=None,
            properties=(),
        )
        for name, resource in template["Resources"].items()
    )


def forget_logs(account: Account) -> None:
    """Delete the log groups that functions created again by logging after the stack had deleted them.

    Such groups never expire, and a new stack could not create its own. One call per function.
    """
    logs = account.session.client("logs", config=PATIENT)
    for function in FUNCTIONS:
        with suppress(logs.exceptions.ResourceNotFoundException):
            logs.delete_log_group(logGroupName=f"/aws/lambda/{account.named(function)}")
