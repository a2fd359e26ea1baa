"""What the page `/inbox` says: its verdict, its tally, its letters, in the zone that the reader asks for.

Start at `shown`. All words and numbers of `templates/inbox.html` are made ready here; nothing is kept here.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from werkzeug.wrappers import Request, Response

from chalicelib.domain.alerts import Kind
from chalicelib.domain.errors import BadInput
from overdue.local.inbox import layout
from overdue.local.inbox.layout import NavLink
from overdue.local.inbox.sns_message import ReceivedAlert

REFRESH_S = 10
SENDER = "Overdue <no-reply@sns.amazonaws.com>"
KINDS = (Kind.DOWN, Kind.REMINDER, Kind.ESCALATION, Kind.UP, Kind.DIGEST, Kind.TEST)  # as the tally has them
MARKS = {
    Kind.DOWN: "down",
    Kind.UP: "up",
    Kind.REMINDER: "clock",
    Kind.ESCALATION: "clock",
    Kind.DIGEST: "note",
    Kind.TEST: "note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What the reader asks for in the page's address."""

    kind: Kind | None  # None: all
    tz: str
    default_tz: str
    refreshes: bool

    def href(self) -> str:
        """The address of the page that fulfils it. What is as it would be anyway is left out."""
        parameters = {
            "kind": self.kind,
            "tz": None if self.tz == self.default_tz else self.tz,
            "refresh": None if self.refreshes else "off",
        }
        asked = {name: value for name, value in parameters.items() if value is not None}
        return f"/inbox?{urlencode(asked)}" if asked else "/inbox"


def wish(request: Request, *, default_tz: str) -> Wish:
    """Read the page's address. Raises BadInput for a kind or zone that does not exist."""
    kind = request.args.get("kind", "")
    if kind and kind not in set(Kind):
        raise BadInput(f"kind {kind!r} is none of {', '.join(KINDS)}")
    tz = request.args.get("tz", default_tz)
    _zone(tz)
    return Wish(
        kind=Kind(kind) if kind else None,
        tz=tz,
        default_tz=default_tz,
        refreshes=request.args.get("refresh", "") != "off",
    )


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, KeyError, OSError) as error:  # OSError: a folder of zones, such as "Europe"
        raise BadInput(f"tz {name!r} is not the name of a zone, such as Europe/Berlin") from error


@dataclass(frozen=True, slots=True)
class Instant:
    """An instant for `<time>`: for machines, and in words."""

    iso: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyView:
    """One filter with its count."""

    label: str
    href: str
    mark: str | None
    count: int
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """One alert with its letters."""

    id: str  # of its element: what its reader has unfolded or folded stays so
    mark: str
    at: Instant
    day: str | None  # the heading above it, where a day begins
    subject: str
    channels: str
    repeats: str | None
    text: str
    sms: str
    sms_length: int
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class InboxView:
    """The whole page."""

    title: str
    verdict: str
    note: str
    nav: Sequence[NavLink]
    now: Instant
    tz: str
    other_tz: str | None
    other_tz_href: str
    refresh_s: int | None
    refresh_href: str
    sender: str
    tally: Sequence[TallyView]
    alerts: Sequence[AlertView]


def shown(
    alerts: Sequence[ReceivedAlert], wish: Wish, *, now: datetime, speed: float, nav: Sequence[NavLink]
) -> Response:
    """The page for these alerts, which come newest first."""
    zone = _zone(wish.tz)
    other_tz = "UTC" if wish.tz != "UTC" else (wish.default_tz if wish.default_tz != "UTC" else None)
    chosen = [alert for alert in alerts if wish.kind in (None, alert.kind)]
    view = InboxView(
        title=f"({len(alerts)}) Alerts · Overdue" if alerts else "Alerts · Overdue",
        verdict=_verdict(alerts, now=now, zone=zone),
        note=_note(is_empty=not alerts, speed=speed),
        nav=nav,
        now=_instant(now, zone),
        tz=wish.tz,
        other_tz=other_tz,
        other_tz_href=replace(wish, tz=other_tz or wish.tz).href(),
        refresh_s=REFRESH_S if wish.refreshes else None,
        refresh_href=replace(wish, refreshes=not wish.refreshes).href(),
        sender=SENDER,
        tally=_tally(alerts, wish),
        alerts=_views(chosen, now=now, zone=zone),
    )
    return layout.page("inbox.html", view)


def _verdict(alerts: Sequence[ReceivedAlert], *, now: datetime, zone: ZoneInfo) -> str:
    if not alerts:
        return "No alert would have gone out yet"
    many = "1 alert" if len(alerts) == 1 else f"{len(alerts)} alerts"
    first_day = _day(alerts[-1].sent_at, zone)
    return f"{many} would have gone out {'today' if first_day == _day(now, zone) else f'since {first_day}'}"


def _note(*, is_empty: bool, speed: float) -> str:
    here = "Each alert will stand here" if is_empty else "Here is each alert"
    faster = "" if speed == 1 else f"; the service’s clock runs {speed:g} times as fast"
    return f"This deployment runs on your machine and sends nothing. {here} as people would get it{faster}."


def _day(at: datetime, zone: ZoneInfo) -> str:
    local = at.astimezone(zone)
    return f"{local:%a} {local.day} {local:%b}"


def _instant(at: datetime, zone: ZoneInfo) -> Instant:
    local = at.astimezone(zone)
    return Instant(local.isoformat(timespec="seconds"), f"{local:%H:%M:%S}")


def _tally(alerts: Sequence[ReceivedAlert], wish: Wish) -> list[TallyView]:
    """All, then each kind that there is."""
    counts = Counter(alert.kind for alert in alerts)
    everything = TallyView(
        label="All",
        href=replace(wish, kind=None).href(),
        mark=None,
        count=len(alerts),
        is_chosen=wish.kind is None,
    )
    kinds = [
        TallyView(
            label=kind.capitalize(),
            href=replace(wish, kind=kind).href(),
            mark=MARKS[kind],
            count=counts[kind],
            is_chosen=wish.kind is kind,
        )
        for kind in KINDS
        if counts[kind] or wish.kind is kind
    ]
    return [everything, *kinds]


def _views(alerts: Sequence[ReceivedAlert], *, now: datetime, zone: ZoneInfo) -> list[AlertView]:
    """The newest is open. A day other than today gets a heading, and so does today below another's."""
    views = []
    day_above = _day(now, zone)
    for number, alert in enumerate(alerts):
        day = _day(alert.sent_at, zone)
        views.append(
            AlertView(
                id=f"alert-{sha256(alert.id.encode('utf-8', 'replace')).hexdigest()[:12]}",
                mark=MARKS[alert.kind],
                at=_instant(alert.sent_at, zone),
                day=None if day == day_above else day,
                subject=alert.subject,
                channels=", ".join(alert.channels),
                repeats=None if alert.deliveries == 1 else f"delivered {alert.deliveries} times",
                text=alert.text,
                sms=alert.sms,
                sms_length=len(alert.sms),
                is_open=number == 0,
            )
        )
        day_above = day
    return views
