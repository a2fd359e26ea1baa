"""One night's checks: Sat 24 Oct 2026, 05:12:40 in Berlin; each kind of trouble once."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from chalicelib.domain.alerts import Reason
from chalicelib.domain.check import Check, Run, Status, Window
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code
from chalicelib.domain.runs.recent_runs import Ended, appended
from chalicelib.domain.schedule.occurrences import Cron, Every
from tests.builders import hours, minutes, seconds, utc

NOW = utc("2026-10-24T03:12:40Z")
ZONE = "Europe/Berlin"


def at(text: str) -> datetime:
    """A time of that night, on Berlin's clock."""
    return utc(f"2026-10-24T{text}+02:00") if "T" not in text else utc(f"{text}+02:00")


def recent(took_s: Iterable[float], **ends: Ended) -> bytes:
    """Thirty runs with these durations; `at_12=Ended.FAILED` says how one of them ended."""
    packed = b""
    for number, took in enumerate(took_s):
        ended = ends.get(f"at_{number}", Ended.SUCCESS)
        packed = appended(
            packed, ended, timedelta(seconds=took) if ended not in (Ended.MISSED, Ended.OVERRUN) else None
        )
    return packed


def around(middle_s: float, count: int = 30) -> list[float]:
    """Durations that vary by a tenth, always alike."""
    return [middle_s * (1 + ((number * 37) % 21 - 10) / 100) for number in range(count)]


def check(name: str, tags: str, status: Status, **given: Any) -> Check:
    """A check of the story."""
    config = Config(
        name=name,
        slug=name.replace("/", "-").replace(".", "-"),
        tags=tags,
        tz=ZONE,
        **{key: given.pop(key) for key in tuple(given) if key in Config.__dataclass_fields__},
    )
    made = Check(
        code=Code(str(uuid5(NAMESPACE_URL, name))),
        project="default",
        config=config,
        created_at=utc("2026-03-01T00:00Z"),
        status=status,
        n_pings=given.pop("n_pings", 100),
        n_flips=1,
    )
    given.setdefault("since", utc("2026-03-01T00:10Z"))
    made = replace(made, **given)
    return replace(made, last_ping=made.last_ping or made.last_success, settled_at=made.since)


def cron(expression: str) -> Cron:
    return Cron(expression, ZONE)


def night() -> list[Check]:
    """All of them."""
    return [
        check(
            "postgres-backup", "prod db", Status.DOWN, reason=Reason.MISSED, since=at("02:30"),
            schedule=cron("0 2 * * *"),
            grace=minutes(30), last_success=at("2026-10-23T02:04"),
            recent=recent([*around(250, 29), 0], at_11=Ended.FAILED, at_29=Ended.MISSED),
        ),
        check(
            "search-reindex", "prod search", Status.DOWN, reason=Reason.OVERRUN, since=at("04:00"),
            schedule=cron("30 2,8,14,20 * * *"), grace=minutes(30), max_runtime=minutes(90),
            last_success=at("2026-10-23T21:21"),
            runs=(
                Run(rid="", at=at("02:30"), log="shard 7/12: waiting for lock index_writer, held by pid 4121",
            overran=True),
                Run(rid="11111111-1111-4111-8111-111111111111", at=at("04:58")),
            ),
            recent=recent([*around(52 * 60, 29), 5400], at_17=Ended.LATE, at_29=Ended.OVERRUN),
        ),
        check(
            "invoice-mailer", "prod billing", Status.DOWN, reason=Reason.FAILED, since=at("04:40"),
            schedule=Every(hours(1)),
            grace=minutes(20), last_success=at("01:40"), last_ping=at("04:40"), last_exit=75, failures=3,
            last_output="smtplib.SMTPServerDisconnected: Connection unexpectedly closed",
            recent=recent(around(8), at_27=Ended.FAILED, at_28=Ended.FAILED, at_29=Ended.FAILED),
        ),
        check(
            "orders-consumer", "prod queue", Status.DOWN, reason=Reason.STALLED, since=at("05:00"),
            schedule=Every(minutes(1)),
            grace=minutes(5), min_count=500, count_window=minutes(30), last_success=at("05:12:18"),
            window=Window(at=at("05:00"), count=0),
            recent=recent(around(60), at_9=Ended.STALLED, at_28=Ended.STALLED, at_29=Ended.STALLED),
        ),
        check(
            "ledger-export", "finance", Status.DOWN, reason=Reason.TOO_SHORT, since=at("05:00"),
            schedule=cron("0 5 * * *"),
            grace=minutes(30), min_runtime=seconds(40), last_success=at("2026-10-23T05:01"), last_ping=at("05:00"),
            failures=1, last_output="0 accounts selected, nothing to do",
            recent=recent([*around(76, 29), 1.8], at_29=Ended.TOO_SHORT),
        ),
        check(
            "thumbnail-sweeper", "media", Status.UP, schedule=Every(minutes(15)), grace=minutes(15),
            last_success=at("04:50"),
            recent=recent(around(48), at_8=Ended.LATE, at_21=Ended.LATE),
        ),
        check(
            "warehouse-sync", "prod bi", Status.UP, schedule=cron("0 5 * * *"), grace=hours(1), max_runtime=hours(1),
            last_success=at("2026-10-23T05:24"), runs=(Run(rid="", at=at("05:00")),), recent=recent(around(24.5 * 60)),
        ),
        check(
            "video-transcode", "media", Status.UP, schedule=Every(minutes(10)), grace=minutes(30),
            last_success=at("05:07"),
            runs=tuple(
                Run(rid=f"{number}" * 8 + "-1111-4111-8111-111111111111", at=at(f"05:{minute:02}"))
                for number, minute in ((1, 6), (2, 8), (3, 10))
            ),
            recent=recent(around(9 * 60), at_17=Ended.FAILED),
        ),
        check(
            "api.example.com/health", "prod", Status.UP, schedule=Every(minutes(1)), grace=minutes(2),
            last_success=at("05:12:10"), recent=recent(around(0.142), at_21=Ended.FAILED),
        ),
        check(
            "dns-zone-sync", "infra", Status.UP, schedule=Every(minutes(5)), grace=minutes(5), last_success=at("05:10"),
            recent=recent(around(3)),
        ),
        check(
            "fx-rates", "finance", Status.UP, since=at("04:36"), n_flips=4, schedule=Every(minutes(30)),
            grace=minutes(10),
            last_success=at("05:06"), recent=recent(around(6.2), at_26=Ended.FAILED, at_27=Ended.FAILED),
        ),
        check(
            "log-rotate", "infra", Status.UP, schedule=cron("0 0 * * *"), grace=hours(1), last_success=at("00:01"),
            recent=recent(around(72)),
        ),
        check(
            "newsletter-digest", "marketing", Status.UP, schedule=cron("0 17 * * 5"), grace=hours(2),
            last_success=at("2026-10-23T17:07"), recent=recent(around(7 * 60, 22)),
        ),
        check(
            "payments-worker", "prod queue", Status.UP, schedule=Every(minutes(1)), grace=minutes(5),
            last_success=at("05:12:33"), recent=recent(around(0.9)),
        ),
        check(
            "legacy-ftp-import", "partners", Status.PAUSED, since=utc("2026-10-12T14:20Z"), schedule=cron("0 16 * * *"),
            last_success=utc("2026-10-12T14:00Z"), recent=recent(around(100)),
        ),
        check("gdpr-purge", "legal monthly", Status.NEW, n_pings=0, since=None, schedule=cron("0 9 26 * *")),
    ]  # fmt: skip


def many(count: int) -> list[Check]:
    """The night's checks, again and again: most of them up."""
    up = [each for each in night() if each.status is Status.UP and not each.runs]
    named = []
    for number in range(count - 16):
        like = up[number % len(up)]
        name = f"{like.config.name}-{number:04}"
        config = replace(like.config, name=name, slug=name.replace("/", "-").replace(".", "-"))
        named.append(replace(like, code=Code(str(uuid5(NAMESPACE_URL, name))), config=config))
    return [*night(), *named]
