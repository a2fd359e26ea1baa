"""A check of checks: nobody pings it, its members tell how it is
(docs/reference/rules.md, rule 19; docs/adr/0012). Here is what it consists of.

Whether it is down is decided in `members`.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain.check import Check
from chalicelib.domain.config import Group

MOST = 100  # members that are named
LOOK_AGAIN = timedelta(minutes=15)  # members that flip make it due; this finds those that have got its tag, or gone


def is_member(group: Check, check: Check) -> bool:
    """Whether a check is one of a group's own; no group is: groups of groups could go in a circle."""
    wanted = group.config.group
    if wanted is None or check.config.group is not None or check.project != group.project or check.code == group.code:
        return False
    return wanted.tag in check.config.tags.split() if wanted.tag else check.code in wanted.members


def next_look(check: Check) -> datetime:
    """When a group is looked at, though no member has flipped; what has been settled was the last look."""
    return check.created_at if check.settled_at is None else check.settled_at + LOOK_AGAIN


def as_json(group: Group) -> dict[str, object]:
    """A group as it is stored: what it does not say is left out."""
    said = {"members": list(group.members), "tag": group.tag, "down_when": group.down_when}
    return {name: value for name, value in said.items() if value}


def from_json(said: Mapping[str, Any]) -> Group:
    """A group as it was stored."""
    return Group(members=tuple(said.get("members", ())), tag=said.get("tag", ""), down_when=said.get("down_when"))
