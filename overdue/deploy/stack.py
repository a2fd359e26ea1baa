"""The CloudFormation stack of a stage: read its state, create change sets, execute them, delete it.

Start at `Stack`. `next_step` decides what is possible in each state. `progress` waits for operations; `import_tables`
handles tables of an earlier stack.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import ClientError

from chalicelib.clock import Clock
from chalicelib.domain.errors import OverdueError
from overdue.aws.account import PATIENT, Account, is_passing

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient

POLL_S = 2.0
TABLE = "AWS::DynamoDB::Table"
_UNCHANGED = ("didn't contain changes", "No updates are to be performed")


class Step(Enum):
    """The next step of a deploy for a stack."""

    CREATE = auto()
    UPDATE = auto()
    WAIT = auto()  # for a running operation
    DELETE = auto()  # the remains of a failed creation; then create
    CONTINUE = auto()  # a failed rollback; then update
    REFUSE = auto()


def next_step(status: str | None) -> Step:
    """The first step of a deploy for a stack with this status; None: there is no stack."""
    match status:
        case None | "REVIEW_IN_PROGRESS" | "DELETE_COMPLETE":
            return Step.CREATE
        case "CREATE_FAILED" | "ROLLBACK_COMPLETE" | "ROLLBACK_FAILED":
            return Step.DELETE
        case "UPDATE_ROLLBACK_FAILED":
            return Step.CONTINUE
        case _ if status.endswith("_IN_PROGRESS"):
            return Step.WAIT
        case _ if status.endswith("_COMPLETE") or status == "UPDATE_FAILED":
            return Step.UPDATE
        case _:
            return Step.REFUSE


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The change of one resource by a change set."""

    action: str  # Add, Modify, Remove, Import, Dynamic
    logical_id: str
    type: str
    replacement: Literal["True", "False", "Conditional"] | None  # None: does not apply to this action
    properties: tuple[str, ...]  # the ones that change


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set that is ready to be executed."""

    name: str
    stack_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The state of a stack as CloudFormation reports it."""

    id: str
    status: str
    reason: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


class NoChanges(OverdueError):
    """The change set is empty: the stage is up to date."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack of a stage, whether it exists or not. Methods raise ClientError if AWS refuses."""

    name: str
    client: "CloudFormationClient"
    clock: Clock

    @classmethod
    def of(cls, account: Account, clock: Clock) -> "Stack":
        """The stack of the account's stage. Makes no call."""
        return cls(f"overdue-{account.stage}", account.session.client("cloudformation", config=PATIENT), clock)

    def state(self, stack_id: str | None = None) -> State | None:
        """The present state; None if there is no stack. A deleted stack is found only by its id."""
        try:
            [found] = self.client.describe_stacks(StackName=stack_id or self.name)["Stacks"]
        except ClientError as error:
            if error.response["Error"]["Code"] == "ValidationError" and "does not exist" in str(error):
                return None
            raise
        return State(
            id=found["StackId"],
            status=found["StackStatus"],
            reason=found.get("StackStatusReason", ""),
            parameters={each["ParameterKey"]: each.get("ParameterValue", "") for each in found.get("Parameters", ())},
            outputs={each["OutputKey"]: each["OutputValue"] for each in found.get("Outputs", ())},
        )

    @contextmanager
    def proposed(self, kind: Literal["CREATE", "UPDATE", "IMPORT"], **arguments: Any) -> Iterator[ChangeSet]:
        """Create a change set. If it was not executed, delete it at the end, together with a stack created only for it.

        `arguments` are those of CreateChangeSet. Raises NoChanges, and OverdueError if CloudFormation rejects it.
        """
        name = f"overdue-{self.clock.now():%Y%m%d-%H%M%S}"
        made = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            **arguments,
        )
        try:
            yield self._ready(made["Id"], stack_id=made["StackId"])
        finally:
            self._discard(made["Id"], stack_id=made["StackId"])

    def _ready(self, name: str, *, stack_id: str) -> ChangeSet:
        """Wait until CloudFormation has computed the changes, usually a few seconds."""
        while True:
            found = self._described(name)
            match found["Status"]:
                case "CREATE_COMPLETE":
                    changes = tuple(_change(each["ResourceChange"]) for each in found["Changes"])
                    return ChangeSet(name=name, stack_id=stack_id, changes=changes)
                case "FAILED":
                    reason = found.get("StatusReason", "it gives no reason")
                    if any(words in reason for words in _UNCHANGED):
                        raise NoChanges("No changes: the stage is up to date")
                    raise OverdueError(f"CloudFormation cannot create a change set for {self.name}: {reason}")
                case _:
                    self.clock.sleep(POLL_S)

    def _described(self, name: str) -> dict[str, Any]:
        pages: list[Any] = []
        token: str | None = None
        while not pages or token:
            more: Any = {"NextToken": token} if token else {}
            try:
                page = self.client.describe_change_set(ChangeSetName=name, StackName=self.name, **more)
            except ClientError as error:
                if not is_passing(error):
                    raise
                self.clock.sleep(POLL_S)
                continue
            pages.append(page)
            token = page.get("NextToken")
        return {**pages[-1], "Changes": [each for page in pages for each in page.get("Changes", ())]}

    def _discard(self, name: str, *, stack_id: str) -> None:
        found = self.client.describe_change_set(ChangeSetName=name, StackName=self.name)
        if found["ExecutionStatus"] in ("EXECUTE_IN_PROGRESS", "EXECUTE_COMPLETE", "EXECUTE_FAILED"):
            return
        self.client.delete_change_set(ChangeSetName=name, StackName=self.name)
        state = self.state(stack_id)
        if state is not None and state.status == "REVIEW_IN_PROGRESS":
            self.client.delete_stack(StackName=stack_id)

    def execute(self, change_set: ChangeSet) -> None:
        """Start executing a change set. Does not wait for the end."""
        self.client.execute_change_set(ChangeSetName=change_set.name, StackName=self.name)

    def delete(self, stack_id: str) -> None:
        """Start deleting the stack. Resources with a deletion policy of Retain stay. Does not wait for the end."""
        self.client.delete_stack(StackName=stack_id)

    def continue_rollback(self) -> None:
        """Start retrying a failed rollback. Does not wait for the end."""
        self.client.continue_update_rollback(StackName=self.name)


def _change(found: Any) -> Change:
    details: Sequence[Any] = found.get("Details", ())
    names = [
        detail["Target"].get("Name") or detail["Target"].get("Attribute", "")
        for detail in details
        if "Target" in detail
    ]
    return Change(
        action=found["Action"],
        logical_id=found["LogicalResourceId"],
        type=found["ResourceType"],
        replacement=found.get("Replacement"),
        properties=tuple(dict.fromkeys(filter(None, names))),
    )


def parameters(
    template: Mapping[str, Any], given: Mapping[str, str], *, known: Mapping[str, str]
) -> list[dict[str, object]]:
    """The values of a template's parameters: the given one, else the stack's present one, else the default, else "".

    A second deploy therefore need not repeat the options of the first.
    """
    values: list[dict[str, object]] = []
    for name, declared in template.get("Parameters", {}).items():
        if name in given:
            values.append({"ParameterKey": name, "ParameterValue": given[name]})
        elif name in known:
            values.append({"ParameterKey": name, "UsePreviousValue": True})
        elif "Default" not in declared:
            values.append({"ParameterKey": name, "ParameterValue": ""})
    return values
