"""What a group is, from what its members are (docs/adr/0012). Pure: the members are an argument.

It is down, with the reason `failed`, while all or so many of its members are; one that is paused does not count, and
with none that counts it is new: neither up nor down. What surrounds its flips (alerts, reminders, snooze, pause) is as
for any check. Start at `look`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.advance import settle
from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.check import Check, Status, Verdict, flipped
from chalicelib.domain.depends import called
from chalicelib.domain.due import next_due
from chalicelib.domain.group import Group
from chalicelib.domain.outage import down, snapshot, up
from chalicelib.domain.signals import LONGEST_OUTPUT
from chalicelib.domain.words import members_down


def look(check: Check, members: Sequence[Check], *, now: datetime) -> Verdict:
    """The group as its members make it at `now`. `members` are those that exist.

    They go first: a look that comes late must not remind of what they have ended.
    """
    group = check.config.group
    assert group is not None, "only a group has members"
    after = check if check.status is Status.PAUSED else _judged(check, group, _counting(check, members), now=now)
    after = settle(after, now=now)
    settled_at = now if after.settled_at is None else max(after.settled_at, now)
    after = replace(after, settled_at=settled_at)
    return Verdict(check, replace(after, due_at=next_due(after)))


def _counting(check: Check, members: Sequence[Check]) -> list[Check]:
    """No group counts as a member: groups of groups could go in a circle."""
    watched = (each for each in members if each.config.group is None and each.status is not Status.PAUSED)
    return sorted((each for each in watched if each.code != check.code), key=called)


def _judged(check: Check, group: Group, members: list[Check], *, now: datetime) -> Check:
    if not members:
        return _of_nobody(check, now=now)
    down_ones = [each for each in members if each.status is Status.DOWN]
    needed = len(members) if group.down_when is None else group.down_when
    is_down = bool(down_ones) and len(down_ones) >= needed
    facts = replace(
        snapshot(check),
        members=tuple(map(called, down_ones)),
        n_members=len(members),
        down_when=group.down_when,
    )
    check = replace(check, last_output=members_down(facts)[:LONGEST_OUTPUT] if is_down else "")
    if is_down:
        return check if check.status is Status.DOWN else _down(check, down_ones, needed, now=now, facts=facts)
    if check.status is Status.UP or (check.status is Status.NEW and all(each.status is Status.NEW for each in members)):
        return check
    return _up(check, members, len(down_ones), needed, now=now, facts=facts)


def _of_nobody(check: Check, *, now: datetime) -> Check:
    """Nothing has gone down or recovered: nobody hears of it, as of a pause."""
    return check if check.status is Status.NEW else replace(flipped(check, Status.NEW, at=now)[0], last_output="")


def _down(check: Check, down_ones: list[Check], needed: int, *, now: datetime, facts: Facts) -> Check:
    """Since the last of those who had to has gone down."""
    since = sorted(each.since or now for each in down_ones)
    return down(check, Reason.FAILED, at=min(since[needed - 1], now), now=now, facts=facts)


def _up(check: Check, members: list[Check], n_down: int, needed: int, *, now: datetime, facts: Facts) -> Check:
    """Since so many had come up again that those left were too few, as far as that can be told; else from now on."""
    begun = check.since or check.created_at
    ended = sorted(
        each.since for each in members if each.status is Status.UP and each.since is not None and each.since > begun
    )
    nth = n_down + len(ended) - needed
    at = ended[nth] if 0 <= nth < len(ended) else now
    after = up(check, was=check, at=min(at, now), now=now, took=None)
    told = next((alert for alert in after.alerts if alert.flip == after.n_flips), None)
    if told is None:  # nobody has heard that it was down
        return after
    of_members = replace(told.facts, members=facts.members, n_members=facts.n_members, down_when=facts.down_when)
    alerts = (replace(told, facts=of_members) if alert is told else alert for alert in after.alerts)
    return replace(after, alerts=tuple(alerts))
