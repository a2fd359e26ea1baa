"""A digest as people and programs get it: how many, why, the first of them by name; and how many fit into a message.

People read the first few and are sent to the overview; programs get all members. Start at `told`. Which alerts leave
together is decided in `chalicelib.domain.digest`, how a single one is worded in `letter` and `document`.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from chalicelib.alerts.charset import Cost, Name, in_ascii, in_gsm, in_text, size
from chalicelib.alerts.payload import Document, MemberPart, iso
from chalicelib.alerts.text import LONGEST_SMS, LONGEST_SUBJECT, Letter, Sending
from chalicelib.domain.alerts import Kind
from chalicelib.domain.digest import Digest, Member
from chalicelib.domain.ids import unique_key
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.reasons import count_reasons, reason_name, summarize
from chalicelib.domain.text.time_format import WallClock, duration_rounded

NAMED = 20  # members that people read of
MOST_BYTES = 170_000  # of members in a message; the words come thrice, and SNS's envelope besides: 256 kB in all


def parts(digest: Digest) -> Iterator[Digest]:
    """The same alerts in as few digests as SNS takes, in their order."""
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
    """In the message: JSON within JSON, and its tags among the attributes."""
    as_json = json.dumps(_part(member), ensure_ascii=False)
    return len(json.dumps(as_json, ensure_ascii=False).encode()) + 2 * len(member.check.config.tags.encode())


def told(digest: Digest, sending: Sending) -> Document:
    """All that it tells, in the zone that most of its checks have; one that is of no single check says so."""
    members, kind = digest.members, digest.common.kind
    words = _letter(digest, sending)
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
        "sent_at": iso(sending.at),
        "project": digest.common.project,
        "check": {"name": many, "slug": "", "tags": list(tags), "unique_key": "", "url": sending.link},
        "channels": list(sending.channels),
        "subject": words.subject,
        "text": words.text,
        "sms": words.sms,
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


def _letter(digest: Digest, sending: Sending) -> Letter:
    zones = Counter(member.check.config.tz for member in digest.members)
    clock = WallClock(tz=zones.most_common(1)[0][0], now=sending.at)
    return Letter(
        subject=_subject(digest, sending),
        text="\n\n".join(_paragraphs(digest, clock, sending)),
        sms=_sms(digest, sending.link),
    )


def _head(kind: Kind) -> str:
    return "STILL DOWN" if kind in (Kind.REMINDER, Kind.ESCALATION) else kind.upper()


def _subject(digest: Digest, sending: Sending) -> str:
    """ "DOWN 612 checks: 600 missed, 12 overrun"; of recoveries, the first names. What is too long goes."""
    start = f"{_head(digest.common.kind)} {quantity(len(digest.members), 'check')}"
    if digest.common.kind is Kind.UP:
        return _with_names(f"{start}: ", digest.members, in_ascii, room=LONGEST_SUBJECT) or start
    said = f"{start}: {_reasons(digest)}"
    escalated = said + _escalated(digest, sending)
    return next(text for text in (escalated, said, start) if len(text) <= LONGEST_SUBJECT)


def _reasons(digest: Digest) -> str:
    return count_reasons(member.alert.reason for member in digest.members)


def _escalated(digest: Digest, sending: Sending) -> str:
    if digest.common.kind is not Kind.ESCALATION:
        return ""
    return f", escalated to {', '.join(sending.channels)}" if sending.channels else ", escalated"


def _with_names(start: str, members: Sequence[Member], cost: Cost, *, room: int) -> str | None:
    """As many of the first names as there is room for, and how many more there are; None: not even for one."""
    names = [_name(member).whole(cost) for member in members[:NAMED]]
    for number in range(len(names), 0, -1):
        more = len(members) - number
        text = start + ", ".join(names[:number]) + (f" and {more} more" if more else "")
        if size(text, cost) <= room:
            return text
    return None


def _name(member: Member) -> Name:
    return Name.of(member.check.code, member.check.config)


def _sms(digest: Digest, link: str) -> str:
    start = f"{_head(digest.common.kind)} {quantity(len(digest.members), 'check')}"
    said = _with_names(f"{start}: ", digest.members, in_gsm, room=LONGEST_SMS - 1) or start
    address = link.split("://", 1)[-1]
    whole = f"{said}. {address}"
    return whole if address and all(map(in_gsm, address)) and size(whole, in_gsm) <= LONGEST_SMS else f"{said}."


def _paragraphs(digest: Digest, clock: WallClock, sending: Sending) -> Iterable[str]:
    kind, members = digest.common.kind, digest.members
    many = quantity(len(members), "check")
    match kind:
        case Kind.UP:
            yield f"{many} are up again."
        case Kind.ESCALATION:
            how = f"{_reasons(digest)}{_escalated(digest, sending)}"
            yield f"{many} are still down: {how}. Nobody has acknowledged them."
        case Kind.REMINDER:
            yield f"{many} are still down: {_reasons(digest)}."
        case _:
            yield f"{many} are down: {_reasons(digest)}."
    lines = "\n".join(f"  {_name(member).whole(in_text)}: {_in_short(member, clock)}" for member in members[:NAMED])
    more = len(members) - NAMED
    yield f"{lines}\n  and {more} more" if more > 0 else lines
    since = min(member.alert.facts.since for member in members), max(member.alert.facts.since for member in members)
    if kind is not Kind.UP:
        yield f"Down since    {clock.full(since[0]) if since[0] == since[1] else clock.span(*since)}"
    yield "They are told together, since so many came at once. All of them stand in the overview:\n" + sending.link


def _in_short(member: Member, clock: WallClock) -> str:
    alert = member.alert
    lasts = duration_rounded(alert.at - alert.facts.since)
    match alert.kind:
        case Kind.UP:
            return f"was down for {lasts}"
        case Kind.DOWN:
            return ", ".join(summarize(alert.reason, alert.facts, clock))
        case _:
            return f"{reason_name(alert.reason)}, for {lasts}"
