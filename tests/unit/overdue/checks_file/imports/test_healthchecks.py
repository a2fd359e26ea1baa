from typing import Any, cast

from overdue.checks_file.file import read
from overdue.checks_file.imports.healthchecks import imported
from overdue.client.schemas import ChannelJson, CheckJson
from tests.builders import hours, minutes

CHANNELS: list[ChannelJson] = [{"id": "a1", "name": "ops", "kind": "email"}, {"id": "b2", "name": "", "kind": "sms"}]


def there(**given: Any) -> CheckJson:
    """A check as Healthchecks' API v3 has it."""
    check: dict[str, Any] = {
        "name": "Nightly backup",
        "slug": "nightly-backup",
        "tags": "prod db",
        "desc": "Look here.",
        "grace": 600,
        "n_pings": 1,
        "status": "up",
        "started": False,
        "last_ping": None,
        "next_ping": None,
        "manual_resume": True,
        "methods": "POST",
        "subject": "",
        "subject_fail": "",
        "start_kw": "",
        "success_kw": "OK",
        "failure_kw": "",
        "filter_subject": False,
        "filter_body": False,
        "filter_http_body": True,
        "filter_default_fail": False,
        "uuid": "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
        "channels": "a1,b2",
    }
    if "schedule" not in given:
        check["timeout"] = 7200
    return cast("CheckJson", check | given)


def test_all_that_a_check_is_there_it_is_here() -> None:
    found = imported([there()], CHANNELS, source="https://healthchecks.example.com")
    [wanted] = read(found.text, name="x")
    said = {name: value for name, value in wanted.settings.items() if value}
    assert (wanted.slug, said) == (
        "nightly-backup",
        {
            "name": "Nightly backup",
            "every": hours(2),
            "failures_before_alert": 1,
            "misses_before_alert": 1,
            "tz": "UTC",
            "grace": minutes(10),
            "tags": "prod db",
            "channels": ("*",),
            "desc": "Look here.",
            "methods": "POST",
            "manual_resume": True,
            "success_kw": "OK",
            "filter_http_body": True,
        },
    )
    assert "# alerted there: ops (email), b2 (sms)\n" in found.text


def test_a_schedule_keeps_its_zone_and_what_is_silent_stays_so() -> None:
    found = imported([there(schedule="0 5 * * *", tz="Europe/Kiev", channels="")], [], source="x")
    [wanted] = read(found.text, name="x")
    assert (wanted.settings["schedule"], wanted.settings["tz"]) == (("0 5 * * *",), "Europe/Kyiv")
    assert wanted.settings["channels"] == ()


def test_a_check_of_an_overdue_keeps_each_of_its_schedules() -> None:
    found = imported([there(schedule="0 9 * * 1-5\nSat 12:00", tz="Europe/Berlin")], [], source="x")
    [wanted] = read(found.text, name="x")
    assert (found.notes, wanted.settings["schedule"]) == ((), ("0 9 * * 1-5", "Sat 12:00"))


def test_what_cannot_be_the_same_here_is_told() -> None:
    checks = [
        there(status="paused", filter_subject=True),
        there(name="Copy"),
        there(name="Ünnamed", slug=""),
        there(name="Bad", slug="bad", schedule="0 0 31 2 *", tz="UTC"),
    ]
    found = imported(checks, CHANNELS, source="x")
    assert [each.slug for each in read(found.text, name="x")] == ["nightly-backup", "nightly-backup-2", "unnamed"]
    assert found.notes == (
        '"Copy" becomes nightly-backup-2: its slug nightly-backup is another\'s, too',
        '"Ünnamed" becomes unnamed: it has no slug there',
        'Left out: "Bad", schedule "0 0 31 2 *": no month in it has such a day, so it would never come',
    )
    assert "# paused there" in found.text
    assert "# reads e-mail there" in found.text


def test_a_read_only_key_tells_no_channels() -> None:
    check = there()
    del check["uuid"], check["channels"]
    [wanted] = read(imported([check], [], source="x").text, name="x")
    assert wanted.settings["channels"] == ("*",)
