"""Commands over the Management API, against a server that answers with recorded shapes
(docs/reference/wire.md, Management API).
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Asked, Says, StandIn, stand_in

KEY = "k" * 32
CODE = "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab"
OTHER = "9a0e8d4c-1b2a-4c3d-8e9f-0123456789ab"


def a_check(**given: Any) -> dict[str, Any]:
    check = {
        "name": "Nightly backup",
        "slug": "nightly-backup",
        "tags": "prod db",
        "desc": "",
        "grace": 3600,
        "n_pings": 3,
        "status": "up",
        "started": False,
        "last_ping": "2026-03-01T12:00:00+00:00",
        "next_ping": "2026-03-02T12:00:00+00:00",
        "manual_resume": False,
        "methods": "",
        "uuid": CODE,
        "ping_url": f"https://overdue.example.com/ping/{CODE}",
        "channels": "",
        "timeout": 86400,
    }
    return check | given


CHECKS = [a_check(), a_check(name="Invoices", slug="invoices", uuid=OTHER, status="down", reason="failed", tags="")]


def api(asked: Asked) -> Says:
    """What the routes answer."""
    path = asked.path.partition("?")[0].removeprefix("/api/v3/")
    match (asked.method, path.split("/")):
        case ("GET", ["checks", ""]):
            return Says(body={"checks": CHECKS})
        case ("POST", ["checks", ""]):
            warnings = ["This schedule never occurs again."] if asked.json().get("schedule") == "2020-01-01" else []
            return Says(201, a_check(**asked.json(), warnings=warnings))
        case ("POST", ["checks", code]) if code == CODE:
            return Says(body=a_check(**asked.json()))
        case (_, ["checks", code, *_]) if code in (CODE, OTHER):
            return Says(body=CHECKS[code == OTHER])
        case ("GET", ["escalations", ""]):
            return Says(body={"escalations": [{"name": "nights", "steps": STEPS}]})
        case ("POST", ["escalations", ""]):
            return Says(body=asked.json())
        case ("DELETE", ["escalations", "nights"]):
            return Says(409, {"error": "policy nights is that of 1 check (invoices): give each another first"})
        case ("GET", ["channels", ""]):
            return Says(body={"channels": [{"id": OTHER, "name": "ops", "kind": "email"}]})
        case _:
            return Says(404, {"error": "not found"})


STEPS = [{"after": 900, "channels": OTHER}, {"after": 3600, "channels": f"{OTHER},gone"}]


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in(api) as running:
        yield running


def overdue(base: str, *arguments: str, **environ: str | None) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": base, "OVERDUE_API_KEY": KEY, "OVERDUE_PING_KEY": None}
    return CliRunner().invoke(main, arguments, env=known | environ, catch_exceptions=False)


def test_the_list_begins_with_what_is_down(server: StandIn) -> None:
    done = overdue(server.base, "checks", "list", "--tag", "a", "--tag", "b&c")

    head, first, second = done.stdout.splitlines()
    assert head.split("\t") == ["STATUS", "CHECK", "SCHEDULE", "LAST PING", "EXPECTED", "TAGS"]
    assert first.split("\t")[:3] == ["✕ down, failed", "invoices", "every day"]
    assert second.split("\t")[:3] == ["● up", "nightly-backup", "every day"]
    assert server.asked[0].path == "/api/v3/checks/?tag=a&tag=b%26c"
    assert server.asked[0].headers["x-api-key"] == KEY


@pytest.mark.parametrize(
    "arguments",
    [
        ["checks", "list"],
        ["checks", "show", "invoices"],
        ["checks", "add", "New one"],
        ["checks", "edit", "nightly-backup", "--grace", "2h"],
        ["checks", "pause", "invoices"],
        ["checks", "resume", "invoices"],
        ["checks", "delete", "invoices", "--yes"],
        ["channels", "list"],
    ],
    ids=" ".join,
)
def test_json_is_one_document_and_nothing_else(server: StandIn, arguments: list[str]) -> None:
    done = overdue(server.base, *arguments, "--json")

    assert done.exit_code == 0
    json.loads(done.stdout)
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["nightly-backup", "Nightly backup", "nightly BACKUP", CODE, CODE.upper(), CODE[:8]])
def test_a_check_is_found_by_what_people_call_it(server: StandIn, name: str) -> None:
    assert json.loads(overdue(server.base, "checks", "show", name, "--json").stdout)["uuid"] == CODE


def test_an_unknown_check_brings_names_that_are_near(server: StandIn) -> None:
    done = overdue(server.base, "checks", "show", "nigtly-bakup")

    assert done.exit_code == 1
    assert done.stderr == 'Error: No check is called "nigtly-bakup". Similar names: nightly-backup\n'


def test_a_name_that_two_checks_bear_is_refused_with_their_codes() -> None:
    twins = [a_check(), a_check(uuid=OTHER, tags="")]
    with stand_in(lambda _: Says(body={"checks": twins})) as server:
        done = overdue(server.base, "checks", "pause", "nightly-backup")

    assert done.exit_code == 1
    assert "2 checks are called" in done.stderr
    assert "7f0e8d4c (prod db), 9a0e8d4c (no tags)" in done.stderr


def test_add_sends_what_was_said_and_prints_the_ping_url(server: StandIn) -> None:
    done = overdue(
        server.base, "checks", "add", "Ledger export (EU)", "--schedule", "@daily", "--tz", "Europe/Kiev", "--grace",
        "2h", "--max-runtime", "90m", "--min-count", "off",
    )  # fmt: skip

    assert done.stdout == f"https://overdue.example.com/ping/{CODE}\n"
    assert server.asked[-1].json() == {
        "name": "Ledger export (EU)",
        "slug": "ledger-export-eu",
        "channels": "*",
        "schedule": "0 0 * * *",
        "tz": "Europe/Kyiv",
        "grace": 7200,
        "max_runtime": 5400,
        "min_count": None,
    }


def test_add_shows_the_warnings_of_the_server_on_stderr(server: StandIn) -> None:
    done = overdue(server.base, "checks", "add", "Once", "--schedule", "2020-01-01")

    assert done.stdout == f"https://overdue.example.com/ping/{CODE}\n"
    assert done.stderr.splitlines()[-1] == "Warning: This schedule never occurs again."


def test_add_makes_no_second_check_of_a_slug(server: StandIn) -> None:
    done = overdue(server.base, "checks", "add", "Invoices", "--every", "1h")

    assert done.exit_code == 1
    assert "overdue checks edit invoices" in done.stderr
    assert all(asked.method == "GET" for asked in server.asked)


def test_edit_sends_only_what_changes(server: StandIn) -> None:
    overdue(server.base, "checks", "edit", "nightly-backup", "--every", "1w", "--tags", "")

    assert (server.asked[-1].path, server.asked[-1].json()) == (
        f"/api/v3/checks/{CODE}",
        {"timeout": 604800, "tags": ""},
    )


@pytest.mark.parametrize(
    ("arguments", "sent"),
    [
        (["--failures-before-alert", "3"], {"failures_before_alert": 3}),
        (["--depends-on", "db", "--depends-on", "network"], {"depends_on": ["db", "network"]}),
        (["--depends-on", "off"], {"depends_on": []}),
        (["--member", "web-1", "--member", "web-2"], {"group": {"members": ["web-1", "web-2"], "down_when": "all"}}),
        (["--member-tag", "web", "--down-when", "2"], {"group": {"tag": "web", "down_when": 2}}),
        (["--member", "off"], {"group": None}),
        (["--misses-before-alert", "2"], {"misses_before_alert": 2}),
        (["--first-ping-by", "1d"], {"first_ping_by": 86400}),
        (["--first-ping-by", "2026-12-01T08:00"], {"first_ping_by": "2026-12-01T08:00"}),
        (["--first-ping-by", "off"], {"first_ping_by": None}),
        (["--early", "5m"], {"early": 300}),
        (["--early", "off"], {"early": 0}),
        (["--window", "0 2 * * 0 for 2h", "--window", "0 3 * * 1 for 1h"],
         {"windows": ["0 2 * * 0 for 2h", "0 3 * * 1 for 1h"]}),
        (["--window", "off"], {"windows": []}),
        (["--schedule", "@daily", "--schedule", "Sat 12:00"], {"schedules": ["0 0 * * *", "Sat 12:00"]}),
        (["--schedule", "@daily"], {"schedule": "0 0 * * *"}),
    ],
)  # fmt: skip
def test_each_rule_has_its_option(server: StandIn, arguments: list[str], sent: dict[str, Any]) -> None:
    assert overdue(server.base, "checks", "edit", "nightly-backup", *arguments).exit_code == 0
    assert server.asked[-1].json() == sent


def test_several_schedules_may_have_a_zone(server: StandIn) -> None:
    said = ("--schedule", "@daily", "--schedule", "Sat 12:00", "--tz", "Asia/Tokyo")
    assert overdue(server.base, "checks", "add", "Reports", *said).exit_code == 0
    assert server.asked[-1].json()["tz"] == "Asia/Tokyo"


@pytest.mark.parametrize(
    ("arguments", "action", "sent", "said"),
    [
        (["snooze", "invoices", "2h"], "snooze", {"for": 7200}, 'No alert of "Invoices".'),
        (["snooze", "invoices", "2026-12-24T20:00"], "snooze", {"until": "2026-12-24T20:00"}, "No alert"),
        (["unsnooze", "invoices"], "unsnooze", {}, 'Alerts go out again of "Invoices".'),
        (["ack", "invoices"], "ack", {}, 'Acknowledged "Invoices".'),
    ],
)
def test_quiet_is_asked_for_by_a_command(
    server: StandIn, arguments: list[str], action: str, sent: dict[str, Any], said: str
) -> None:
    done = overdue(server.base, "checks", *arguments)

    assert (done.exit_code, done.stdout) == (0, "")
    assert (server.asked[-1].path, server.asked[-1].json()) == (f"/api/v3/checks/{OTHER}/{action}", sent)
    assert said in done.stderr


def test_show_tells_the_rules_that_hold() -> None:
    from datetime import UTC, datetime

    from overdue.cli.checks.rules import rules_of

    check: Any = a_check(
        zone="Europe/Berlin",
        failures_before_alert=3,
        failures=1,
        misses_before_alert=2,
        misses=0,
        first_ping_by="2026-03-01T09:00:00+00:00",
        early=300,
        windows=["0 2 * * 0 for 2h", "0 3 * * 1 for 1h"],
        maintenance_until=None,
        snoozed_until="2026-03-01T13:00:00+00:00",
        throttled_since="2026-03-01T10:00:00+00:00",
        throttled_at="2026-03-01T10:02:00+00:00",
        acknowledged_at="2026-03-01T11:00:00+00:00",
        depends_on=["db", "network"],
        held_by=["db"],
    )
    told = {name: value for name, value in rules_of(check, now=datetime(2026, 3, 1, 12, tzinfo=UTC)) if value}
    assert told == {
        "tolerates": "2 failures in a row, 1 so far; 1 miss in a row, 0 so far",
        "first ping": "by 10:00 Europe/Berlin",
        "early by": "5 min at most",
        "windows": "0 2 * * 0 for 2h\n0 3 * * 1 for 1h",
        "snoozed": "until 14:00 Europe/Berlin",
        "depends on": "db, network",
        "held": "its alert waits for db",
        "throttled": "from 11:00 to 11:02 Europe/Berlin: pings over the limit were refused",
        "seen to": "since 12:00 Europe/Berlin",
    }
    plain: Any = a_check()
    assert not any(value for _, value in rules_of(plain, now=datetime(2026, 3, 1, 12, tzinfo=UTC)))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["checks", "edit", "x"], "nothing to change"),
        (["checks", "add", "x", "--every", "1d", "--schedule", "@daily"], "exclude each other"),
        (["checks", "add", "x", "--every", "0 2 * * *"], "is not a duration"),
        (["checks"], "Commands:"),
        (["ping", "x", "--fail", "--exit-status", "3"], "exclude each other"),
        (["ping", "x", "--rid", "7"], "is no UUID"),
        (["checks", "add", "x", "--down-when", "2"], "is about a group"),
        (["checks", "add", "x", "--member", "a", "--member-tag", "b"], "exclude each other"),
        (["checks", "add", "x", "--member", "a", "--down-when", "0"], "--down-when"),
        (["schedule", "1d", "--after", "tomorrow"], "is no instant"),
    ],
)
def test_wrong_usage_exits_2_and_asks_nobody(server: StandIn, arguments: list[str], told: str) -> None:
    done = overdue(server.base, *arguments)

    assert (done.exit_code, done.stdout, server.asked) == (2, "", [])
    assert told in done.stderr


def test_deleting_asks_and_without_a_terminal_refuses(server: StandIn) -> None:
    done = overdue(server.base, "checks", "delete", "invoices")

    assert done.exit_code == 1
    assert "Say --yes" in done.stderr
    assert all(asked.method == "GET" for asked in server.asked)


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (Says(401, {"error": "wrong api key"}), "rejected the API key: wrong api key. It is unknown there"),
        (Says(400, {"error": "json validation error: tz is not a valid timezone"}), "tz is not a valid timezone"),
        (Says(301, "", {"Location": "https://new.example.com/"}), "redirects requests to https://new.example.com/"),
        (Says(503, {"error": "try again in a few seconds"}), "answered 503: try again in a few seconds"),
        (Says(200, "<html>"), "is not an Overdue API: it answered '<html>'"),
    ],
)
def test_a_refusal_says_what_to_do(says: Says, told: str) -> None:
    with stand_in(lambda _: says) as server:
        done = overdue(server.base, "checks", "list")

    assert (done.exit_code, done.stdout) == (1, "")
    assert told in done.stderr
    assert KEY not in done.stderr


def test_a_missing_key_says_how_to_make_one(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[stages.prod]\nurl = "https://overdue.example.com"\n')

    done = overdue("", "checks", "list", OVERDUE_CONFIG=str(file), OVERDUE_URL=None, OVERDUE_API_KEY=None)

    assert done.exit_code == 1
    assert 'No API key for stage "prod"' in done.stderr
    assert "overdue keys add --stage prod" in done.stderr


def test_a_server_that_is_away_is_named() -> None:
    done = overdue("http://127.0.0.1:9", "checks", "list")

    assert (done.exit_code, done.stderr) == (1, "Error: http://127.0.0.1:9 does not answer: connection refused\n")


@pytest.mark.parametrize(
    ("arguments", "path", "body"),
    [
        (["nightly-backup"], f"/ping/{CODE}", b""),
        ([CODE, "--fail", "--body", "disk full"], f"/ping/{CODE}/fail", b"disk full"),
        ([CODE, "--exit-status", "3"], f"/ping/{CODE}/3", b""),
        ([CODE, "--log", "--body", "-"], f"/ping/{CODE}/log", b"from\0stdin"),
    ],
)
def test_a_ping_by_hand(arguments: list[str], path: str, body: bytes) -> None:
    def answer(asked: Asked) -> Says:
        here = a_check(ping_url=f"http://{asked.headers['host']}/ping/{CODE}")
        return Says() if asked.path.startswith("/ping/") else Says(body={"checks": [here]})

    with stand_in(answer) as server:
        known = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": server.base, "OVERDUE_API_KEY": KEY}
        done = CliRunner().invoke(main, ["ping", *arguments], env=known, input=b"from\0stdin")

    assert (done.exit_code, done.stdout) == (0, "OK\n")
    assert (server.asked[-1].path, server.asked[-1].body) == (path, body)


def test_a_new_run_id_is_made_up_and_printed() -> None:
    with stand_in() as server:
        done = overdue(server.base, "ping", CODE, "--start", "--rid", "new")

    assert server.asked[0].path == f"/ping/{CODE}/start?rid={done.stdout.strip()}"


def test_schedule_asks_nobody_and_marks_what_is_odd() -> None:
    done = overdue("", "schedule", "30 2 * * *", "--tz", "Europe/Berlin", "--after", "2026-10-24T12:00", "--count", "1")

    assert done.stdout == (
        "every day at 02:30, Europe/Berlin\n\n"
        "Sun 25 Oct 2026 02:30 CEST   Sun 25 Oct 00:30 UTC   "
        "! Clocks go back at 03:00, so 02:30 comes twice. Expected once, at the first.\n"
    )


def test_schedule_as_json() -> None:
    done = overdue("", "schedule", "1d", "--tz", "Europe/Berlin", "--after", "2026-03-01", "--count", "1", "--json")

    assert json.loads(done.stdout) == {
        "words": "every day",
        "tz": "Europe/Berlin",
        "occurrences": [{"at": "2026-03-01T23:00:00+00:00", "local": "2026-03-02T00:00:00+01:00", "oddity": None}],
    }


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_gets_its_completion(shell: str) -> None:
    assert "_OVERDUE_COMPLETE" in overdue("", "completion", shell).stdout


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (
            ["15m ops", "1h ops, sms"],
            {"escalation": [{"after": 900, "channels": "ops"}, {"after": 3600, "channels": "ops,sms"}]},
        ),
        (["nights"], {"escalation_policy": "nights"}),
        (["off"], {"escalation": []}),
    ],
)
def test_an_escalation_is_steps_or_a_policy_or_off(server: StandIn, said: list[str], fields: dict[str, Any]) -> None:
    options = [word for step in said for word in ("--escalate", step)]
    assert overdue(server.base, "checks", "edit", CODE, *options).exit_code == 0
    assert server.asked[-1].json() == fields


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (["soon ops"], '--escalate.after "soon" is not a duration'),
        (["15m ops", "nights"], '--escalate "nights" is not a step: write "15m oncall"'),
        (["15m ops", "900 sms"], 'two steps come after "15m"'),
    ],
)
def test_an_escalation_that_cannot_be_is_wrong_usage(server: StandIn, said: list[str], why: str) -> None:
    options = [word for step in said for word in ("--escalate", step)]
    done = overdue(server.base, "checks", "edit", CODE, *options)
    assert (done.exit_code, why in done.stderr, server.asked) == (2, True, [])


def test_policies_are_made_listed_with_the_names_of_channels_and_kept_while_in_use(server: StandIn) -> None:
    added = overdue(server.base, "escalations", "add", "nights", "15m ops")
    assert added.stderr == 'Checks can escalate by "nights": overdue checks edit CHECK --escalate nights\n'
    listed = overdue(server.base, "escalations", "list")
    assert listed.stdout.splitlines()[1] == "nights\tafter 15 min to ops; after 1 h to ops, a channel that is gone"
    assert json.loads(overdue(server.base, "escalations", "list", "--json").stdout)[0]["name"] == "nights"
    removed = overdue(server.base, "escalations", "remove", "nights")
    assert (removed.exit_code, "give each another first" in removed.stderr) == (1, True)
