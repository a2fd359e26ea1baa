"""What the overview says: verdict, why, when. The night is that of `tests/browser/story.py`."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.check import Check, Flip, Run, Status
from chalicelib.domain.config import Group
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.domain.text.time_format import WallClock
from chalicelib.web.pages.overview.filters import finder, matching, wish
from chalicelib.web.pages.overview.headline import verdict
from chalicelib.web.pages.overview.overview import PAGE, ended, overview
from chalicelib.web.pages.overview.position import Section, Standing, standing
from chalicelib.web.pages.overview.reason import line
from chalicelib.web.pages.shell.instants import past, to_come
from tests.browser import story
from tests.browser.story import at
from tests.builders import a_check, hours, minutes, utc

CLOCK = WallClock(tz=story.ZONE, now=story.NOW)


def standings(checks: list[Check]) -> list[Standing]:
    slugs = Counter(check.config.slug for check in checks)
    return [standing(check, slugs, now=CLOCK.now) for check in checks]


def said(parts: Any) -> str:
    return "".join(part.text for part in parts)


def why(check: Check) -> str:
    [each] = standings([check])
    found = line(each, {}, CLOCK)
    return "" if found is None else f"{found.bold}{found.rest}" + (f" | {found.output}" if found.output else "")


NIGHT = {check.config.name: check for check in story.night()}


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("postgres-backup", "missed · expected 02:00, 3 h 12 min ago · it did not start either"),
        (
            "search-reindex",
            (
                "overrun · running for 2 h 42 min, limit 1 h 30 min | "
                "shard 7/12: waiting for lock index_writer, held by pid 4121"
            ),
        ),
        (
            "invoice-mailer",
            (
                "failed · exit status 75, 32 min ago · 3rd failure in a row | "
                "smtplib.SMTPServerDisconnected: Connection unexpectedly closed"
            ),
        ),
        ("orders-consumer", "stalled · fewer than 500 items from 04:30 to 05:00 · last ping 22 s ago"),
        (
            "ledger-export",
            "too short · took 1.8 s, minimum 40 s | 0 accounts selected, nothing to do",
        ),
        ("thumbnail-sweeper", "late · expected 05:05, 7 min ago · down at 05:20 unless it succeeds"),
        ("warehouse-sync", "running for 12 min of usually 22 to 26 min, limit 1 h"),
        ("video-transcode", "running · 3 runs open, the oldest for 6 min of usually 8 min 11 s to 9 min 37 s"),
        ("dns-zone-sync", ""),
        ("legacy-ftp-import", "paused since Mon 12 Oct 16:20 · a ping resumes it"),
        ("gdpr-purge", "never pinged"),
    ],
)
def test_each_kind_of_trouble_says_why(name: str, expected: str) -> None:
    assert why(NIGHT[name]) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"last_exit": None, "failures": 1, "last_output": ""}, "failed · it reported a failure, 32 min ago"),
        (
            {"last_exit": 0, "failures": 2, "last_output": ""},
            "failed · it reported a failure, 32 min ago · 2nd failure in a row",
        ),
    ],
)
def test_a_failure_without_an_exit_status_says_so(changes: dict[str, Any], expected: str) -> None:
    assert why(replace(NIGHT["invoice-mailer"], **changes)) == expected


def test_a_miss_points_at_the_job_when_it_did_start() -> None:
    check = replace(NIGHT["postgres-backup"], runs=(Run(rid="", at=at("02:00")),))
    assert why(check).endswith("it started but did not report")


def test_an_overrun_whose_run_has_ended_says_what_is_known() -> None:
    check = replace(NIGHT["search-reindex"], runs=())
    assert why(check) == "overrun · a run exceeded its limit of 1 h 30 min, 1 h ago"


def test_what_stays_paused_says_who_resumes_it() -> None:
    check = a_check(status=Status.PAUSED, since=at("04:00"), manual_resume=True)
    assert why(check) == "paused since 04:00 · until someone resumes it"


@pytest.mark.parametrize(
    ("changes", "end"),
    [
        ({"acknowledged_at": at("05:00")}, "it did not start either · acknowledged 12 min ago"),
        ({"snoozed_until": at("09:00")}, "it did not start either · snoozed until 09:00"),
        ({"misses": 3}, "it did not start either · 3rd miss in a row"),
    ],
)
def test_what_people_have_said_about_an_outage_stands_at_its_end(changes: dict[str, Any], end: str) -> None:
    assert why(replace(NIGHT["postgres-backup"], **changes)).endswith(end)


def test_a_snooze_of_what_is_up_is_told_too() -> None:
    assert why(replace(NIGHT["log-rotate"], snoozed_until=at("09:00"))) == "snoozed until 09:00"


def test_what_waits_for_a_parent_says_for_which() -> None:
    check = a_check(status=Status.DOWN, since=at("05:00"))
    facts = Facts(since=at("05:00"), waited_for=("db", "wan"))
    held = Alert(
        id="1",
        kind=Kind.DOWN,
        reason=Reason.FAILED,
        flip=1,
        ordinal=0,
        at=at("05:00"),
        facts=facts,
        held_by=("a", "b"),
        retry_at=at("05:15"),
    )
    assert why(replace(check, alerts=(held,))).endswith(" · alert held: waits for db, wan")


def test_a_group_says_since_when_its_members_are_down() -> None:
    told = "2 of 2 members are down: a, b"
    check = a_check(status=Status.DOWN, since=at("05:00"), group=Group(tag="web"), last_output=told)
    assert why(check) == f"failed · {told} · since 05:00"


def test_nobody_pings_a_group_or_a_probe() -> None:
    assert why(a_check(group=Group(tag="web"))) == "no members yet, or all of them are new or paused"
    assert why(a_check(probe=Probe(url="https://example.com/"))) == "no probe has been made yet"


def test_a_new_check_says_by_when_something_must_come() -> None:
    check = a_check(first_ping_by=utc("2026-10-26T08:00Z"), tz=story.ZONE)
    assert why(check) == "never pinged · down at Mon 26 Oct 09:00 unless it succeeds"
    [each] = standings([check])
    assert each.next_at == utc("2026-10-26T08:00Z")


def test_what_has_never_come_says_by_when_it_was_due() -> None:
    check = a_check(first_ping_by=at("05:00"), due_at=at("05:00"))
    assert why(check) == "missed · the first success was due by 05:00, 12 min ago · it did not start either"


FLIPS = [
    Flip(number=4, at=at("04:36"), old=Status.DOWN, new=Status.UP, reason=None),
    Flip(number=3, at=at("03:58"), old=Status.UP, new=Status.DOWN, reason=Reason.FAILED),
]


def test_for_a_day_a_recovery_is_told() -> None:
    check = NIGHT["fx-rates"]
    outages = ended(standings([check]), [(check.code, flip) for flip in FLIPS], CLOCK)
    found = line(standings([check])[0], outages, CLOCK)
    assert found is not None
    assert found.rest == "up again since 04:36, was down for 38 min (failed)"
    later = replace(CLOCK, now=at("2026-10-25T04:36"))
    assert ended(standings([check]), [(check.code, flip) for flip in FLIPS], later) == {}


def test_a_recovery_of_which_the_beginning_is_not_known_is_told_too() -> None:
    check = NIGHT["fx-rates"]
    outages = ended(standings([check]), [(check.code, FLIPS[0])], CLOCK)
    found = line(standings([check])[0], outages, CLOCK)
    assert found is not None
    assert found.rest == "up again since 04:36"


def test_the_verdict_of_the_night() -> None:
    found = verdict(standings(story.night()), CLOCK)
    assert (found.mark, found.title) == ("down", "(5 down) Checks · Overdue")
    assert said(found.said) == "5 checks are down, 1 is late"
    assert said(found.facts) == (
        "The longest: postgres-backup, missed, for 2 h 42 min. 3 of the 5 went down within the last hour. "
        "Of the other 10, 8 do their work, 1 is paused, 1 is new. "
    )


@pytest.mark.parametrize(
    ("names", "heading", "facts"),
    [
        (["thumbnail-sweeper", "log-rotate"], "1 check is late", "The other one does its work. "),
        (["log-rotate", "dns-zone-sync"], "All 2 checks do their work", "Expected next: dns-zone-sync, in 2 min. "),
        (["log-rotate"], "The only check does its work", "Expected next: log-rotate, tomorrow 00:00. "),
        (["log-rotate", "gdpr-purge"], "1 check does its work", "Expected next: log-rotate, tomorrow 00:00. 1 is new."),
        (["gdpr-purge"], "Nothing is watched at the moment", "The only one is new. "),
        (
            ["ledger-export", "log-rotate", "fx-rates"],
            "1 check is down",
            "It is ledger-export, too short, for 12 min 40 s. The other 2 do",
        ),
        (["ledger-export"], "1 check is down", "It is ledger-export, too short, for 12 min 40 s. "),
    ],
)
def test_a_verdict_says_what_is_the_matter(names: list[str], heading: str, facts: str) -> None:
    found = verdict(standings([NIGHT[name] for name in names]), CLOCK)
    assert said(found.said) == heading
    assert said(found.facts).startswith(facts)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-10-24T03:13:18Z", "in 38 s"),
        ("2026-10-24T03:40:00Z", "in 27 min"),
        ("2026-10-24T06:30:00Z", "08:30"),
        ("2026-10-25T01:00:00Z", "tomorrow 02:00 CET"),
        ("2026-10-30T16:00:00Z", "Fri 30 Oct 17:00"),
        ("2027-10-30T15:00:00Z", "Sat 30 Oct 2027 17:00"),
        ("2026-10-24T03:05:00Z", "7 min ago"),
    ],
)
def test_what_is_to_come_is_said_as_near_as_it_is(text: str, expected: str) -> None:
    assert to_come(utc(text), CLOCK).words == expected


def test_an_instant_stands_in_the_readers_zone() -> None:
    assert past(utc("2026-10-24T03:05Z"), CLOCK).iso == "2026-10-24T05:05:00+02:00"


def test_groups_stand_in_the_order_of_trouble_and_the_longest_first() -> None:
    found = overview(standings(story.night()), [], wish({}, ()), CLOCK)
    assert [(group.title, [row.name for row in group.rows]) for group in found.groups][:3] == [
        ("Down", ["postgres-backup", "search-reindex", "invoice-mailer", "ledger-export", "orders-consumer"]),
        ("Late", ["thumbnail-sweeper"]),
        ("Running", ["warehouse-sync", "video-transcode"]),
    ]
    assert [group.title for group in found.groups][3:] == ["Up", "Paused", "New"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("postgres-backup", "tomorrow 02:00"),
        ("search-reindex", "08:30"),
        ("invoice-mailer", "in 27 min"),
        ("thumbnail-sweeper", "7 min ago"),
        ("warehouse-sync", "tomorrow 05:00"),
        ("newsletter-digest", "Fri 30 Oct 17:00"),
    ],
)
def test_next_is_when_the_next_success_is_expected(name: str, words: str) -> None:
    [each] = standings([NIGHT[name]])
    assert each.next_at is not None
    assert to_come(each.next_at, CLOCK).words.removesuffix(" CEST") == words


def test_a_period_that_has_passed_while_down_is_said_to_have_passed() -> None:
    check = a_check(
        status=Status.DOWN, reason=Reason.MISSED, since=at("04:30"), last_success=at("03:00"), schedule=Every(hours(1))
    )
    [each] = standings([check])
    assert each.next_at == at("04:00")


def test_only_a_slug_of_its_own_leads_to_a_check() -> None:
    one, other = NIGHT["log-rotate"], replace(NIGHT["dns-zone-sync"], config=NIGHT["log-rotate"].config)
    assert [each.path for each in standings([one])] == ["/checks/log-rotate"]
    paths = [each.path for each in standings([one, other])]
    assert all(len(path) == len("/checks/") + 40 for path in paths)
    assert len(set(paths)) == 2


def test_a_page_has_all_that_are_not_up_and_200_that_are() -> None:
    found = standings(story.many(700))
    first = overview(found, [], wish({}, ()), CLOCK)
    counts = {group.title: (group.count, len(group.rows)) for group in first.groups}
    up = counts["Up"][0]
    assert counts["Up"] == (up, PAGE)
    assert counts["Down"] == (5, 5)
    assert first.pager is not None
    assert first.pager.words == f"1 to 200 of {up} that are up"
    assert (first.pager.before, first.pager.after) == ("", "/?page=2")
    last = overview(found, [], wish({"page": "99"}, ()), CLOCK)
    assert [group.title for group in last.groups] == ["Up"]
    assert last.pager is not None
    assert (last.pager.before, last.pager.after) == ("/?page=2", "")


@pytest.mark.parametrize(
    ("query", "tags", "names"),
    [
        ({"q": "ROTATE"}, (), ["log-rotate"]),
        ({"q": "queue"}, (), ["orders-consumer", "payments-worker"]),
        ({"q": "example.com/"}, (), ["api.example.com/health"]),
        ({}, ("finance",), ["ledger-export", "fx-rates"]),
        ({}, ("financ",), []),
        ({"status": "running"}, ("prod",), ["warehouse-sync"]),
        ({}, ("prod", "finance"), []),
        ({"status": "nonsense", "q": "gdpr"}, ("",), ["gdpr-purge"]),
    ],
)
def test_the_finder_finds_by_name_slug_tags_and_status(
    query: dict[str, str], tags: tuple[str, ...], names: list[str]
) -> None:
    found = overview(standings(story.night()), [], wish(query, tags), CLOCK)
    assert [row.name for group in found.groups for row in group.rows] == names


def test_each_link_of_the_finder_keeps_what_else_was_asked() -> None:
    asked = wish({"q": "a b", "page": "3", "refresh": "off"}, ("prod",))
    found = standings(story.night())
    made = finder(found, matching(found, asked), asked)
    assert made.tally[0].href == "/?q=a+b&tag=prod&refresh=off"
    assert made.hidden == (("tag", "prod"), ("refresh", "off"))
    assert (made.tags[0].label, made.tags[0].href, made.tags[0].is_current) == ("prod", "/?q=a+b&refresh=off", True)
    assert (made.tags[-1].label, made.tags[-1].href) == ("8 more tags", "/?q=a+b&tag=prod&tags=all&refresh=off")


def test_of_several_tags_each_link_takes_one_away_or_chooses_another() -> None:
    asked = wish({}, ("prod", "a&b", "prod"))
    found = standings(story.night())
    made = finder(found, matching(found, asked), asked)
    links = {choice.label: choice.href for choice in made.tags if choice.is_current}
    assert links == {"a&b": "/?tag=prod", "prod": "/?tag=a%26b"}
    assert made.hidden == (("tag", "prod"), ("tag", "a&b"))
    assert made.tally[0].href == "/?tag=prod&tag=a%26b"
    assert next(choice.href for choice in made.tags if choice.label == "finance") == "/?tag=finance"


LONG = "x" * 490


@pytest.mark.parametrize(
    ("tags", "is_found"),
    [(("prod", "db"), True), (("prod",), True), (("prod", "web"), False), ((LONG,), True)],
)
def test_a_check_has_all_tags_that_are_asked_for(tags: tuple[str, ...], is_found: bool) -> None:
    found = standings([a_check(tags=f"prod db {LONG}")])
    assert matching(found, wish({}, tags)) == (found if is_found else [])


@pytest.mark.parametrize("page", ["0", "-1", "x", "９", "99999999999"])
def test_a_page_that_is_none_is_the_first(page: str) -> None:
    assert wish({"page": page}, ()).page == 1


def test_a_check_that_is_late_by_now_is_shown_so_before_any_sweep() -> None:
    check = a_check(last_success=at("04:00"), period=minutes(60), grace=minutes(10))
    assert standings([check])[0].section is Section.DOWN
    assert why(check).startswith("missed · expected 05:00, 12 min ago")
