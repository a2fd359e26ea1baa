"""Save and remove the named escalation policies of a project (docs/reference/rules.md, rule 11).

A check holds a copy of its policy's steps, so a change is written into each check that names it (docs/adr/0010). If
that is interrupted, repeating the request completes it.
"""

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.check import Check
from chalicelib.domain.config import Step
from chalicelib.domain.configure import Edit
from chalicelib.domain.errors import NotFound, OverdueError
from chalicelib.services import checks
from chalicelib.services.find_checks import all_checks
from chalicelib.services.security_log import Actor, log_event
from chalicelib.services.transaction import Ports
from chalicelib.store.registry import escalations


class InUse(OverdueError):
    """A policy that checks name cannot be removed. `users` are those checks."""

    def __init__(self, name: str, users: list[Check]) -> None:
        super().__init__(f"policy {name} is that of {len(users)} checks")
        self.name, self.users = name, users


def save(ports: Ports, project: str, name: str, steps: tuple[Step, ...], *, now: datetime, by: Actor) -> None:
    """Create or change a policy, also in each check that names it. Raises Unavailable."""

    def edit(check: Check) -> Edit:
        """Unless the check has been given another policy in the meantime."""
        is_named = check.config.escalation_policy == name
        return Edit(replace(check.config, escalation=steps) if is_named else check.config)

    escalations.keep(project, name, steps)
    log_event("escalation_policy_saved", by, policy=name)
    for check in _users(ports, project, name):
        if check.config.escalation != steps:
            checks.change(ports, check.code, edit, project=project, now=now, by=by)


def remove(ports: Ports, project: str, name: str, *, by: Actor) -> tuple[Step, ...]:
    """Remove a policy; return its steps. Raises NotFound, InUse, Unavailable."""
    policies = escalations.of_project(project)
    if name not in policies:
        raise NotFound("there is no such policy")
    users = _users(ports, project, name)
    if users:
        raise InUse(name, users)
    escalations.drop(project, name)
    log_event("escalation_policy_deleted", by, policy=name)
    return policies[name]


def _users(ports: Ports, project: str, name: str) -> list[Check]:
    return [check for check in all_checks(ports, project) if check.config.escalation_policy == name]
