"""Checks in the Management API: list, read, create, edit, pause, resume, delete. Parse, call a service, answer.

What a request may say is decided in `schema.fields`, how a check looks in an answer in `schema.shape`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from http import HTTPStatus
from uuid import uuid4

from chalice.app import Response

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Status
from chalicelib.domain.config import Config, Step
from chalicelib.domain.configure import Change, Edit, Pause, Resume, new_check
from chalicelib.domain.errors import OverdueError
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Scope
from chalicelib.fields.merge import Said
from chalicelib.fields.table import BY_NAME
from chalicelib.services import checks, find_checks, relations, unique_match
from chalicelib.store.registry import escalations
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call
from chalicelib.web.api.schema.shape import Viewer, shaped


class NotPaused(OverdueError):
    """Only a paused check can be resumed."""


def listed(call: Call) -> Response:
    """`GET checks/`, by tags (all of them) and slug."""
    slug, tags = call.last("slug"), set(call.query.get("tag", ()))
    ports, project = call.wiring.ports, call.key.project
    found = find_checks.with_slug(ports, project, slug) if slug else find_checks.all_checks(ports, project)
    found = [check for check in found if tags.issubset(check.config.tags.split())]
    viewer = replace(_viewer(call, found), is_list=True)
    return json_answer({"checks": [shaped(check, viewer) for check in found]}, call.accepts)


def one(call: Call) -> Response:
    """`GET checks/{code}`."""
    return told(call, own(call))


def one_by_unique_key(call: Call) -> Response:
    """`GET checks/{unique_key}`."""
    return told(call, own_by_unique_key(call))


def own(call: Call) -> Check:
    """The check of the key's project whose code is in the path. Raises NotFound, OtherProject."""
    return find_checks.with_code(call.wiring.ports, call.key.project, Code(call.place["code"]))


def own_by_unique_key(call: Call) -> Check:
    """The check of the key's project whose unique key is in the path. Raises NotFound."""
    return find_checks.with_unique_key(call.wiring.ports, call.key.project, call.place["unique_key"])


def made(call: Call) -> Response:
    """`POST checks/`: a new check, or with `unique` an edit of the one that matches."""
    from chalicelib.fields.merge import BLANK, require_future_first_ping
    from chalicelib.web.api.merged import merged
    from chalicelib.web.api.schema.fields import read

    said, channels = read(call.body, has_extras=call.version.has_extras), _channels(call)
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
    from chalicelib.fields.merge import require_future_first_ping
    from chalicelib.web.api.merged import merged
    from chalicelib.web.api.schema.fields import read

    channels, ports = _channels(call), call.wiring.ports

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


def paused(call: Call) -> Response:
    """`POST checks/{code}/pause`, also of a paused one."""
    return told(call, changed(call, Code(call.place["code"]), lambda _: Pause()))


def resumed(call: Call) -> Response:
    """`POST checks/{code}/resume`. Raises NotPaused."""
    return told(call, changed(call, Code(call.place["code"]), _resume))


def _resume(check: Check) -> Resume:
    if check.status is not Status.PAUSED:
        raise NotPaused("check is not paused")
    return Resume()


def changed(call: Call, code: Code, decide: Callable[[Check], Change]) -> Check:
    """The check after a change by the key's owner. Raises as `services.checks.change`."""
    key, ports = call.key, call.wiring.ports
    return checks.change(ports, code, decide, project=key.project, now=call.now, by=call.actor)


def deleted(call: Call) -> Response:
    """`DELETE checks/{code}`: the check as it was. Its slug is free again."""
    code, key = own(call).code, call.key
    return told(call, checks.delete(call.wiring.ports, code, project=key.project, now=call.now, by=call.actor))


def told(call: Call, check: Check, *, status: HTTPStatus = HTTPStatus.OK) -> Response:
    """A check as the answer."""
    return json_answer(shaped(check, _viewer(call, [check])), call.accepts, status=status)


def _viewer(call: Call, told: Sequence[Check]) -> Viewer:
    return Viewer(
        base=call.wiring.settings.base_url,
        version=call.version,
        may_write=call.key.scope is Scope.READ_WRITE,
        channel_ids=[channel.id for channel in _channels(call)],
        badge_secret=call.wiring.registry.badge_secret(now=call.now),
        now=call.now,
        slugs=relations.slugs_of(call.wiring.ports, told) if call.version.has_extras else {},
    )


def _channels(call: Call) -> Sequence[Channel]:
    return call.wiring.registry.channels(call.key.project, now=call.now)
