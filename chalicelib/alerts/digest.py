"""A digest: one message about many alerts of the same kind.

Its text has the count, the reasons and the first names, and links to the overview; its payload has all members. Start
at `build_digest_payload`. `chalicelib.domain.digest` decides which alerts a digest replaces; `text` and `payload` build
the message of a single alert.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.alerts.charset import Cost, Name, ascii_cost, gsm_cost, size, text_cost
from chalicelib.alerts.payload import MemberPart, Payload, iso
from chalicelib.alerts.text import LONGEST_SMS, LONGEST_SUBJECT, Delivery, Message, subject_prefix
from chalicelib.domain.alerts import Kind
from chalicelib.domain.digest import Digest, Member
from chalicelib.domain.ids import unique_key
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.reasons import count_reasons, reason_name, summarize
from chalicelib.domain.text.time_format import WallClock, duration_rounded

MOST_NAMES = 20  # members that are named in the text
MOST_BYTES = 170_000  # of members in a message; with three texts and SNS's envelope, it stays below 256 kB


def split_digest(digest: Digest) -> Iterator[Digest]:
    """The same alerts in their order, in as few digests as the size limit of SNS allows."""
    room, begun = MOST_BYTES, list[Member]()
    for member in digest.members:
        needs = _bytes_of(member)
        if needs > room and begun:
            yield replace(digest, members=tuple(begun))
            room, begun = MOST_BYTES, []
        room -= needs
        begun.append(member)
    yield replace(digest, members=tuple(begun))


def _bytes_of(member: Member) -> int:
    """The bytes of a member in the message: JSON within JSON, and its tags in the attributes."""
    as_json = json.dumps(_part(member), ensure_ascii=False)
    return len(json.dumps(as_json, ensure_ascii=False).encode()) + 2 * len(member.check.config.tags.encode())


def build_digest_payload(digest: Digest, delivery: Delivery) -> Payload:
    """The JSON of a digest, with times in the zone that most of its checks have. Fields of a single check are null."""
    members, kind = digest.members, digest.common.kind
    message = _compose(digest, delivery)
    reasons = {member.alert.reason for member in members}
    reason = members[0].alert.reason if len(reasons) == 1 else None
    tags = dict.fromkeys(tag for member in members for tag in member.check.config.tags.split())
    many = quantity(len(members), "check")
    return {
        "version": 1,
        "id": digest.id,
        "kind": Kind.DIGEST.value,
        "reason": None if reason is None else reason.value,
        "flip": 0,
        "ordinal": 0,
        "at": iso(members[0].alert.at),
        "sent_at": iso(delivery.at),
        "project": digest.common.project,
        "check": {"name": many, "slug": "", "tags": list(tags), "unique_key": "", "url": delivery.link},
        "channels": list(delivery.channels),
        "subject": message.subject,
        "text": message.text,
        "sms": message.sms,
        "since": iso(min(member.alert.facts.since for member in members)),
        "expected": None,
        "last_success": None,
        "last_duration_s": None,
        "usual_s": None,
        "exit_status": None,
        "failures_in_a_row": 0,
        "misses_in_a_row": 0,
        "output": "",
        "run": None,
        "count": None,
        "min_count": None,
        "window": None,
        "blind": None,
        "next_reminder": None,
        "held_for": None,
        "members_down": None,
        "members": None,
        "escalated_after_s": None,
        "ack_url": None,
        "digest": {"kind": kind.value, "members": [_part(member) for member in members]},
    }


def _part(member: Member) -> MemberPart:
    check, alert = member.check, member.alert
    return {
        "id": alert.id,
        "name": check.config.name,
        "slug": check.config.slug,
        "unique_key": unique_key(check.code),
        "reason": None if alert.reason is None else alert.reason.value,
        "flip": alert.flip,
        "ordinal": alert.ordinal,
        "at": iso(alert.at),
        "since": iso(alert.facts.since),
    }


def _compose(digest: Digest, delivery: Delivery) -> Message:
    zones = Counter(member.check.config.tz for member in digest.members)
    clock = WallClock(tz=zones.most_common(1)[0][0], now=delivery.at)
    return Message(
        subject=_subject(digest, delivery),
        text="\n\n".join(_paragraphs(digest, clock, delivery)),
        sms=_sms(digest, delivery.link),
    )


def _subject(digest: Digest, delivery: Delivery) -> str:
    """ "DOWN 612 checks: 600 missed, 12 overrun"; for recoveries, the first names. Without them if it is too long."""
    start = f"{subject_prefix(digest.common.kind)} {quantity(len(digest.members), 'check')}"
    if digest.common.kind is Kind.UP:
        return _with_names(f"{start}: ", digest.members, ascii_cost, room=LONGEST_SUBJECT) or start
    said = f"{start}: {_reasons(digest)}"
    escalated = said + _escalated_to(digest, delivery)
    return next(text for text in (escalated, said, start) if len(text) <= LONGEST_SUBJECT)


def _reasons(digest: Digest) -> str:
    return count_reasons(member.alert.reason for member in digest.members)


def _escalated_to(digest: Digest, delivery: Delivery) -> str:
    if digest.common.kind is not Kind.ESCALATION:
        return ""
    return f", escalated to {', '.join(delivery.channels)}" if delivery.channels else ", escalated"


def _with_names(start: str, members: Sequence[Member], cost: Cost, *, room: int) -> str | None:
    """The start, as many of the first names as fit, and how many more there are; None if not even one name fits."""
    names = [_name(member).whole(cost) for member in members[:MOST_NAMES]]
    for number in range(len(names), 0, -1):
        more = len(members) - number
        text = start + ", ".join(names[:number]) + (f" and {more} more" if more else "")
        if size(text, cost) <= room:
            return text
    return None


def _name(member: Member) -> Name:
    return Name.of(member.check.code, member.check.config)


def _sms(digest: Digest, link: str) -> str:
    start = f"{subject_prefix(digest.common.kind)} {quantity(len(digest.members), 'check')}"
    said = _with_names(f"{start}: ", digest.members, gsm_cost, room=LONGEST_SMS - 1) or start
    address = link.split("://", 1)[-1]
    whole = f"{said}. {address}"
    return whole if address and all(map(gsm_cost, address)) and size(whole, gsm_cost) <= LONGEST_SMS else f"{said}."


def _paragraphs(digest: Digest, clock: WallClock, delivery: Delivery) -> Iterable[str]:
    kind, members = digest.common.kind, digest.members
    many = quantity(len(members), "check")
    match kind:
        case Kind.UP:
            yield f"{many} are up again."
        case Kind.ESCALATION:
            how = f"{_reasons(digest)}{_escalated_to(digest, delivery)}"
            yield f"{many} are still down: {how}. Nobody has acknowledged them."
        case Kind.REMINDER:
            yield f"{many} are still down: {_reasons(digest)}."
        case _:
            yield f"{many} are down: {_reasons(digest)}."
    named = members[:MOST_NAMES]
    lines = "\n".join(f"  {_name(member).whole(text_cost)}: {_summary(member, clock)}" for member in named)
    more = len(members) - MOST_NAMES
    yield f"{lines}\n  and {more} more" if more > 0 else lines
    since = min(member.alert.facts.since for member in members), max(member.alert.facts.since for member in members)
    if kind is not Kind.UP:
        yield f"Down since    {clock.full(since[0]) if since[0] == since[1] else clock.span(*since)}"
    yield f"This digest replaces {len(members)} separate alerts. The overview lists all checks:\n{delivery.link}"


def _summary(member: Member, clock: WallClock) -> str:
    alert = member.alert
    lasts = duration_rounded(alert.at - alert.facts.since)
    match alert.kind:
        case Kind.UP:
            return f"was down for {lasts}"
        case Kind.DOWN:
            return ", ".join(summarize(alert.reason, alert.facts, clock))
        case _:
            return f"{reason_name(alert.reason)}, for {lasts}"
