"""A check of checks: nobody pings a group, its members decide its status
(docs/reference/rules.md, rule 19; docs/adr/0012). Pure: the members are an argument.

It is down, with the reason `failed`, while all or so many of its members are; one that is paused does not count, and
with none that counts it is new: neither up nor down. What surrounds its flips (alerts, reminders, snooze, pause) is as
for any check. Start at `evaluate`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.domain.advance import settle
from chalicelib.domain.alert_creation import down, snapshot, up
from chalicelib.domain.alerts import Facts, Reason
from chalicelib.domain.check import Check, Status, Verdict, flipped, label
from chalicelib.domain.config import Group
from chalicelib.domain.ping import LONGEST_OUTPUT
from chalicelib.domain.rules.due import next_due
from chalicelib.domain.text.reasons import name_members_down

MOST = 100  # members that are named


def is_member(group: Check, check: Check) -> bool:
    """Whether a check is one of a group's own; no group is: groups of groups could go in a circle."""
    wanted = group.config.group
    if wanted is None or check.config.group is not None or check.project != group.project or check.code == group.code:
        return False
    return wanted.tag in check.config.tags.split() if wanted.tag else check.code in wanted.members


def evaluate(check: Check, members: Sequence[Check], *, now: datetime) -> Verdict:
    """The group as its members make it at `now`. `members` are those that exist.

    They go first: a look that comes late must not remind of what they have ended.
    """
    group = check.config.group
    assert group is not None, "only a group has members"
    after = check if check.status is Status.PAUSED else _judged(check, group, _watched(check, members), now=now)
    after = settle(after, now=now)
    settled_at = now if after.settled_at is None else max(after.settled_at, now)
    after = replace(after, settled_at=settled_at)
    return Verdict(check, replace(after, due_at=next_due(after)))


def _watched(check: Check, members: Sequence[Check]) -> list[Check]:
    """No group counts as a member: groups of groups could go in a circle."""
    watched = (each for each in members if each.config.group is None and each.code != check.code)
    return sorted(watched, key=label)


def _judged(check: Check, group: Group, watched: list[Check], *, now: datetime) -> Check:
    members = [each for each in watched if each.status is not Status.PAUSED]
    # a member may have flipped after `now`, which is when the evaluation began, or by another clock
    latest = max((now, *(each.since for each in watched if each.since is not None)))
    if not members:
        return _of_nobody(check, at=latest)
    down_ones = [each for each in members if each.status is Status.DOWN]
    needed = len(members) if group.down_when is None else group.down_when
    is_down = bool(down_ones) and len(down_ones) >= needed
    facts = replace(
        snapshot(check),
        members=tuple(map(label, down_ones)),
        n_members=len(members),
        down_when=group.down_when,
    )
    check = replace(check, last_output=name_members_down(facts)[:LONGEST_OUTPUT] if is_down else "")
    if is_down:
        if check.status is Status.DOWN:
            return check
        paused = [each for each in watched if each.status is Status.PAUSED] if group.down_when is None else []
        return down(check, Reason.FAILED, at=_went_down_at(down_ones, needed, paused), now=now, facts=facts)
    if check.status is Status.UP or (check.status is Status.NEW and all(each.status is Status.NEW for each in members)):
        return check
    return _up(check, _came_up_at(check, watched, len(down_ones), needed, latest=latest), now=now, facts=facts)


def _of_nobody(check: Check, *, at: datetime) -> Check:
    """Nothing has gone down or recovered: nobody hears of it, as of a pause."""
    return check if check.status is Status.NEW else replace(flipped(check, Status.NEW, at=at)[0], last_output="")


def _went_down_at(down_ones: list[Check], needed: int, paused: list[Check]) -> datetime:
    """When enough members were down. If all have to be down, a member paused later may have been the last one up:
    then the instant of that pause.
    """
    return max([sorted(_since(down_ones))[needed - 1], *_since(paused)])


def _came_up_at(check: Check, watched: list[Check], n_down: int, needed: int, *, latest: datetime) -> datetime:
    """When the number of down members fell below the threshold; `latest` if that is unknown.

    Not before a later pause or resumption of a member, because that member may have been down until then.
    """
    begun = check.since or check.created_at
    changed = [each for each in watched if each.since is not None and each.since > begun]
    ended = sorted(_since([each for each in changed if each.status is Status.UP]))
    left = _since([each for each in changed if each.status in (Status.PAUSED, Status.NEW)])
    nth = n_down + len(ended) - needed
    return max([ended[nth], *left]) if 0 <= nth < len(ended) else latest


def _since(checks: list[Check]) -> list[datetime]:
    return [each.since for each in checks if each.since is not None]


def _up(check: Check, at: datetime, *, now: datetime, facts: Facts) -> Check:
    """The group after its recovery; its alert names the members that are still down."""
    after = up(check, was=check, at=at, now=now, took=None)
    told = next((alert for alert in after.alerts if alert.flip == after.n_flips), None)
    if told is None:  # nobody has heard that it was down
        return after
    of_members = replace(told.facts, members=facts.members, n_members=facts.n_members, down_when=facts.down_when)
    alerts = (replace(told, facts=of_members) if alert is told else alert for alert in after.alerts)
    return replace(after, alerts=tuple(alerts))


def as_json(group: Group) -> dict[str, object]:
    """A group as it is stored: what it does not say is left out."""
    said = {"members": list(group.members), "tag": group.tag, "down_when": group.down_when}
    return {name: value for name, value in said.items() if value}


def from_json(said: Mapping[str, Any]) -> Group:
    """A group as it was stored."""
    return Group(members=tuple(said.get("members", ())), tag=said.get("tag", ""), down_when=said.get("down_when"))
