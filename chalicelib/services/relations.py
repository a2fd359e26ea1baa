"""The checks that a check names: its parents, and the members of its group.

Requests and answers use slugs; items store codes, because a slug may be given to another check. Start at `find_named`,
which finds the checks that a request names, and at `slugs_of`, which returns what answers call them. The `require_…`
functions decide who may name whom: no check may wait for itself, through whichever others (`require_no_circle`). Two
concurrent edits can still make a circle: `domain.rules.dependencies` does not let it silence anybody.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from chalicelib.domain.check import Check, label
from chalicelib.domain.config import Config
from chalicelib.domain.errors import BadInput
from chalicelib.domain.ids import Code, is_uuid, short
from chalicelib.domain.rules.groups import is_member
from chalicelib.services.transaction import Ports
from chalicelib.store import batch_get, checks
from chalicelib.store.registry import slug_claims

Relation = Literal["group", "depends_on"]  # the field that names checks
Problem = Literal["not_a_check", "group_in_group", "own_member", "circle"]
Named = Mapping[str, Check]  # checks by what a request calls them: slug or code
NOBODY: Named = {}


class BadRelation(BadInput):
    """A check that cannot be named. `problem` says why, the message what to do; the edge words `problem`."""

    def __init__(self, field: Relation, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.field, self.problem, self.detail = field, problem, detail


def find_named(ports: Ports, project: str, *, members: Sequence[str], parents: Sequence[str], before: Config) -> Named:
    """The checks that a request names, by these names. A query of the index for each slug, one BatchGet for all;
    nothing where it names none. Raises BadRelation for a name that no check has, or several.

    Of several with one slug, the one that is named `before` is meant: an answer can be sent back.
    """
    fields: dict[str, Relation] = dict.fromkeys(members, "group")
    fields |= dict.fromkeys(parents, "depends_on")
    if not fields:
        return NOBODY
    codes = {name: _codes(project, name) for name in fields}
    wanted = list(dict.fromkeys(code for found in codes.values() for code in found))
    there = {each.code: each for each in batch_get.checks(ports.tables, wanted, sleep=ports.sleep)}
    return {
        name: _only(fields[name], name, _meant(name, project, [there[code] for code in found if code in there]), before)
        for name, found in codes.items()
    }


def _codes(project: str, name: str) -> list[Code]:
    if is_uuid(name):
        return [Code(name)]
    found = checks.codes_by_slug(project, name)
    if found:
        return found
    claimed = slug_claims.claimed(project, name)  # the index may not show yet what has just been created
    return [] if claimed is None else [claimed]


def _meant(name: str, project: str, found: Iterable[Check]) -> list[Check]:
    return [each for each in found if each.project == project and name in (each.config.slug, each.code)]


def _only(field: Relation, name: str, found: Sequence[Check], before: Config) -> Check:
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
    raise BadRelation(field, "not_a_check", detail)


def require_plain_members(code: Code | None, members: Iterable[Check]) -> None:
    """No group may be a member of one; `code` is the group's, None if it is new. Raises BadRelation."""
    for each in members:
        if each.code == code or each.config.group is not None:
            detail = f'"{label(each)}" is a group: members are checks that are pinged or probed'
            raise BadRelation("group", "group_in_group", detail)


def require_other_parents(ports: Ports, check: Check) -> None:
    """No member of a group may be a parent of it. A BatchGet for a group that has parents. Raises BadRelation."""
    group, parents = check.config.group, check.config.depends_on
    if group is None or not parents:
        return
    wanted = parents if group.tag else [code for code in parents if code in group.members]
    found = batch_get.checks(ports.tables, wanted, sleep=ports.sleep)
    if own := [label(each) for each in found if is_member(check, each)]:
        detail = f'"{own[0]}" is one of its members: while that is down, nobody would hear of the group'
        raise BadRelation("depends_on", "own_member", detail)


def require_no_group_above(ports: Ports, check: Check) -> None:
    """No group may name a check as its member that becomes a group itself. A BatchGet for one that belongs to groups;
    one that belongs by a tag does not count any more. Raises BadRelation.
    """
    for each in batch_get.checks(ports.tables, check.in_groups, sleep=ports.sleep):
        if each.config.group is not None and check.code in each.config.group.members:
            detail = f'it is a member of the group "{label(each)}": take it out there first'
            raise BadRelation("group", "group_in_group", detail)


def require_no_circle(ports: Ports, code: Code, named: Iterable[Check]) -> None:
    """None of these parents and members, and nobody above them, may wait for the check itself. A BatchGet for each
    level. Raises BadRelation.
    """
    path: dict[Code, tuple[Check, ...]] = {each.code: (each,) for each in named}
    level = list(path)
    while level:
        if code in path:
            names = " → ".join(map(label, path[code]))
            raise BadRelation("depends_on", "circle", f"it would wait for itself: {names}")
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
