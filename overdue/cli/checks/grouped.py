"""The options that make a check a group of others, and what `overdue checks show` tells of that.

Start at `group_options` and `group_fields`.
"""

from collections.abc import Callable, Mapping
from typing import Any

import click

from chalicelib.fields.kinds import OFF
from chalicelib.fields.object_kinds import ALL, Grouping
from overdue.cli.options import wrong_usage

Function = Callable[..., Any]

_PARTS = Grouping.parts
_OPTIONS = (
    click.option(
        "--member",
        "members",
        metavar="CHECK",
        multiple=True,
        help='Make it a group with this member, by slug; or "off". Repeatable.',
    ),
    click.option("--member-tag", metavar="TAG", help="Make it a group of all checks with this tag."),
    click.option(
        "--down-when", metavar="N", help='How many members must be down to put the group down, or "all". Default: all.'
    ),
)


def group_options(function: Function) -> Function:
    """Add the options that `group_fields` reads."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def says_group(said: Mapping[str, Any]) -> bool:
    """Whether an option of a group was given."""
    return bool(said["members"]) or said["member_tag"] is not None or said["down_when"] is not None


def group_fields(
    said: Mapping[str, Any], fields: Mapping[str, object], *, before: Mapping[str, Any] | None
) -> dict[str, object]:
    """The API's fields with the group that is meant: what it was before, and over it what is said."""
    if not says_group(said):
        return dict(fields)
    members, tag, needed = said["members"], said["member_tag"], said["down_when"]
    if members == (OFF,):
        return {**fields, "group": None}
    if members and tag is not None:
        raise click.UsageError("--member and --member-tag exclude each other")
    if not members and tag is None and before is None:
        raise click.UsageError("--down-when is about a group: add --member CHECK or --member-tag TAG")
    group = dict(before or {})
    with wrong_usage():
        if members:
            found = _PARTS["members"].parse("--member", ",".join(members))
            group = {"members": list(found), "down_when": group.get("down_when", ALL)}
        elif tag is not None:
            group = {"tag": _PARTS["tag"].parse("--member-tag", tag), "down_when": group.get("down_when", ALL)}
        if needed is not None:
            group["down_when"] = _PARTS["down_when"].parse("--down-when", needed) or ALL
    return {**fields, "group": group}


def group_in_words(group: Mapping[str, Any]) -> str:
    """Who its members are, and how many of them make it down."""
    members = group.get("members")
    who = f"the checks with tag {group.get('tag')}" if members is None else ", ".join(members)
    needed = group.get("down_when", ALL)
    return f"down when {needed} of {who} {'is' if needed == 1 else 'are'}"
