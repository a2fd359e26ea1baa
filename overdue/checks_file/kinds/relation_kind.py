"""Other checks that a check of the file names: by slug, or by code where one has none.

Start at `parents` and `a_group`. Whether there are such checks is told in `relations`.
"""

from collections.abc import Mapping
from typing import Any

from chalicelib.domain.config import Group
from chalicelib.domain.errors import BadInput
from chalicelib.domain.ids import Code
from chalicelib.domain.rules.dependencies import MOST
from chalicelib.domain.rules.groups import MOST as MOST_MEMBERS
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.fields.kinds import LONGEST_TAGS, parse_count
from overdue.checks_file.document import Gathered, Problem, Scalar, Table, Value, Wrong
from overdue.checks_file.kinds.list_kind import each_of, listed, text_of_item, texts
from overdue.checks_file.kinds.quoting import quoted
from overdue.checks_file.kinds.value_kinds import OFF, Kind, Setting, scalar, text
from overdue.client.pinging import SLUG, slug_of

ALL = "all"
_MEMBER = {"type": "string", "pattern": f"^[a-z0-9_-]{{1,{LONGEST_SLUG}}}$"}
_SCHEMA: dict[str, object] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "members": texts(_MEMBER),
        "tag": {"type": "string", "pattern": "^\\S+$"},
        "down_when": {"oneOf": [{"const": ALL}, {"type": "integer", "minimum": 1}]},
    },
}


def parents() -> Kind:
    """A list of checks, or one; in no order that means anything."""

    def read(name: str, value: Value) -> Setting:
        return checks_of(name, value, most=MOST)

    return Kind(read, listed, texts(_MEMBER))


def checks_of(name: str, value: Value, *, most: int) -> tuple[str, ...]:
    """The checks that a value names, sorted. Raises BadInput, and Wrong for an item."""
    found = tuple(sorted(set(each_of(name, value, lambda item: _slug(name, item)))))
    if not found and most == MOST_MEMBERS:
        raise BadInput(f"{name}: name one at least")
    if len(found) > most:
        raise BadInput(f"{name}: {len(found)} are too many, {most} are allowed")
    return found


def _slug(name: str, item: Scalar) -> str:
    said = text_of_item(name, item)
    if not SLUG.fullmatch(said):
        hint = f": write {slug_of(said)}" if slug_of(said) else ""
        raise Wrong(Problem(item.line, f'{name}: "{said[:60]}" is no slug of a check{hint}'))
    return said


def a_group() -> Kind:
    """A table with the members, or a tag of theirs, and how many of them make it down; or off."""

    def read(name: str, value: Value) -> Setting:
        if isinstance(value, Scalar) and value.text == OFF:
            return None
        if not isinstance(value, Table):
            raise BadInput(f"{name} takes a table, such as {{members: [web-1, web-2], down_when: all}}")
        return _group(name, value)

    def written(setting: Setting) -> str:
        return _written(setting) if isinstance(setting, Group) else OFF

    return Kind(read, written, {"oneOf": [{"const": OFF}, _SCHEMA]})


def _group(name: str, value: Table) -> Group:
    """Raises Wrong with all that is wrong in it."""
    members: tuple[str, ...] = ()
    tag, needed, gathered = "", None, Gathered()
    for key, entry in value.entries.items():
        with gathered.at(entry.key.line):
            match key:
                case "members":
                    members = checks_of(f"{name}.members", entry.value, most=MOST_MEMBERS)
                case "tag":
                    tag = _tag(f"{name}.tag", entry.value)
                case "down_when":
                    needed = _down_when(f"{name}.down_when", entry.value)
                case _:
                    known = "members, tag, down_when"
                    raise BadInput(f'{name}: there is no field "{key}" in it. Known are: {known}')
    with gathered.at(value.line):
        if ("members" in value.entries) == ("tag" in value.entries):
            raise BadInput(f"{name} takes members, or a tag of theirs: one of the two")
        if members and needed is not None and needed > len(members):
            raise BadInput(f"{name}.down_when {needed}: it has {len(members)} members")
    gathered.insist()
    return Group(members=tuple(map(Code, members)), tag=tag, down_when=needed)


def _tag(name: str, value: Value) -> str:
    found = text(name, value)
    if len(found.split()) != 1 or len(found) > LONGEST_TAGS:
        raise BadInput(f'{name}: "{found[:40]}" is not one word: a tag has no blanks')
    return found


def _down_when(name: str, value: Value) -> int | None:
    found = scalar(name, value).text
    return None if found == ALL else parse_count(name, found, least=1)


def _written(group: Group) -> str:
    who = f"tag: {quoted(group.tag)}" if group.tag else f"members: {listed(group.members)}"
    return f"{{{who}, down_when: {ALL if group.down_when is None else group.down_when}}}"


def group_from_wire(said: Mapping[str, Any] | None) -> Group | None:
    """As the API shows it."""
    if not said:
        return None
    down_when = said.get("down_when", ALL)
    members = tuple(map(Code, sorted(said.get("members", ()))))
    return Group(members=members, tag=said.get("tag", ""), down_when=None if down_when == ALL else down_when)


def group_to_wire(group: Group) -> dict[str, object]:
    """As the API takes it."""
    who: dict[str, object] = {"tag": group.tag} if group.tag else {"members": list(group.members)}
    return who | {"down_when": ALL if group.down_when is None else group.down_when}
