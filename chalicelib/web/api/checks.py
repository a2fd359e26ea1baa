"""Checks in the Management API: list, read, pause, resume, delete. Parse, call a service, answer.

How a check looks in an answer is decided in `schema.shape`; creating and editing, which reads fields, is `check_edits`'
business.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from http import HTTPStatus

from chalice.app import Response

from chalicelib.domain.channels import Channel
from chalicelib.domain.check import Check, Status
from chalicelib.domain.configure import Change, Pause, Resume
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Scope
from chalicelib.services import checks, find_checks, relations
from chalicelib.web.answers import json_answer
from chalicelib.web.api.call import Call, NotPaused
from chalicelib.web.api.schema.shape import Viewer, shaped


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
        channel_ids=[channel.id for channel in channels_of(call)],
        badge_secret=call.wiring.registry.badge_secret(now=call.now),
        now=call.now,
        slugs=relations.slugs_of(call.wiring.ports, told) if call.version.has_extras else {},
    )


def channels_of(call: Call) -> Sequence[Channel]:
    """Those of the key's project, by name."""
    return call.wiring.registry.channels(call.key.project, now=call.now)
