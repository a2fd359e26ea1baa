"""A look at a group: its members read, and the verdict of `domain.members` on them
(docs/reference/rules.md, rule 19; docs/adr/0012).

A member bears the groups that it belongs to, so that its flip makes them due (`change.deliver`); a look lets new
members know. So members cost nothing until they flip, and where there is no group nothing is asked. Start at `judged`.
"""

from datetime import datetime

from chalicelib import log
from chalicelib.domain.check import Check, Verdict
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.rules.groups import is_member
from chalicelib.domain.rules.members import look
from chalicelib.services.transaction import Ports, change, deliver
from chalicelib.store import batch_get, checks


def judged(ports: Ports, group: Check, *, now: datetime) -> Verdict:
    """The group as its members make it. One BatchGet; by a tag, a look at all checks of the project."""
    return look(group, _members(ports, group), now=now)


def looked_at(ports: Ports, group: Check, *, now: datetime) -> Check:
    """A group that has just been made or edited, as it is at once; where that cannot be, the sweep looks."""
    try:
        return deliver(ports, change(ports, group.code, lambda check: _if_still(ports, check, now=now)).check, now=now)
    except (NotFound, Unavailable) as error:
        log.event("left_to_the_sweep", check=short(group.code), why=str(error))
        return group


def _if_still(ports: Ports, check: Check, *, now: datetime) -> Verdict:
    """What is a group no more is left as it is."""
    return Verdict(check, check) if check.config.group is None else judged(ports, check, now=now)


def _members(ports: Ports, group: Check) -> list[Check]:
    """Those that exist. One that is new to the group is read once more, as it is after it has been let know: what flips
    from then on makes the group due."""
    wanted = group.config.group
    assert wanted is not None, "only a group has members"
    codes = batch_get.codes(ports.tables, group.project) if wanted.tag else wanted.members
    found = [each for each in batch_get.checks(ports.tables, codes, sleep=ports.sleep) if is_member(group, each)]
    known = [each if group.code in each.in_groups else _joined(ports, each.code, group.code) for each in found]
    return [each for each in known if each is not None]


def _joined(ports: Ports, member: Code, group: Code) -> Check | None:
    try:
        return checks.join(ports.tables, member, group)
    except NotFound:
        return None  # deleted meanwhile
