"""Read the members of a group, and evaluate it (docs/reference/rules.md, rule 19; docs/adr/0012).

A member stores the groups that it belongs to, so that its flip makes them due (`transaction.deliver`); an evaluation
adds the group to new members. So members cost nothing until they flip, and without groups nothing is read. Start at
`evaluate_group`.
"""

from datetime import datetime

from chalicelib import log
from chalicelib.domain.check import Check, Verdict
from chalicelib.domain.errors import NotFound, Unavailable
from chalicelib.domain.ids import Code, short
from chalicelib.domain.rules.groups import evaluate, is_member
from chalicelib.services.transaction import Ports, change, deliver
from chalicelib.store import batch_get, checks


def evaluate_group(ports: Ports, group: Check, *, now: datetime) -> Verdict:
    """The group as its members make it. One BatchGet; by a tag, a look at all checks of the project."""
    return evaluate(group, _members(ports, group), now=now)


def evaluate_at_once(ports: Ports, group: Check, *, now: datetime) -> Check:
    """Evaluate a group that has just been created or edited. If DynamoDB does not answer, the sweep does it later."""
    try:
        return deliver(ports, change(ports, group.code, lambda check: _if_still(ports, check, now=now)).check, now=now)
    except (NotFound, Unavailable) as error:
        log.event("left_to_the_sweep", check=short(group.code), why=str(error))
        return group


def _if_still(ports: Ports, check: Check, *, now: datetime) -> Verdict:
    """The verdict; none about a check that is no group any more."""
    return Verdict(check, check) if check.config.group is None else evaluate_group(ports, check, now=now)


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
