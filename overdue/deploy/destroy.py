"""Taking a stage away: its stack, and only on request what it knows. Start at `Removal`.

Tables have all that cannot be made again, so a stack's end leaves them (`adoption` gives them to the next). The
artifact bucket is shared by all stages of a region, and goes with the last one's data.
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
_AT_ONCE = 10  # parameters, says SSM


@dataclass(frozen=True, slots=True)
class Removal:
    """What there is of a stage, to be shown before it goes."""

    account: Account
    stack: Stack
    state: State | None  # None: there is no stack, but perhaps what one has left
    tables: tuple[str, ...]
    parameters: tuple[str, ...]  # of SSM: channels' addresses, signing secrets, the watchdog's URL

    @classmethod
    def of(cls, account: Account, stack: Stack, desk: Desk) -> "Removal":
        """Look; what is going on with the stack is followed to its end first."""
        state = settled(stack, desk)
        dynamodb = account.session.client("dynamodb", config=PATIENT)
        tables = tuple(name for name in map(account.named, TABLES) if _is_there(dynamodb, name))
        return cls(account, stack, state, tables, tuple(_parameters(account)))

    def remove_stack(self, desk: Desk) -> None:
        """Delete the stack, and follow that. Raises OverdueError with the first cause if it cannot go."""
        if self.state is None:
            return
        after = newest(self.stack, self.state.id)
        self.stack.delete(self.state.id)
        ended = followed(self.stack, self.state.id, desk, after=after, doing="Deleting")
        if not ended.went_well:
            raise failure(self.stack.name, ended)
        forget_logs(self.account)

    def remove_data(self, desk: Desk) -> None:
        """Delete the tables, the secrets and, if no other stage is here, the artifact bucket."""
        dynamodb = self.account.session.client("dynamodb", config=PATIENT)
        for table in self.tables:
            dynamodb.update_table(TableName=table, DeletionProtectionEnabled=False)
            dynamodb.get_waiter("table_exists").wait(TableName=table)
            dynamodb.delete_table(TableName=table)
            desk.say(f"Deleted table {table}")
        ssm = self.account.session.client("ssm", config=PATIENT)
        for begin in range(0, len(self.parameters), _AT_ONCE):
            ssm.delete_parameters(Names=list(self.parameters[begin : begin + _AT_ONCE]))
        if self.parameters:
            desk.say(f"Deleted {len(self.parameters)} secrets in SSM: channels, signing secrets, watchdog")
        others = list(self._other_stacks())
        artifacts = bucket.of(self.account)
        if others:
            desk.say(f"Bucket {artifacts.name} stays: {', '.join(others)} may use it")
        elif artifacts.remove():
            desk.say(f"Deleted bucket {artifacts.name}")

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
    """Names only: they are read without being decrypted."""
    ssm = account.session.client("ssm", config=PATIENT)
    pages = ssm.get_paginator("get_parameters_by_path").paginate(Path=f"/overdue/{account.stage}/", Recursive=True)
    for page in pages:
        yield from (each["Name"] for each in page["Parameters"])
