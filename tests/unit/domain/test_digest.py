"""Which alerts leave together (docs/reference/rules.md, rule 13; docs/adr/0013)."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

import pytest

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason, digest_id
from chalicelib.domain.check import Check
from chalicelib.domain.digest import Digest, digests
from chalicelib.domain.ids import Code
from tests.builders import a_check, minutes, utc

NOON = utc("2026-03-01T12:00Z")
IDS = tuple(str(uuid5(UUID(int=0), str(number))) for number in range(3))


def waiting(
    number: int,
    *kinds: Kind,
    channels: tuple[str, ...] = ("*",),
    to: tuple[str, ...] = (),
    tags: str = "",
    at: datetime = NOON,
) -> Check:
    """A check in which alerts of these kinds wait, the oldest first."""
    check = a_check(name=f"job-{number}", channels=channels, tags=tags)
    alerts = tuple(
        Alert(
            id=str(uuid5(UUID(int=number), str(place))),
            kind=kind,
            reason=Reason.MISSED,
            flip=2,
            ordinal=0,
            at=at,
            facts=Facts(since=at),
            channels=to,
            retry_at=at,
        )
        for place, kind in enumerate(kinds)
    )
    return replace(check, code=Code(str(UUID(int=number + 1, version=4))), alerts=alerts)


def found(checks: Iterable[Check], *, at_least: int = 3) -> list[tuple[Kind, list[str]]]:
    return [named(digest) for digest in digests(checks, at_least=at_least, now=NOON)]


def named(digest: Digest) -> tuple[Kind, list[str]]:
    return digest.common.kind, [member.check.config.name for member in digest.members]


@pytest.mark.parametrize(("number", "together"), [(2, 0), (3, 3), (4, 4)])
def test_so_many_of_a_kind_leave_together_and_fewer_alone(number: int, together: int) -> None:
    checks = [waiting(i, Kind.DOWN) for i in range(number)]

    assert sum(len(names) for _, names in found(checks)) == together


DOWN = [waiting(i, Kind.DOWN) for i in range(2)]


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(waiting(9, Kind.UP), id="of another kind"),
        pytest.param(waiting(9, Kind.DOWN, channels=("c1",)), id="for other channels"),
        pytest.param(waiting(9, Kind.DOWN, to=("c1",)), id="for one channel more"),
        pytest.param(waiting(9, Kind.DOWN, tags="prod"), id="with tags, which somebody may not ask for"),
        pytest.param(replace(waiting(9, Kind.DOWN), project="billing"), id="of another project"),
        pytest.param(waiting(9, Kind.DOWN, at=NOON + minutes(1)), id="that waits for later"),
    ],
)
def test_what_goes_elsewhere_does_not_leave_with_them(other: Check) -> None:
    assert found([*DOWN, other]) == []


def test_channels_are_the_same_in_whatever_order_they_are_said() -> None:
    checks = [
        waiting(i, Kind.DOWN, channels=order) for i, order in enumerate([("a", "b"), ("b", "a"), ("a", "b", "a")])
    ]

    [digest] = digests(checks, at_least=3, now=NOON)

    assert digest.common.channels == ("a", "b")


def test_an_escalation_goes_to_its_own_channels() -> None:
    checks = [waiting(i, Kind.ESCALATION, channels=("*",), to=("oncall",)) for i in range(3)]

    [digest] = digests(checks, at_least=3, now=NOON)

    assert digest.common.channels == ("oncall",)


def test_what_happened_first_stands_first() -> None:
    checks = [waiting(1, Kind.DOWN), waiting(0, Kind.DOWN), waiting(2, Kind.DOWN, at=NOON - minutes(1))]

    assert found(checks) == [(Kind.DOWN, ["job-2", "job-0", "job-1"])]


def test_of_a_check_that_holds_several_the_end_is_told_after_the_beginning() -> None:
    checks = [waiting(i, Kind.DOWN, Kind.UP) for i in range(3)]

    names = ["job-0", "job-1", "job-2"]
    assert found(checks) == [(Kind.DOWN, names), (Kind.UP, names)]


def test_an_end_is_in_no_digest_when_its_beginning_is_told_alone() -> None:
    alone = waiting(9, Kind.REMINDER, Kind.UP)
    checks = [*(waiting(i, Kind.DOWN, Kind.UP) for i in range(3)), alone]

    assert [name for kind, names in found(checks) for name in names if kind is Kind.UP] == ["job-0", "job-1", "job-2"]


def test_the_id_of_a_digest_is_that_of_its_members_in_whatever_order() -> None:
    checks = [waiting(i, Kind.DOWN) for i in range(3)]

    [digest], [again] = digests(checks, at_least=3, now=NOON), digests(checks[::-1], at_least=3, now=NOON)

    assert digest.id == again.id == digest_id(member.alert.id for member in digest.members)


def test_a_digest_of_others_has_another_id() -> None:
    first, *_ = sorted(IDS)
    assert digest_id(IDS) == str(uuid5(UUID(first), " ".join(sorted(IDS))))
    assert digest_id(IDS[:2]) != digest_id(IDS)
