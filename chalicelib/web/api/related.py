"""Checks that a check names: by slug in requests and answers, by code where they are stored.

A slug may be given to another check, a code may not; so a parent stays the same one. Start at `known_as`, which finds
those that a request names, and at `slugs_of`, which tells what answers call them. Who may name whom is decided here,
too: nobody may wait for himself, through whomever (`insist_on_no_circle`). Two edits at once can still make a circle
between them: `domain.parents` lets nobody be silent for one.
"""

from collections.abc import Iterable, Mapping, Sequence

from chalicelib.domain.check import Check
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code, is_uuid, short
from chalicelib.domain.rules.dependencies import called
from chalicelib.domain.rules.groups import is_member
from chalicelib.fields.merge import Said
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get, checks
from chalicelib.store.registry import slug_claims
from chalicelib.web.api.call import Refused

_WRONG = "json validation error: an item in '{}' is not a check"

Named = Mapping[str, Check]  # checks by what a request calls them: slug or code
NOBODY: Named = {}


def known_as(ports: Ports, project: str, said: Said, *, before: Config) -> Named:
    """The checks that a request names. A query of the index for each slug, one BatchGet for all; nothing where there
    is none. Raises Refused for a name that no check has, or several.

    Of several with one slug, the one that is named `before` is meant: an answer can be sent back.
    """
    members, parents = members_of(said), said.get("depends_on", ())
    fields = dict.fromkeys(members, "group") | dict.fromkeys(parents, "depends_on")
    if not fields:
        return NOBODY
    codes = {name: _codes(project, name) for name in fields}
    wanted = list(dict.fromkeys(code for found in codes.values() for code in found))
    there = {each.code: each for each in batch_get.checks(ports.tables, wanted, sleep=ports.sleep)}
    return {
        name: _only(fields[name], name, _meant(name, project, [there[code] for code in found if code in there]), before)
        for name, found in codes.items()
    }


def members_of(said: Said) -> tuple[str, ...]:
    """The members of a group that a request names."""
    group = said.get("group")
    return () if group is None else group.members


def _codes(project: str, name: str) -> list[Code]:
    if is_uuid(name):
        return [Code(name)]
    found = checks.codes_by_slug(project, name)
    claimed = (
        None if found else slug_claims.claimed(project, name)
    )  # the index may not show yet what has just been made
    return found if claimed is None else [claimed]


def _meant(name: str, project: str, found: Iterable[Check]) -> list[Check]:
    return [each for each in found if each.project == project and name in (each.config.slug, each.code)]


def _only(field: str, name: str, found: Sequence[Check], before: Config) -> Check:
    if len(found) > 1:
        known = {*before.depends_on, *(before.group.members if before.group is not None else ())}
        found = [each for each in found if each.code in known] or found
    match found:
        case [only]:
            return only
        case []:
            detail = f'"{name}": no check of this project has this slug. Make it first'
        case _:
            codes = ", ".join(short(each.code) for each in found)
            detail = f'"{name}": {len(found)} checks have this slug ({codes}): say the code of one'
    raise Refused(_WRONG.format(field), detail)


def insist_on_plain_members(code: Code | None, members: Iterable[Check]) -> None:
    """Whether no group is a member of one; `code` is the group's. Raises Refused."""
    for each in members:
        if each.code == code or each.config.group is not None:
            detail = f'"{called(each)}" is a group: members are checks that are pinged or probed'
            raise Refused("json validation error: a group cannot be a member of a group", detail)


def insist_on_other_parents(ports: Ports, check: Check) -> None:
    """Whether none of a group's members is a parent of it. A BatchGet for a group by tag that has parents. Raises
    Refused.
    """
    group, parents = check.config.group, check.config.depends_on
    if group is None or not parents:
        return
    wanted = parents if group.tag else [code for code in parents if code in group.members]
    found = batch_get.checks(ports.tables, wanted, sleep=ports.sleep)
    if own := [called(each) for each in found if is_member(check, each)]:
        detail = f'"{own[0]}" is one of its members: while that is down, nobody would hear of the group'
        raise Refused("json validation error: a group cannot depend on a member of its own", detail)


def insist_on_no_group_above(ports: Ports, check: Check) -> None:
    """Whether no group names a check as its member that is to become one. A BatchGet for one that belongs to groups; by
    a tag it just counts no more. Raises Refused.
    """
    for each in batch_get.checks(ports.tables, check.in_groups, sleep=ports.sleep):
        if each.config.group is not None and check.code in each.config.group.members:
            detail = f'it is a member of the group "{called(each)}": take it out there first'
            raise Refused("json validation error: a group cannot be a member of a group", detail)


def insist_on_no_circle(ports: Ports, code: Code, named: Iterable[Check]) -> None:
    """Whether none of these parents and members, and nobody above them, waits for the check itself. A BatchGet for each
    level. Raises Refused.
    """
    path: dict[Code, tuple[Check, ...]] = {each.code: (each,) for each in named}
    level = list(path)
    while level:
        if code in path:
            names = " → ".join(map(called, path[code]))
            raise Refused("json validation error: depends_on goes in a circle", f"it would wait for itself: {names}")
        above = {wanted: path[each] for each in level for wanted in _named_by(path[each][-1])}
        found = batch_get.checks(ports.tables, [each for each in above if each not in path], sleep=ports.sleep)
        level = [each.code for each in found]
        path |= {each.code: (*above[each.code], each) for each in found}


def slugs_of(ports: Ports, told: Sequence[Check]) -> dict[Code, str]:
    """What answers call the checks that these ones name. One BatchGet, of those that are not told themselves."""
    wanted = {code for each in told for code in _named_by(each)}
    if not wanted:
        return {}
    known = {each.code: each for each in told}
    others = batch_get.checks(ports.tables, sorted(wanted - known.keys()), sleep=ports.sleep)
    known |= {each.code: each for each in others}
    return {code: known[code].config.slug for code in wanted if code in known}


def _named_by(check: Check) -> tuple[Code, ...]:
    group = check.config.group
    return (*check.config.depends_on, *(() if group is None else group.members))
