"""Runtimes that end, rules that do not call, and when the last sweep was."""

from datetime import date, datetime

import pytest

from overdue.doctor import functions
from tests.builders import utc
from tests.unit.overdue.doctor.clinic import Clinic

NOW = utc("2026-11-25T12:00Z")


@pytest.mark.parametrize(
    ("runtime", "today", "level", "said"),
    [
        ("python3.11", "2026-12-31", "ok", "python3.11, until 2027-06-30"),
        ("python3.11", "2027-01-01", "warning", "python3.11 ends on 2027-06-30"),
        ("python3.11", "2027-06-30", "error", "python3.11 has ended on 2027-06-30: AWS patches it no more"),
        ("python3.14", "2027-06-30", "ok", "python3.14, until 2029-06-30"),
        ("python3.99", "2026-11-25", "warning", "python3.99: it is not known here when AWS ends it"),
    ],
    ids=["181 days before", "180 days before", "that day", "another", "an unknown one"],
)
def test_a_runtime_that_ends_is_told_half_a_year_before(runtime: str, today: str, level: str, said: str) -> None:
    found = functions.judged_runtime(runtime, today=date.fromisoformat(today), deploy="overdue deploy --stage prod")

    assert (found.level, found.found) == (level, said)


@pytest.mark.parametrize(
    ("whole", "logged", "level", "said"),
    [
        ("2026-11-25T11:55Z", None, "ok", "within the last 5 min (5 min ago)"),
        ("2026-11-25T11:54Z", None, "error", "the last whole sweep was 6 min ago: nothing is called missed"),
        ("2026-11-25T11:30Z", "2026-11-25T11:59Z", "error", "One has run 1 min ago, but could not read everything"),
        (None, None, "error", "no whole sweep within 3 h: nothing is called missed"),
    ],
    ids=["just in time", "too late", "not whole", "none"],
)
def test_the_last_sweep_may_be_five_minutes_ago(whole: str | None, logged: str | None, level: str, said: str) -> None:
    def instant(text: str | None) -> datetime | None:
        return None if text is None else utc(text)

    found = functions.judged_sweep(instant(whole), instant(logged), now=NOW, stage="prod")

    assert found.level == level
    assert said in found.found


@pytest.mark.parametrize(("function", "level"), [("sweep", "error"), ("canary", "warning")])
def test_a_function_that_no_rule_calls_is_found(function: str, level: str) -> None:
    patient = Clinic().patient()

    none = functions.judged_rules(function, [], patient)
    off = functions.judged_rules(function, [{"Name": "r", "State": "DISABLED"}], patient)

    assert (none.level, none.found) == (level, f"no rule calls overdue-prod-{function}")
    assert (off.level, off.mend) == (level, "aws events enable-rule --name r --region eu-central-1")


@pytest.mark.parametrize("function", ["sweep", "storm"])
def test_a_function_of_the_sweep_that_was_shut_by_its_concurrency_is_an_error(function: str) -> None:
    clinic = Clinic()
    shut, runs = {"ReservedConcurrentExecutions": 0}, {"ReservedConcurrentExecutions": 3}
    for each in ("sweep", "storm"):
        clinic.answers("lambda", "get_function_concurrency", shut if each == function else runs)
    for answer in (runs, {}, {}, {}):
        clinic.answers("lambda", "get_function_concurrency", answer)

    [found] = functions.concurrency(clinic.patient())

    assert (found.level, found.found) == ("error", f"overdue-prod-{function} may not run: its concurrency is 0")
    assert functions.concurrency(clinic.patient()) == []
    assert functions.concurrency(clinic.patient()) == []


def test_a_function_whose_update_failed_is_told_with_the_reason() -> None:
    clinic = Clinic()
    good = {"Runtime": "python3.12", "State": "Active", "LastUpdateStatus": "Successful"}
    bad = good | {"LastUpdateStatus": "Failed", "LastUpdateStatusReason": "no such role"}
    for answer in (good, bad, good, good, good, good, good):
        clinic.answers("lambda", "get_function_configuration", answer)

    failed, runtime = functions.state(clinic.patient())

    assert (failed.level, failed.found) == ("error", "overdue-prod-sweep has failed: no such role")
    assert runtime.level == "ok"
