"""Findings about runtimes, rules, concurrency and the last sweep."""

from datetime import date, datetime

import pytest

from overdue.doctor import functions
from tests.builders import utc
from tests.unit.overdue.doctor.stubbed_aws import StubbedAws

NOW = utc("2026-11-25T12:00Z")


@pytest.mark.parametrize(
    ("runtime", "today", "level", "text"),
    [
        ("python3.11", "2026-12-31", "ok", "python3.11, patched until 2027-06-30"),
        ("python3.11", "2027-01-01", "warning", "AWS stops patching python3.11 on 2027-06-30"),
        ("python3.11", "2027-06-30", "error", "AWS stopped patching python3.11 on 2027-06-30"),
        ("python3.14", "2027-06-30", "ok", "python3.14, patched until 2029-06-30"),
        (
            "python3.99",
            "2026-11-25",
            "warning",
            "python3.99: this version of Overdue does not know when AWS stops patching it",
        ),
    ],
    ids=["181 days before", "180 days before", "that day", "another", "unknown"],
)
def test_the_end_of_a_runtime_is_reported_half_a_year_before(runtime: str, today: str, level: str, text: str) -> None:
    found = functions.judged_runtime(runtime, today=date.fromisoformat(today), deploy="overdue deploy --stage prod")

    assert (found.level, found.found) == (level, text)


@pytest.mark.parametrize(
    ("complete", "logged", "level", "text"),
    [
        ("2026-11-25T11:55Z", None, "ok", "within the last 5 min (5 min ago)"),
        ("2026-11-25T11:54Z", None, "error", "the last complete sweep was 6 min ago: missed runs are not detected"),
        ("2026-11-25T11:30Z", "2026-11-25T11:59Z", "error", "One ran 1 min ago, but could not read all checks"),
        (None, None, "error", "no complete sweep within 3 h: missed runs are not detected"),
    ],
    ids=["just in time", "too late", "incomplete", "none"],
)
def test_the_last_sweep_may_be_five_minutes_ago(
    complete: str | None, logged: str | None, level: str, text: str
) -> None:
    def instant(iso: str | None) -> datetime | None:
        return None if iso is None else utc(iso)

    found = functions.judged_sweep(instant(complete), instant(logged), now=NOW, stage="prod")

    assert found.level == level
    assert text in found.found


@pytest.mark.parametrize(("function", "level"), [("sweep", "error"), ("canary", "warning")])
def test_a_function_without_an_enabled_rule_is_reported(function: str, level: str) -> None:
    stage = StubbedAws().stage()

    none = functions.judged_rules(function, [], stage)
    off = functions.judged_rules(function, [{"Name": "r", "State": "DISABLED"}], stage)

    assert (none.level, none.found) == (level, f"no rule invokes overdue-prod-{function}")
    assert (off.level, off.mend) == (level, "aws events enable-rule --name r --region eu-central-1")


@pytest.mark.parametrize("function", ["sweep", "storm"])
def test_a_concurrency_of_zero_for_a_function_of_the_sweep_is_an_error(function: str) -> None:
    aws = StubbedAws()
    off, on = {"ReservedConcurrentExecutions": 0}, {"ReservedConcurrentExecutions": 3}
    for each in ("sweep", "storm"):
        aws.answers("lambda", "get_function_concurrency", off if each == function else on)
    for answer in (on, {}, {}, {}):
        aws.answers("lambda", "get_function_concurrency", answer)

    [found] = functions.concurrency(aws.stage())

    assert (found.level, found.found) == ("error", f"overdue-prod-{function} cannot run: its reserved concurrency is 0")
    assert functions.concurrency(aws.stage()) == []
    assert functions.concurrency(aws.stage()) == []


def test_a_function_whose_update_failed_is_reported_with_the_reason() -> None:
    aws = StubbedAws()
    good = {"Runtime": "python3.12", "State": "Active", "LastUpdateStatus": "Successful"}
    bad = good | {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such role"}
    for answer in (good, bad, good, good, good, good, good):
        aws.answers("lambda", "get_function_configuration", answer)

    failed, runtime = functions.state(aws.stage())

    assert (failed.level, failed.found) == ("error", "overdue-prod-sweep has failed: no such role")
    assert runtime.level == "ok"
