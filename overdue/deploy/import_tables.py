"""What an earlier stack of this stage has left behind, and how a new one takes its tables over with all their data.

`overdue destroy` and a creation that failed keep the tables. A new stack could not make them, as their names are taken:
CloudFormation imports them instead, in a change set of its own, before the rest is made. Start at `left_behind`.
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
    """A table that no stack has."""

    logical_id: str
    name: str

    def to_import(self) -> dict[str, Any]:
        """What CloudFormation needs to find it."""
        return {
            "ResourceType": TABLE,
            "LogicalResourceId": self.logical_id,
            "ResourceIdentifier": {"TableName": self.name},
        }


def tables(template: Template, *, stage: str) -> Iterator[tuple[str, str]]:
    """Each table of the template: its logical id and its name on this stage."""
    for logical_id, resource in template["Resources"].items():
        if resource["Type"] == TABLE:
            yield logical_id, resource["Properties"]["TableName"]["Fn::Sub"].replace("${Stage}", stage)


def left_behind(account: Account, template: Template) -> tuple[Orphan, ...]:
    """The tables that are there although the stack is not. A call each.

    Raises OverdueError for one that is about to go, or has other keys or indexes than the template's.
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
        raise OverdueError(f"Table {name} is being deleted: deploy again in a minute")
    if _keys(found) != _keys(wanted):
        raise OverdueError(
            f"There is a table {name} already, with other keys or indexes than this version of Overdue has: another "
            "version left it, or it is somebody else's. Deploy the version that made it, and then this one; or choose "
            "another --stage"
        )
    return True


def _keys(table: Any) -> dict[str, set[tuple[str, str]]]:
    """What identifies items, by index; the table itself under the empty name."""
    schemas = {"": table["KeySchema"]}
    schemas |= {each["IndexName"]: each["KeySchema"] for each in table.get("GlobalSecondaryIndexes", ())}
    return {name: {(key["AttributeName"], key["KeyType"]) for key in schema} for name, schema in schemas.items()}


def only_these(template: Template, orphans: tuple[Orphan, ...]) -> dict[str, Any]:
    """The template of the import: it may hold nothing that is not imported, and no outputs."""
    kept = {
        name: template[name] for name in ("AWSTemplateFormatVersion", "Parameters", "Conditions") if name in template
    }
    resources = {each.logical_id: template["Resources"][each.logical_id] for each in orphans}
    return {**kept, "Resources": resources}


def foreseen(template: Template, orphans: tuple[Orphan, ...]) -> tuple[Change, ...]:
    """What a new stack will do, before CloudFormation can be asked: it cannot compare before the import is done.

    Whether a resource under a condition is made, only CloudFormation works out.
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
    """Delete the log groups that a function's last words have made anew after the stack's were gone.

    They never expire, and a new stack could not make its own. A call each.
    """
    logs = account.session.client("logs", config=PATIENT)
    for function in FUNCTIONS:
        with suppress(logs.exceptions.ResourceNotFoundException):
            logs.delete_log_group(logGroupName=f"/aws/lambda/{account.named(function)}")
