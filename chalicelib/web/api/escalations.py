"""Named escalation policies, from v3 on: list them, make or change one, remove one (docs/reference/rules.md, rule 11).

A check holds a copy of its policy's steps, so a change is written into each check that names it (docs/adr/0010). What
is cut off in the middle is done by saying it again.
"""

from dataclasses import replace

from chalice.app import Response

from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import Edit
from chalicelib.domain.errors import BadInput, NotFound, OverdueError
from chalicelib.domain.rules.escalation import policy_name
from chalicelib.domain.text.reasons import counted
from chalicelib.fields.merge import Lookup, resolved_steps
from chalicelib.fields.table import BY_NAME
from chalicelib.security_log import log_event
from chalicelib.store.registry import escalations
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call, Json, Refused
from chalicelib.web.api.checks import changed, of_project


class InUse(OverdueError):
    """A policy that checks name cannot be removed."""


def listed(call: Call) -> Response:
    """`GET escalations/`, by name."""
    found = sorted(_of_v3(call).items())
    return json_answer({"escalations": [_policy(name, steps) for name, steps in found]}, call.accepts)


def kept(call: Call) -> Response:
    """`POST escalations/` with a `name` and `steps`: made, or changed, in each check that names it, too."""
    _of_v3(call)
    said = BY_NAME["escalation"].kind.read("escalation", call.body.get("steps"))
    channels = call.wiring.registry.channels(call.key.project, now=call.now)
    steps = resolved_steps(said, Lookup(channels=channels))
    if not steps:
        raise Refused("json validation error: steps is empty", 'write [{"after": 900, "channels": "oncall"}]')
    said_name = call.body.get("name")
    if not isinstance(said_name, str):
        raise Refused("json validation error: name is not a string")
    try:
        name = policy_name(said_name)
    except BadInput as error:
        raise Refused("json validation error: name is not valid", str(error)) from error
    escalations.keep(call.key.project, name, steps)
    log_event("escalation_policy_saved", call.actor, policy=name)
    for check in _naming(call, name):
        if check.config.escalation != steps:
            changed(call, check.code, lambda check: Edit(_with_steps(check, name, steps)))
    return json_answer(_policy(name, steps), call.accepts)


def removed(call: Call) -> Response:
    """`DELETE escalations/{name}`: the policy as it was. Raises InUse, NotFound."""
    name, project = call.place["policy"], call.key.project
    found = _of_v3(call)
    if name not in found:
        raise NotFound("there is no such policy")
    users = _naming(call, name)
    if users:
        some = ", ".join(check.config.slug or check.config.name for check in users[:5])
        raise InUse(f"policy {name} is that of {counted(len(users), 'check')} ({some}): give each another first")
    escalations.drop(project, name)
    log_event("escalation_policy_deleted", call.actor, policy=name)
    return json_answer(_policy(name, found[name]), call.accepts)


def _of_v3(call: Call) -> dict[str, tuple[Step, ...]]:
    if not call.version.has_extras:
        raise NotFound("only v3 has it")
    return escalations.of_project(call.key.project)


def _naming(call: Call, name: str) -> list[Check]:
    return [check for check in of_project(call) if check.config.escalation_policy == name]


def _with_steps(check: Check, name: str, steps: tuple[Step, ...]) -> Config:
    """Unless it has been given another policy meanwhile."""
    return replace(check.config, escalation=steps) if check.config.escalation_policy == name else check.config


def _policy(name: str, steps: tuple[Step, ...]) -> Json:
    return {"name": name, "steps": BY_NAME["escalation"].kind.json(steps)}
