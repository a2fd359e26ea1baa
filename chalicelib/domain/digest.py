"""Which alerts leave together: many of one kind, for the same channels, that wait at one moment (docs/adr/0013).

A digest is nothing that is stored: its members stay alerts of their checks until they have been told (rule 13), and
are told alone where they are few. Start at `digests`. Who looks at so many checks at once is the sweep; how it is
worded, and how many fit into one message, stands in `chalicelib.alerts.digest`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from chalicelib.domain.alerts import Alert, Kind, digest_id
from chalicelib.domain.check import Check
from chalicelib.domain.deliver import waiting


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of a digest, with its check."""

    check: Check
    alert: Alert


class Common(NamedTuple):
    """What all members of a digest have in common, since it decides who gets them."""

    project: str
    kind: Kind
    channels: tuple[str, ...]  # ids, or "*", sorted
    is_tagged: bool  # a subscription may ask for what has no tags


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """Alerts that leave as one."""

    common: Common
    members: tuple[Member, ...]  # what happened first comes first

    @property
    def id(self) -> str:
        """The same for the same members."""
        return digest_id(member.alert.id for member in self.members)


def wanted(check: Check, alert: Alert) -> tuple[str, ...]:
    """The ids of the channels that an alert is for: the check's, or a step's own; of an end, both (rule 11)."""
    return alert.channels if alert.kind is Kind.ESCALATION else (*check.config.channels, *alert.channels)


def digests(checks: Iterable[Check], *, at_least: int, now: datetime) -> tuple[Digest, ...]:
    """What of all that these checks would tell at `now` leaves as digests, in the order in which it must.

    A check's later alert is in one only if its earlier ones are: else people would hear of the end before the
    beginning.
    """
    found: list[Digest] = []
    waits = [(check, waiting(check, now=now)) for check in checks]
    place = 0
    while waits := [(check, alerts) for check, alerts in waits if len(alerts) > place]:
        these = _bundled([Member(check, alerts[place]) for check, alerts in waits], at_least=at_least)
        found += these
        told = {member.check.code for digest in these for member in digest.members}
        waits = [(check, alerts) for check, alerts in waits if check.code in told]
        place += 1
    return tuple(found)


def _bundled(members: Sequence[Member], *, at_least: int) -> list[Digest]:
    alike: dict[Common, list[Member]] = {}
    for member in sorted(members, key=_first_comes_first):
        alike.setdefault(_common(member), []).append(member)
    return [Digest(common=common, members=tuple(bundle)) for common, bundle in alike.items() if len(bundle) >= at_least]


def _first_comes_first(member: Member) -> tuple[datetime, str, str]:
    return member.alert.at, member.check.config.name or member.check.config.slug, member.alert.id


def _common(member: Member) -> Common:
    check, alert = member.check, member.alert
    channels = tuple(sorted(set(wanted(check, alert))))
    return Common(check.project, alert.kind, channels, is_tagged=bool(check.config.tags.split()))
