"""The field `group` of a check: an object, in requests as in answers; null is none.

Start at `read_group` and `grouped`. What a group is stands in `domain.group`; how members are found, in `related`.
"""

from collections.abc import Sequence
from typing import Any

from chalicelib.domain.config import Group
from chalicelib.domain.ids import Code
from chalicelib.domain.options import LONGEST_TAGS
from chalicelib.domain.rules.groups import MOST
from chalicelib.domain.slugs import LONGEST_SLUG
from chalicelib.web.api.call import Json, Refused

ALL = "all"
SCHEMA: dict[str, Any] = {
    "type": ["object", "null"],
    "description": "A check of checks: its members by slug or code, or by a tag of theirs",
    "additionalProperties": False,
    "properties": {
        "members": {
            "type": "array",
            "items": {"type": "string", "minLength": 1, "maxLength": LONGEST_SLUG},
            "maxItems": MOST,
        },
        "tag": {"type": "string", "pattern": "^\\S+$", "maxLength": LONGEST_TAGS},
        "down_when": {"anyOf": [{"const": ALL}, {"type": "integer", "minimum": 1}]},
    },
}


def read_group(field: str, value: Json | None) -> Json | None:
    """The group of a request, its members as they are called there. Raises Refused, which names what is wrong in it."""
    import fastjsonschema

    if value is None:
        return None
    try:
        fastjsonschema.validate(SCHEMA, value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise _refused(str(error.message).replace("data", field, 1)) from error
    if bool(value.get("members")) == bool(value.get("tag")):
        raise _refused('say either {"members": ["web-1", "web-2"]} or {"tag": "web"}')
    return value


def names_of(value: Json | None) -> list[str]:
    """The members that a request names."""
    found = (value or {}).get("members", [])
    assert isinstance(found, list), "the schema has proved it"
    return found


def grouped(value: Json | None, members: Sequence[Code]) -> Group | None:
    """The group that a request means. Raises Refused."""
    if value is None:
        return None
    down_when, tag = value.get("down_when", ALL), value.get("tag", "")
    assert isinstance(tag, str), "as above"
    needed = down_when if isinstance(down_when, int) else None
    if members and needed is not None and needed > len(members):
        raise _refused(f"{needed} members cannot be down: it has {len(members)}")
    return Group(members=tuple(members), tag=tag, down_when=needed)


def shown(group: Group | None, members: Sequence[str]) -> dict[str, Any] | None:
    """A group in an answer, with what its members are called."""
    if group is None:
        return None
    who = {"tag": group.tag} if group.tag else {"members": list(members)}
    return who | {"down_when": ALL if group.down_when is None else group.down_when}


def _refused(detail: str) -> Refused:
    return Refused("json validation error: group is not valid", detail)
