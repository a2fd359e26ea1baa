"""A stage's CloudFormation stack: what state it is in, what a change set would change, and that it is carried out.

`next_step` decides what each state lets us do. Waiting and telling is `progress`'s business, tables that an earlier
stack left behind are `adoption`'s. Start at `Stack`.
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
    """What may come next for a stack."""

    CREATE = auto()
    UPDATE = auto()
    WAIT = auto()  # something is going on
    DELETE = auto()  # what is left of a creation that failed; then create
    CONTINUE = auto()  # a rollback that got stuck; then update
    REFUSE = auto()


def next_step(status: str | None) -> Step:
    """What a deploy does first with a stack in this state; None: there is none."""
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
    """What a change set does to one resource."""

    action: str  # Add, Modify, Remove, Import, Dynamic
    logical_id: str
    type: str
    replacement: Literal["True", "False", "Conditional"] | None  # None: not for this action
    properties: tuple[str, ...]  # that differ


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeSet:
    """A change set that is ready to be carried out."""

    name: str
    stack_id: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What CloudFormation says of a stack."""

    id: str
    status: str
    reason: str
    parameters: Mapping[str, str]
    outputs: Mapping[str, str]


class NoChanges(OverdueError):
    """There is nothing to change: it is deployed as it should be."""


@dataclass(frozen=True, slots=True)
class Stack:
    """The stack of a stage, there or not. Methods raise ClientError for what AWS refuses."""

    name: str
    client: "CloudFormationClient"
    clock: Clock

    @classmethod
    def of(cls, account: Account, clock: Clock) -> "Stack":
        """The stack of this stage. No call."""
        return cls(f"overdue-{account.stage}", account.session.client("cloudformation", config=PATIENT), clock)

    def state(self, stack_id: str | None = None) -> State | None:
        """As it is now; None when there is none. A deleted one is found by its id only."""
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
    def proposed(self, kind: Literal["CREATE", "UPDATE", "IMPORT"], **asked: Any) -> Iterator[ChangeSet]:
        """A change set, deleted again at the end unless it was carried out, and with it a stack that is only a draft.

        Raises NoChanges, and OverdueError when CloudFormation cannot make it.
        """
        name = f"overdue-{self.clock.now():%Y%m%d-%H%M%S}"
        made = self.client.create_change_set(
            StackName=self.name,
            ChangeSetName=name,
            ChangeSetType=kind,
            Capabilities=["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM"],
            **asked,
        )
        try:
            yield self._ready(made["Id"], stack_id=made["StackId"])
        finally:
            self._discard(made["Id"], stack_id=made["StackId"])

    def _ready(self, name: str, *, stack_id: str) -> ChangeSet:
        """Wait until CloudFormation has compared, usually for some seconds."""
        while True:
            found = self._described(name)
            match found["Status"]:
                case "CREATE_COMPLETE":
                    changes = tuple(_change(each["ResourceChange"]) for each in found["Changes"])
                    return ChangeSet(name=name, stack_id=stack_id, changes=changes)
                case "FAILED":
                    reason = found.get("StatusReason", "it does not say why")
                    if any(words in reason for words in _UNCHANGED):
                        raise NoChanges("No changes: it is deployed as it should be")
                    raise OverdueError(f"CloudFormation cannot make a change set of {self.name}: {reason}")
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
        """Let a change set be carried out; it goes on whether we look or not."""
        self.client.execute_change_set(ChangeSetName=change_set.name, StackName=self.name)

    def delete(self, stack_id: str) -> None:
        """Let it be deleted; what its template retains stays."""
        self.client.delete_stack(StackName=stack_id)

    def continue_rollback(self) -> None:
        """Let a rollback that got stuck be tried again."""
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
    template: Mapping[str, Any], said: Mapping[str, str], *, known: Mapping[str, str]
) -> list[dict[str, object]]:
    """The values of a template's parameters: what is said now, else what the stack has, else its default, else empty.

    So a second deploy need not repeat what the first was told.
    """
    found: list[dict[str, object]] = []
    for name, declared in template.get("Parameters", {}).items():
        if name in said:
            found.append({"ParameterKey": name, "ParameterValue": said[name]})
        elif name in known:
            found.append({"ParameterKey": name, "UsePreviousValue": True})
        elif "Default" not in declared:
            found.append({"ParameterKey": name, "ParameterValue": ""})
    return found
