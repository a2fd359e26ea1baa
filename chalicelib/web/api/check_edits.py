"""Create and edit checks in the Management API. What a request may say is decided in `schema.fields`."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

from chalice.app import Response

from chalicelib.domain.check import Check
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import Edit, new_check
from chalicelib.domain.ids import Code
from chalicelib.fields.merge import BLANK, Said, require_future_first_ping
from chalicelib.fields.table import BY_NAME
from chalicelib.services import checks, relations, unique_match
from chalicelib.store.registry import escalations
from chalicelib.web.api.call import Call
from chalicelib.web.api.checks import changed, channels_of, told
from chalicelib.web.api.merged import merged
from chalicelib.web.api.schema.fields import read


def made(call: Call) -> Response:
    """`POST checks/`: a new check, or with `unique` an edit of the one that matches."""
    said, channels = read(call.body, has_extras=call.version.has_extras), channels_of(call)
    ports, project, unique = call.wiring.ports, call.key.project, _unique(said)
    found = None if unique is None else unique_match.oldest(ports, project, unique)
    if found is not None:
        return _edited(call, found.code)
    named = _named(call, None, said, before=BLANK)
    config = merged(BLANK, said, version=call.version, channels=channels, policies=_policies(call, said), named=named)
    require_future_first_ping(config, before=BLANK, now=call.now)
    check = new_check(Code(str(uuid4())), project=project, config=config, now=call.now)
    relations.require_other_parents(ports, check)
    try:
        check = checks.create(ports, call.wiring.admission, check, by=call.actor, unique=unique)
    except checks.AlreadyCreated as other:
        return _edited(call, other.code)
    return told(call, check, status=HTTPStatus.CREATED)


def _unique(said: Said) -> dict[str, object] | None:
    """The fields that `unique` lists, with their values; None if it lists none, or one that the request lacks."""
    listed = said.get("unique", [])
    if not listed or not said.keys() >= set(listed):
        return None
    return {name: BY_NAME[name].kind.json(said[name]) for name in listed}


def edited(call: Call) -> Response:
    """`POST checks/{code}`."""
    return _edited(call, Code(call.place["code"]))


def _edited(call: Call, code: Code) -> Response:
    channels, ports = channels_of(call), call.wiring.ports

    def edit(check: Check) -> Edit:
        said = read(call.body, has_extras=call.version.has_extras)
        policies, named = _policies(call, said), _named(call, code, said, before=check.config)
        config = merged(check.config, said, version=call.version, channels=channels, policies=policies, named=named)
        require_future_first_ping(config, before=check.config, now=call.now)
        relations.require_other_parents(ports, replace(check, config=config))
        if config.group is not None and check.config.group is None:
            relations.require_no_group_above(ports, check)
        return Edit(config)

    return told(call, changed(call, code, edit))


def _named(call: Call, code: Code | None, said: Said, *, before: Config) -> relations.Named:
    """The checks that a request names, if they may be named. `code` is None for a new check. Raises BadRelation."""
    ports, group, parents = call.wiring.ports, said.get("group"), said.get("depends_on", ())
    members = () if group is None else group.members
    named = relations.find_named(ports, call.key.project, members=members, parents=parents, before=before)
    if named:
        relations.require_plain_members(code, [named[name] for name in members])
        if code is not None:
            relations.require_no_circle(ports, code, named.values())
    return named


def _policies(call: Call, said: Said) -> Mapping[str, tuple[Step, ...]]:
    """Those of the project, as far as a request asks for one."""
    return escalations.of_project(call.key.project) if said.get("escalation_policy") else {}
