"""What commands over the Management API refuse, and how they tell what the server refuses."""

import os
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from overdue.cli.main import main
from tests.stand_in import Says, StandIn, stand_in

KEY = "k" * 32


@pytest.fixture
def server() -> Iterator[StandIn]:
    with stand_in(lambda _: Says(body={"checks": []})) as running:
        yield running


def overdue(base: str, *arguments: str, key: str = KEY) -> Result:
    known = {"OVERDUE_CONFIG": os.devnull, "OVERDUE_URL": base, "OVERDUE_API_KEY": key}
    return CliRunner().invoke(main, arguments, env=known, catch_exceptions=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["list", "--status", "bogus"], "'bogus' is not one of 'up', 'grace', 'down', 'paused', 'new'"),
        (["add", ""], "a check needs a name"),
        (["add", " \t"], "a check needs a name"),
        (["edit", "x", "--name", ""], "a check needs a name"),
        (["add", "日本"], 'no slug goes with "日本"'),
        (
            ["add", "x", "--slug", "Bad slug"],
            '--slug "Bad slug" is not a slug: use a-z, 0-9',
        ),
        (["add", "x", "--every", "5"], '--every "5" is too short: use 1m to 365d'),
        (["add", "x", "--every", ""], "--every: an empty text is not a duration"),
        (["add", "x", "--schedule", "nonsense"], 'schedule "nonsense"'),
        (["add", "x", "--schedule", "@daily", "--tz", "Mars/X"], 'time zone "Mars/X" is not known'),
        (["add", "x", "--grace", "soon"], '--grace "soon" is not a duration'),
        (["edit", "x", "--min-count", "x"], '--min-count "x" is not a whole number'),
        (["add", "x", "--tz", "Europe/Berlin"], "--tz is the zone of a --schedule"),
        (["edit", "x", "--every", "1d", "--tz", "Europe/Berlin"], "--tz is the zone of a --schedule"),
        (["edit", "x", "--failures-before-alert", "0"], '--failures-before-alert "0" is too small: use 1 to 100'),
        (["edit", "x", "--misses-before-alert", "two"], '--misses-before-alert "two" is not a whole number'),
        (["edit", "x", "--first-ping-by", "soon"], '--first-ping-by "soon" is not an instant'),
        (["edit", "x", "--early", "soon"], '--early "soon" is not a duration'),
        (["edit", "x", "--window", "nightly"], 'window "nightly" is none'),
        (["edit", "x", "--schedule", "@daily", "--schedule", "61 * * * *"], "minute 61"),
        (["snooze", "x", "soon"], 'the end of the snooze "soon" is not an instant'),
        (["snooze", "x", "500d"], 'the snooze "500d" is too long'),
    ],
)
def test_an_option_that_can_never_be_right_is_wrong_usage_and_nobody_is_asked(
    server: StandIn, arguments: list[str], told: str
) -> None:
    done = overdue(server.base, "checks", *arguments)

    assert (done.exit_code, done.stdout, server.asked) == (2, "", [])
    assert told in done.stderr


@pytest.mark.parametrize("key", ["bad\nkey", "two words", "schlüssel"])
def test_a_key_that_can_be_none_is_not_sent_and_not_shown(server: StandIn, key: str) -> None:
    done = overdue(server.base, "checks", "list", key=key)

    assert (done.exit_code, server.asked) == (1, [])
    assert "The API key has a space, a line break or a character that no key has" in done.stderr
    assert key not in done.stderr


@pytest.mark.parametrize(
    "body",
    ['{"checks": 5}', '{"checks": [5]}', '{"checks": [{"name": "x"}]}', "[]", "5", "null", "[" * 100_000],
    ids=lambda body: body[:30],
)
def test_json_of_something_else_is_not_taken_for_an_answer(body: str) -> None:
    with stand_in(lambda _: Says(body=body)) as server:
        done = overdue(server.base, "checks", "list")

    assert (done.exit_code, done.stdout) == (1, "")
    assert f"Error: {server.base}/api/v3 is not an Overdue API: it answered '{body[:60]}'" in done.stderr


def test_a_wrong_url_is_not_taken_for_an_unknown_check() -> None:
    with stand_in(lambda _: Says(404, "<h1>Not found</h1>")) as server:
        done = overdue(server.base, "checks", "list")

    assert "is not an Overdue API: it answered '<h1>Not found</h1>'" in done.stderr


@pytest.mark.parametrize(
    ("says", "told"),
    [
        (
            {"error": "json validation error: schedule is not a valid cron expression", "detail": "minute 61"},
            "--schedule is not a valid cron expression: minute 61",
        ),
        ({"error": "json validation error: timeout is too small"}, "--every is too small"),
        (
            {"error": "json validation error: min_runtime is above max_runtime", "detail": "no run could be right"},
            "--min-runtime is above --max-runtime: no run could be right",
        ),
        ({"error": "json validation error: name is too long"}, "name is too long"),
        ({"error": "invalid channel identifier: my tags"}, "invalid channel identifier: my tags"),
        ({"error": "\x1b[2Jgone \u202e"}, "gone \\u202e"),
    ],
    ids=lambda part: str(part)[:40],
)
def test_a_refusal_names_the_option_and_tells_all_that_the_server_said(says: dict[str, str], told: str) -> None:
    with stand_in(lambda _: Says(400, says)) as server:
        done = overdue(server.base, "checks", "list")

    assert (done.exit_code, done.stderr) == (1, f"Error: {server.base} answered 400: {told}\n")
