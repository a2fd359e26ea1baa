"""Named escalation policies, from v3 on: list them, save one, remove one. Parse, call a service, answer."""

from chalice.app import Response

from chalicelib.domain.config import Step
from chalicelib.domain.errors import BadInput, NotFound
from chalicelib.domain.rules.escalation import policy_name
from chalicelib.fields.merge import Lookup, resolved_steps
from chalicelib.fields.table import BY_NAME
from chalicelib.services import escalation_policies
from chalicelib.store.registry import escalations
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call, Json, Refused


def listed(call: Call) -> Response:
    """`GET escalations/`, by name."""
    _require_v3(call)
    found = sorted(escalations.of_project(call.key.project).items())
    return json_answer({"escalations": [_policy(name, steps) for name, steps in found]}, call.accepts)


def kept(call: Call) -> Response:
    """`POST escalations/` with a `name` and `steps`: made, or changed, in each check that names it, too."""
    _require_v3(call)
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
    escalation_policies.save(call.wiring.ports, call.key.project, name, steps, now=call.now, by=call.actor)
    return json_answer(_policy(name, steps), call.accepts)


def removed(call: Call) -> Response:
    """`DELETE escalations/{name}`: the policy as it was. Raises InUse, NotFound."""
    _require_v3(call)
    name = call.place["policy"]
    steps = escalation_policies.remove(call.wiring.ports, call.key.project, name, by=call.actor)
    return json_answer(_policy(name, steps), call.accepts)


def _require_v3(call: Call) -> None:
    if not call.version.has_extras:
        raise NotFound("only v3 has it")


def _policy(name: str, steps: tuple[Step, ...]) -> Json:
    return {"name": name, "steps": BY_NAME["escalation"].kind.json(steps)}
