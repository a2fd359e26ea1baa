"""From a package to a running stage, in order: settle, upload, propose, ask, carry out, follow. Nothing is half-told.

Start at `Deployment.run`. It shows and asks by a `Desk` and knows no terminal. What comes afterwards (keys, channels,
checks) is `handover`'s business; taking a stage away is `removal`'s.
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
    """Where a deploy tells what it does and what it would do, and is told to go on."""

    def say(self, text: str) -> None:
        """One line of news."""

    def show(self, changes: tuple[Change, ...]) -> None:
        """What would change."""

    def agree(self, question: str) -> None:
        """Return to go on; raise to stop."""

    def watching(self, what: str) -> AbstractContextManager[Callable[[Event], None]]:
        """While something goes on: what takes its events."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """What has come of it."""

    done: Literal["created", "updated", "unchanged", "planned"]
    changes: tuple[Change, ...]
    outputs: Mapping[str, str]  # of the stack; empty where there is none yet
    adopted: tuple[str, ...] = ()  # tables of an earlier stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One run of `overdue deploy`. `said` are the template's parameters that the operator has chosen now."""

    account: Account
    package: "Package"
    said: Mapping[str, str]
    watchdog: str | None  # the URL given now; "": remove it; None: leave it unchanged
    stack: Stack
    desk: Desk
    dry_run: bool

    def run(self) -> Deployed:
        """Bring the stage to what the package is; a dry run only tells what that would change.

        Raises OverdueError, and what boto3 raises.
        """
        state = settled(self.stack, self.desk)
        match next_step(state.status if state else None):
            case Step.UPDATE | Step.CONTINUE as step:
                assert state is not None, "there is one to update"
                if step is Step.CONTINUE:
                    self._roll_back(state)
                return self._change("UPDATE", known=state.parameters)
            case Step.DELETE:
                assert state is not None, "there is one to delete"
                return self._anew(left_over=state)
            case Step.CREATE:
                if left_behind(self.account, self.package.template):
                    return self._anew(left_over=None)
                return self._change("CREATE", known={})
            case step:
                assert state is not None, f"{step} is of a stack"
                raise OverdueError(
                    f"Stack {self.stack.name} is {state.status}, and cannot be deployed to. Take it away with `overdue "
                    f"destroy --stage {self.account.stage}` (its tables stay), then deploy again"
                )

    def _change(
        self, kind: Literal["CREATE", "UPDATE"], *, known: Mapping[str, str], is_agreed: bool = False
    ) -> Deployed:
        """Propose, ask, carry out, follow."""
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
        """What a change set is made from, once it is in the artifact bucket. Sends only what is not there."""
        there = bucket.prepare(self.account)
        functions, notifier = self.package.functions, self.package.notifier
        template = json.dumps(self.package.template, separators=(",", ":"), sort_keys=True).encode()
        keys = {
            f"functions/{functions.sha256}.zip": functions.path.read_bytes(),
            f"notifier/{notifier.sha256}.zip": notifier.path.read_bytes(),
            f"templates/{sha256(template).hexdigest()}.json": template,
        }
        for key, content in keys.items():
            if there.put(key, content):
                kind, _, name = key.partition("/")
                self.desk.say(f"Uploaded {kind}/{name[:8]}…, {len(content) / 1e6:.2f} MB, to {there.name}")
        ours = {
            **self._spared(known),
            **({} if watchdog_to_write(self.watchdog, known=known) is None else {WATCHDOG_PARAMETER: ""}),
            "Stage": self.account.stage,
            "ArtifactBucket": there.name,
            "FunctionsKey": f"functions/{functions.sha256}.zip",
            "NotifierKey": f"notifier/{notifier.sha256}.zip",
        }
        return {
            "TemplateURL": there.url(f"templates/{sha256(template).hexdigest()}.json"),
            "Parameters": parameters(self.package.template, {**self.said, **ours}, known=known),
            "Tags": [{"Key": "overdue:stage", "Value": self.account.stage}],
        }

    def _spared(self, known: Mapping[str, str]) -> dict[str, str]:
        """What is set aside for the sweep where the account has no room for as much as wanted: else the stack fails."""
        if RESERVATION not in self.package.template["Parameters"]:
            return {}
        wanted = int(known.get(RESERVATION, FOR_PARTS))
        fits = reservable(self.account, wanted=wanted)
        if fits == wanted:
            return {}
        kept = f"{FOR_SWEEP} are, and {fits} for its parts" if fits else "none is"
        self.desk.say(
            f"This account's Lambda concurrency is too small to set {wanted + FOR_SWEEP} aside for the sweep: {kept}. "
            "Ask for 1000 in Service Quotas (Lambda, concurrent executions) before much depends on it"
        )
        return {RESERVATION: str(fits)}

    def _anew(self, *, left_over: State | None) -> Deployed:
        """Make a stack where an earlier one has left something: clear it away, take its tables over, make the rest."""
        template = self.package.template
        orphans = left_behind(self.account, template)
        changes = foreseen(template, orphans)
        self.desk.show(changes)
        for orphan in orphans:
            self.desk.say(f"Table {orphan.name} of an earlier deployment is taken over, with all that is in it")
        if left_over is not None:
            self.desk.say(f"Before that, stack {self.stack.name} ({left_over.status}) is removed; its tables stay")
        if self.dry_run:
            return Deployed(done="planned", changes=changes, outputs={})
        self.desk.agree(self._question())
        if left_over is not None:
            self._clear_away(left_over)
            orphans = left_behind(self.account, template)
        if not orphans:
            return replace(self._change("CREATE", known={}, is_agreed=True), changes=changes)
        known = self._adopt(orphans)
        made = self._change("UPDATE", known=known, is_agreed=True)
        return replace(made, done="created", changes=changes, adopted=tuple(each.name for each in orphans))

    def _clear_away(self, state: State) -> None:
        after = newest(self.stack, state.id)
        self.stack.delete(state.id)
        ended = followed(self.stack, state.id, self.desk, after=after, doing="Removing what is left")
        if not ended.went_well:
            raise failure(self.stack.name, ended)
        forget_logs(self.account)

    def _adopt(self, orphans: tuple[Orphan, ...]) -> Mapping[str, str]:
        """Let a new stack have these tables; its parameters."""
        template = only_these(self.package.template, orphans)
        with self.stack.proposed(
            "IMPORT",
            TemplateBody=json.dumps(template),
            ResourcesToImport=[each.to_import() for each in orphans],
            Parameters=parameters(template, {**self.said, "Stage": self.account.stage}, known={}),
        ) as change_set:
            after = newest(self.stack, change_set.stack_id)
            self.stack.execute(change_set)
        ended = followed(self.stack, change_set.stack_id, self.desk, after=after, doing="Taking tables over")
        if not ended.went_well or ended.state is None:
            raise failure(self.stack.name, ended)
        return ended.state.parameters

    def _roll_back(self, state: State) -> None:
        """Let a rollback that got stuck be tried again; a dry run only says so."""
        self.desk.say(f"The last deploy's rollback got stuck ({state.reason or state.status}): it is tried again first")
        if self.dry_run:
            raise OverdueError(
                "What a deploy would change is known only once that rollback is through. Nothing was done"
            )
        self.desk.agree("Try the rollback again?")
        after = newest(self.stack, state.id)
        self.stack.continue_rollback()
        ended = followed(self.stack, state.id, self.desk, after=after, doing="Rolling back")
        if ended.state is None or ended.state.status != "UPDATE_ROLLBACK_COMPLETE":
            raise failure(self.stack.name, ended)


def settled(stack: Stack, desk: Desk) -> State | None:
    """The stack once nothing goes on with it: what others, or an interrupted run, have begun is followed to its end."""
    state = stack.state()
    while state is not None and next_step(state.status) is Step.WAIT:
        desk.say(f"Stack {stack.name} is {state.status}: following that first")
        ended = followed(stack, state.id, desk, after=None, doing="Following")
        cause = first_cause(ended.events)
        if cause is not None:
            desk.say(f"That failed: {cause.logical_id} ({cause.type}): {cause.reason}")
        state = stack.state()
    return state


def followed(stack: Stack, stack_id: str, desk: Desk, *, after: str | None, doing: str) -> Ended:
    """Follow an operation at the desk. Ctrl-C ends the following only, and is told so: OverdueError."""
    try:
        with desk.watching(f"{doing}: {stack.name}") as tell:
            return follow(stack, stack_id, tell, after=after)
    except KeyboardInterrupt as interrupted:
        raise OverdueError(
            f"Interrupted, but CloudFormation goes on with {stack.name}, and undoes it if it fails. "
            "Run the same command again: it follows what is going on, and then does what is left"
        ) from interrupted
