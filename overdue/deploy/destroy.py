"""Remove a stage: its stack, and its data only on request. Start at `Removal`.

The tables hold everything that cannot be created again, so they are kept by default; `import_tables` imports them into
the next stack. All stages of a region share the artifact bucket, which is deleted with the data of the last one.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from overdue.aws.account import PATIENT, Account
from overdue.deploy.deployment import Desk, followed, settled
from overdue.deploy.import_tables import forget_logs
from overdue.deploy.packaging import bucket
from overdue.deploy.progress import failure, newest
from overdue.deploy.stack import Stack, State

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TABLES = ("checks", "history", "registry")
_AT_ONCE = 10  # parameters in one call; SSM's limit


@dataclass(frozen=True, slots=True)
class Removal:
    """The parts of a stage that exist, to be shown before they are removed."""

    account: Account
    stack: Stack
    state: State | None  # None: no stack, but an earlier one may have left something
    tables: tuple[str, ...]
    parameters: tuple[str, ...]  # names in SSM: URLs of channels, signing secrets, the watchdog's URL

    @classmethod
    def of(cls, account: Account, stack: Stack, console: Desk) -> "Removal":
        """Find the parts of the stage, after any running operation on the stack has ended."""
        state = settled(stack, console)
        dynamodb = account.session.client("dynamodb", config=PATIENT)
        tables = tuple(name for name in map(account.named, TABLES) if _is_there(dynamodb, name))
        return cls(account, stack, state, tables, tuple(_parameters(account)))

    def remove_stack(self, console: Desk) -> None:
        """Delete the stack and wait for the end. Raises OverdueError with the first cause if that fails."""
        if self.state is None:
            return
        after = newest(self.stack, self.state.id)
        self.stack.delete(self.state.id)
        ended = followed(self.stack, self.state.id, console, after=after, doing="Deleting")
        if not ended.went_well:
            raise failure(self.stack.name, ended)
        forget_logs(self.account)

    def remove_data(self, console: Desk) -> None:
        """Delete the tables, the secrets and, if the region has no other stage, the artifact bucket."""
        dynamodb = self.account.session.client("dynamodb", config=PATIENT)
        for table in self.tables:
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=table)
            dynamodb.delete_table(TableName=table)
            console.say(f"Deleted table {table}")
        ssm = self.account.session.client("ssm", config=PATIENT)
        for start in range(0, len(self.parameters), _AT_ONCE):
            ssm.delete_parameters(Names=list(self.parameters[start : start + _AT_ONCE]))
        if self.parameters:
            console.say(f"Deleted {len(self.parameters)} secrets in SSM: channels, signing secrets, watchdog")
        others = list(self._other_stacks())
        artifacts = bucket.of(self.account)
        if others:
            console.say(f"Bucket {artifacts.name} is kept: {', '.join(others)} may use it")
        elif artifacts.remove():
            console.say(f"Deleted bucket {artifacts.name}")

    def _other_stacks(self) -> Iterator[str]:
        for page in self.stack.client.get_paginator("describe_stacks").paginate():
            for found in page["Stacks"]:
                if found["StackName"].startswith("overdue-") and found["StackName"] != self.stack.name:
                    yield found["StackName"]


def _is_there(dynamodb: "DynamoDBClient", table: str) -> bool:
    try:
        found = dynamodb.describe_table(TableName=table)["Table"]
    except dynamodb.exceptions.ResourceNotFoundException:
        return False
    return found["TableStatus"] != "DELETING"


def _parameters(account: Account) -> Iterator[str]:
    """The names of the stage's parameters in SSM. Their values are not decrypted."""
    ssm = account.session.client("ssm", config=PATIENT)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=f"/overdue/{account.stage}/", Recursive=True)
    for page in pages:
        yield from (each["Name"] for each in page["Parameters"])
