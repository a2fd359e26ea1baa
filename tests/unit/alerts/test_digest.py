"""A digest as people and programs get it, written out; and no message larger than SNS takes."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

import pytest

from chalicelib.alerts.digest import build_digest_payload, split_digest
from chalicelib.alerts.integrations import notification
from chalicelib.alerts.payload import Payload
from chalicelib.alerts.publish import publish
from chalicelib.alerts.text import Delivery
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.digest import Common, Digest, Member
from chalicelib.domain.ids import Code
from overdue.local.inbox.sns_message import received
from tests.builders import a_check, hours, minutes, utc

AT = utc("2026-10-24T00:30Z")
LIMIT_BYTES = 256 * 1024


def member(
    number: int,
    kind: Kind = Kind.DOWN,
    reason: Reason = Reason.MISSED,
    *,
    name: str = "",
    tz: str = "Europe/Berlin",
    tags: str = "",
    at: datetime = AT,
) -> Member:
    check = a_check(name=name or f"backup-{number:03}", slug=f"backup-{number:03}", tz=tz, tags=tags)
    check = replace(check, code=Code(str(UUID(int=(number << 96) + number, version=4))))
    since = AT - hours(2) if kind in (Kind.UP, Kind.REMINDER, Kind.ESCALATION) else at
    facts = Facts(since=since, expected=at - minutes(5) if reason is Reason.MISSED else None)
    alert = Alert(
        id=str(UUID(int=number, version=5)),
        kind=kind,
        reason=reason,
        flip=7,
        ordinal=0,
        at=at,
        facts=facts,
        retry_at=at,
    )
    return Member(check, alert)


def a_digest(members: Sequence[Member]) -> Digest:
    kind = members[0].alert.kind
    return Digest(common=Common("default", kind, ("*",), is_tagged=False), members=tuple(members))


def payload_of(members: Sequence[Member], *, channels: tuple[str, ...] = ("ops-email",)) -> Payload:
    link = "https://overdue.example.com/"
    return build_digest_payload(a_digest(members), Delivery(at=AT, channels=channels, link=link, ack_link=None))


def test_people_read_of_the_first_twenty_and_how_many_more_there_are() -> None:
    found = payload_of([member(i) for i in range(25)])

    assert found["subject"] == "DOWN 25 checks: missed"
    lines = found["text"].split("\n")
    assert lines[:3] == ["25 checks are down: missed.", "", "  backup-000: missed, expected 02:25"]
    assert lines[21:] == [
        "  backup-019: missed, expected 02:25",
        "  and 5 more",
        "",
        "Down since    Sat 24 Oct 02:30:00 Europe/Berlin (00:30:00 UTC)",
        "",
        "This digest replaces 25 separate alerts. The overview lists all checks:",
        "https://overdue.example.com/",
    ]
    assert found["sms"] == (
        "DOWN 25 checks: backup-000, backup-001, backup-002, backup-003, backup-004, backup-005, backup-006, "
        "backup-007, backup-008, backup-009, backup-010 and 14 more."
    )


@pytest.mark.parametrize(
    ("kind", "channels", "subject", "first"),
    [
        (Kind.UP, ("ops",), "UP 3 checks: backup-000, backup-001, backup-002", "3 checks are up again."),
        (Kind.REMINDER, ("ops",), "STILL DOWN 3 checks: missed", "3 checks are still down: missed."),
        (
            Kind.ESCALATION,
            ("oncall",),
            "STILL DOWN 3 checks: missed, escalated to oncall",
            "3 checks are still down: missed, escalated to oncall. Nobody has acknowledged them.",
        ),
    ],
)
def test_each_kind_has_its_subject_and_first_line(
    kind: Kind, channels: tuple[str, ...], subject: str, first: str
) -> None:
    found = payload_of([member(i, kind) for i in range(3)], channels=channels)

    assert (found["subject"], found["text"].split("\n\n")[0]) == (subject, first)


def test_several_reasons_are_counted_the_most_frequent_first() -> None:
    members = [member(i, reason=Reason.TOO_SHORT if i % 3 else Reason.OVERRUN) for i in range(9)]

    found = payload_of(members)

    assert (found["subject"], found["reason"]) == ("DOWN 9 checks: 6 too short, 3 overrun", None)


def test_a_name_with_characters_that_a_protocol_lacks_is_approximated() -> None:
    found = payload_of([member(i, name=f"Łódź {i}") for i in range(2)])

    assert "  Łódź 0: missed" in found["text"]
    assert found["sms"].startswith("DOWN 2 checks: Lodz 0 (00000000), Lodz 1 (00000001). overdue.example.com/")
    long = payload_of([member(i, Kind.UP, name="x" * 100) for i in range(2)])
    assert (long["subject"], long["sms"][:12]) == ("UP 2 checks", "UP 2 checks:")


def test_its_zone_is_that_of_most_of_its_checks() -> None:
    found = payload_of([member(0, tz="Asia/Tokyo"), member(1), member(2)])

    assert "Europe/Berlin" in found["text"]


def test_programs_get_all_members() -> None:
    members = [member(i, at=AT + minutes(i)) for i in range(30)]

    found = payload_of(members)

    assert (found["kind"], found["at"], found["since"]) == (
        "digest",
        "2026-10-24T00:30:00+00:00",
        "2026-10-24T00:30:00+00:00",
    )
    assert (found["check"]["name"], found["check"]["url"]) == ("30 checks", "https://overdue.example.com/")
    assert found["digest"] is not None
    assert found["digest"]["kind"] == "down"
    assert len(found["digest"]["members"]) == 30
    assert found["digest"]["members"][1] == {
        "id": str(UUID(int=1, version=5)),
        "name": "backup-001",
        "slug": "backup-001",
        "unique_key": "c0754b51dba097f833caee6309b4f959db4fd1fd",
        "reason": "missed",
        "flip": 7,
        "ordinal": 0,
        "at": "2026-10-24T00:31:00+00:00",
        "since": "2026-10-24T00:31:00+00:00",
    }


class Sns:
    """Takes what is published."""

    def __init__(self) -> None:
        self.published: list[dict[str, object]] = []

    def publish(self, **asked: object) -> None:
        self.published.append(asked)


def test_a_filter_policy_finds_in_a_digest_what_it_would_have_found_in_one_of_its_members() -> None:
    sns = Sns()
    members = [member(0, tags="prod"), member(1, reason=Reason.OVERRUN, tags="prod billing")]

    publish(sns, "arn:aws:sns:eu-central-1:123456789012:x", payload_of(members), to=("*", "ops-email"))  # type: ignore[arg-type]  # as far as it is needed

    assert sns.published[0]["MessageAttributes"] == {
        "project": {"DataType": "String", "StringValue": "default"},
        "kind": {"DataType": "String", "StringValue": "down"},
        "reason": {"DataType": "String.Array", "StringValue": '["missed","overrun"]'},
        "channels": {"DataType": "String.Array", "StringValue": '["*","ops-email"]'},
        "tags": {"DataType": "String.Array", "StringValue": '["prod","billing"]'},
    }


@pytest.mark.parametrize(
    ("name", "tags"),
    [
        pytest.param("backup", "", id="plain"),
        pytest.param("🔥" * 100, "", id="four bytes a character"),
        pytest.param('"\\' * 50, "", id="each escaped, and once more"),
        pytest.param("x", "🔥" * 250, id="long tags"),
        pytest.param("\x00" * 100, "t" * 500, id="controls"),
    ],
)
def test_no_message_is_larger_than_sns_takes_envelope_included(name: str, tags: str) -> None:
    members = [member(i, name=name, tags=f"{i}{tags}") for i in range(1_200)]
    sns = Sns()

    bundles = list(split_digest(a_digest(members)))
    for bundle in bundles:
        publish(sns, "arn:aws:sns:eu-central-1:123456789012:x", payload_of(bundle.members), to=("*",))  # type: ignore[arg-type]  # as above

    assert [each for bundle in bundles for each in bundle.members] == members
    assert len({bundle.id for bundle in bundles}) == len(bundles) > 1
    for asked in sns.published:
        whole = str(asked["Message"]) + json.dumps(asked["MessageAttributes"], ensure_ascii=False)
        assert len(whole.encode()) < LIMIT_BYTES - 4_096, "with its signature and addresses"


def test_few_are_one_message() -> None:
    assert len(list(split_digest(a_digest([member(i) for i in range(200)])))) == 1


def test_a_chat_gets_a_thread_of_its_own_without_the_tags_of_all() -> None:
    found = notification(payload_of([member(i, tags="prod") for i in range(3)]))

    assert found["metadata"]["threadId"].startswith("overdue-digest-")
    assert found["content"]["keywords"] == ["digest", "missed"]
    assert found["content"]["nextSteps"] == ["Look at all checks: https://overdue.example.com/"]


def test_the_inbox_of_the_local_server_takes_it() -> None:
    found = payload_of([member(i) for i in range(25)])

    got = received(json.dumps({"Type": "Notification", "Message": json.dumps(found)}).encode())

    assert got is not None
    assert (got.kind, got.subject, got.text) == (Kind.DIGEST, found["subject"], found["text"])
