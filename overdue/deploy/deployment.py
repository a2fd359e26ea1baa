"""Deploy a package as a stage: wait for a running operation, upload, create a change set, confirm, execute, wait.

Start at `Deployment.run`. It prints and asks through a `Desk`; `terminal` has the one for a terminal. `bootstrap` then
creates keys and channels; `destroy` removes a stage.
"""

import json
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Literal, Protocol

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import Account
from overdue.deploy.concurrency import FOR_PARTS, FOR_SWEEP, reservable
from overdue.deploy.import_tables import Orphan, foreseen, forget_logs, left_behind, only_these
from overdue.deploy.packaging import bucket
from overdue.deploy.progress import Ended, Event, failure, first_cause, follow, newest
from overdue.deploy.stack import Change, NoChanges, Stack, State, Step, next_step, parameters
from overdue.deploy.stage_secrets import WATCHDOG_PARAMETER, make_signing_secrets, watchdog_to_write, write_watchdog

if TYPE_CHECKING:
    from overdue.deploy.packaging.package import Package


RESERVATION = "ReservedSweeps"  # the template's parameter


class Desk(Protocol):
    """The interface to the operator: prints progress and changes, and asks for confirmation."""

    def say(self, text: str) -> None:
        """Print one line about the progress."""

    def show(self, changes: tuple[Change, ...]) -> None:
        """Show the changes of a change set."""

    def agree(self, question: str) -> None:
        """Ask for confirmation. Returns to continue, raises to stop."""

    def watching(self, what: str) -> AbstractContextManager[Callable[[Event], None]]:
        """Show an operation while it runs: a context manager that gives a function for its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """The result of a deploy."""

    done: Literal["created", "updated", "unchanged", "planned"]
    changes: tuple[Change, ...]
    outputs: Mapping[str, str]  # of the stack; empty after a dry run
    adopted: tuple[str, ...] = ()  # names of the tables imported from an earlier stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One run of `overdue deploy`. `said`: the template parameters that the operator gives this time."""

    account: Account
    package: "Package"
    said: Mapping[str, str]
    watchdog: str | None  # the URL given now; "": remove it; None: leave it unchanged
    stack: Stack
    desk: Desk
    dry_run: bool

    def run(self) -> Deployed:
        """Deploy the package to the stage. A dry run only determines the changes.

        Raises OverdueError and botocore's errors.
        """
        state = settled(self.stack, self.desk)
        match next_step(state.status if state else None):
            case Step.UPDATE | Step.CONTINUE as step:
                assert state is not None, "UPDATE and CONTINUE are steps of an existing stack"
                if step is Step.CONTINUE:
                    self._roll_back(state)
                return self._change("UPDATE", known=state.parameters)
            case Step.DELETE:
                assert state is not None, "DELETE is a step of an existing stack"
                return self._anew(left_over=state)
            case Step.CREATE:
                if left_behind(self.account, self.package.template):
                    return self._anew(left_over=None)
                return self._change("CREATE", known={})
            case step:
                assert state is not None, f"{step} is a step of an existing stack"
                raise OverdueError(
                    f"Stack {self.stack.name} is {state.status} and cannot be updated. Delete it with `overdue destroy "
                    f"--stage {self.account.stage}` (its tables are kept), then deploy again."
                )

    def _change(
        self, kind: Literal["CREATE", "UPDATE"], *, known: Mapping[str, str], is_agreed: bool = False
    ) -> Deployed:
        """Create a change set, ask for confirmation, execute it and wait for its end."""
        done: Literal["created", "updated"] = "created" if kind == "CREATE" else "updated"
        try:
            with self.stack.proposed(kind, **self._uploaded(known)) as change_set:
                if not is_agreed:
                    self.desk.show(change_set.changes)
                    if self.dry_run:
                        return Deployed(done="planned", changes=change_set.changes, outputs={})
                    self.desk.agree(self._question())
                self._write_secrets(known)
                after = newest(self.stack, change_set.stack_id)
                self.stack.execute(change_set)
        except NoChanges as nothing:
            self.desk.say(str(nothing))
            if not self.dry_run:
                self._write_secrets(known)
            state = self.stack.state()
            assert state is not None, "only an update can find nothing to change"
            return Deployed(done="unchanged", changes=(), outputs=state.outputs)
        ended = followed(self.stack, change_set.stack_id, self.desk, after=after, doing="Deploying")
        if not ended.went_well or ended.state is None:
            raise failure(self.stack.name, ended)
        return Deployed(done=done, changes=change_set.changes, outputs=ended.state.outputs)

    def _write_secrets(self, known: Mapping[str, str]) -> None:
        """Write the secrets before the functions change, so that new functions find them at once."""
        if not make_signing_secrets(self.account):
            self.desk.say("SSM refused the signing secrets. Nobody can sign in, and alerts have no acknowledge link.")
        url = watchdog_to_write(self.watchdog, known=known)
        if url is not None:
            write_watchdog(self.account, url)
            self.desk.say("The watchdog's URL is stored in SSM." if url else "The watchdog was removed.")

    def _question(self) -> str:
        return f"Deploy this to stage {self.account.stage}, account {self.account.id}, region {self.account.region}?"

    def _uploaded(self, known: Mapping[str, str]) -> dict[str, Any]:
        """Upload the package to the artifact bucket, without existing objects; return the arguments of a change set."""
        artifacts = bucket.prepare(self.account)
        functions, notifier = self.package.functions, self.package.notifier
        template = json.dumps(self.package.template, separators=(",", ":"), sort_keys=True).encode()
        keys = {
            f"functions/{functions.sha256}.zip": functions.path.read_bytes(),
            f"notifier/{notifier.sha256}.zip": notifier.path.read_bytes(),
            f"templates/{sha256(template).hexdigest()}.json": template,
        }
        for key, content in keys.items():
            if artifacts.put(key, content):
                kind, _, name = key.partition("/")
                self.desk.say(f"Uploaded {kind}/{name[:8]}…, {len(content) / 1e6:.2f} MB, to {artifacts.name}")
        ours = {
            **self._spared(known),
            **({} if watchdog_to_write(self.watchdog, known=known) is None else {WATCHDOG_PARAMETER: ""}),
            "Stage": self.account.stage,
            "ArtifactBucket": artifacts.name,
            "FunctionsKey": f"functions/{functions.sha256}.zip",
            "NotifierKey": f"notifier/{notifier.sha256}.zip",
        }
        return {
            "TemplateURL": artifacts.url(f"templates/{sha256(template).hexdigest()}.json"),
            "Parameters": parameters(self.package.template, {**self.said, **ours}, known=known),
            "Tags": [{"Key": "overdue:stage", "Value": self.account.stage}],
        }

    def _spared(self, known: Mapping[str, str]) -> dict[str, str]:
        """A smaller reservation for the sweep if the account's concurrency is too low, which would fail the stack."""
        if RESERVATION not in self.package.template["Parameters"]:
            return {}
        wanted = int(known.get(RESERVATION, FOR_PARTS))
        fits = reservable(self.account, wanted=wanted)
        if fits == wanted:
            return {}
        reserved = f"only {FOR_SWEEP + fits} are reserved" if fits else "none are reserved"
        self.desk.say(
            f"This account's Lambda concurrency is too low to reserve {wanted + FOR_SWEEP} executions for the sweep: "
            f"{reserved}. Request 1000 in Service Quotas (Lambda, concurrent executions) before you rely on the stage."
        )
        return {RESERVATION: str(fits)}

    def _anew(self, *, left_over: State | None) -> Deployed:
        """Create a stack where an earlier one left something: delete that, import its tables, create the rest."""
        template = self.package.template
        orphans = left_behind(self.account, template)
        changes = foreseen(template, orphans)
        self.desk.show(changes)
        for orphan in orphans:
            self.desk.say(f"Table {orphan.name} of an earlier deployment is imported, with all its data")
        if left_over is not None:
            self.desk.say(f"Before that, stack {self.stack.name} ({left_over.status}) is deleted; its tables are kept")
        if self.dry_run:
            return Deployed(done="planned", changes=changes, outputs={})
        self.desk.agree(self._question())
        if left_over is not None:
            self._clear_away(left_over)
            orphans = left_behind(self.account, template)
        if not orphans:
            return replace(self._change("CREATE", known={}, is_agreed=True), changes=changes)
        known = self._adopt(orphans)
        updated = self._change("UPDATE", known=known, is_agreed=True)
        return replace(updated, done="created", changes=changes, adopted=tuple(each.name for each in orphans))

    def _clear_away(self, state: State) -> None:
        after = newest(self.stack, state.id)
        self.stack.delete(state.id)
        ended = followed(self.stack, state.id, self.desk, after=after, doing="Deleting the failed stack")
        if not ended.went_well:
            raise failure(self.stack.name, ended)
        forget_logs(self.account)

    def _adopt(self, orphans: tuple[Orphan, ...]) -> Mapping[str, str]:
        """Import tables into a new stack; return the stack's parameters."""
        template = only_these(self.package.template, orphans)
        with self.stack.proposed(
            "IMPORT",
            TemplateBody=json.dumps(template),
            ResourcesToImport=[each.to_import() for each in orphans],
            Parameters=parameters(template, {**self.said, "Stage": self.account.stage}, known={}),
        ) as change_set:
            after = newest(self.stack, change_set.stack_id)
            self.stack.execute(change_set)
        ended = followed(self.stack, change_set.stack_id, self.desk, after=after, doing="Importing tables")
        if not ended.went_well or ended.state is None:
            raise failure(self.stack.name, ended)
        return ended.state.parameters

    def _roll_back(self, state: State) -> None:
        """Retry a failed rollback. Raises OverdueError in a dry run."""
        self.desk.say(
            f"The rollback of the last deploy failed ({state.reason or state.status}) and must be retried first"
        )
        if self.dry_run:
            raise OverdueError("The changes of a deploy are known only after that rollback. Nothing was changed.")
        self.desk.agree("Retry the rollback?")
        after = newest(self.stack, state.id)
        self.stack.continue_rollback()
        ended = followed(self.stack, state.id, self.desk, after=after, doing="Rolling back")
        if ended.state is None or ended.state.status != "UPDATE_ROLLBACK_COMPLETE":
            raise failure(self.stack.name, ended)


def settled(stack: Stack, console: Desk) -> State | None:
    """Wait until no operation runs on the stack, such as one of another person or of an interrupted run.

    Returns the state then; None if there is no stack.
    """
    state = stack.state()
    while state is not None and next_step(state.status) is Step.WAIT:
        console.say(f"Stack {stack.name} is {state.status}; waiting for that to finish first")
        ended = followed(stack, state.id, console, after=None, doing="Waiting")
        cause = first_cause(ended.events)
        if cause is not None:
            console.say(f"That failed: {cause.logical_id} ({cause.type}): {cause.reason}")
        state = stack.state()
    return state


def followed(stack: Stack, stack_id: str, console: Desk, *, after: str | None, doing: str) -> Ended:
    """Wait for the end of an operation and show its events. Ctrl-C ends only the wait; it raises OverdueError."""
    try:
        with console.watching(f"{doing}: {stack.name}") as show_event:
            return follow(stack, stack_id, show_event, after=after)
    except KeyboardInterrupt as interrupted:
        raise OverdueError(
            f"Interrupted. CloudFormation continues with {stack.name}, and rolls back if it fails. "
            "Run the same command again: it waits for that to finish, and then does the rest."
        ) from interrupted
