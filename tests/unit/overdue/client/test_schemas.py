"""What is an answer of the API, and what comes from something else."""

from typing import Any

import pytest

from overdue.client.schemas import CheckJson, FlipJson, PingJson, is_like

CHECK: dict[str, Any] = {
    "name": "Backup",
    "slug": "backup",
    "tags": "",
    "desc": "",
    "grace": 3600,
    "n_pings": 0,
    "status": "new",
    "started": False,
    "last_ping": None,
    "next_ping": "2026-03-01T12:00:00+00:00",
    "unique_key": "a" * 40,
    "a field of a newer server": {},
}


def test_a_check_is_one_with_fields_that_we_do_not_know() -> None:
    assert is_like(CHECK, CheckJson)


@pytest.mark.parametrize("missing", ["name", "next_ping", "unique_key"])
def test_a_check_has_all_its_fields_and_a_name_for_routes(missing: str) -> None:
    assert not is_like({name: value for name, value in CHECK.items() if name != missing}, CheckJson)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"grace": "3600"},
        {"last_ping": "yesterday"},
        {"last_ping": "2026-03-01T12:00:00"},  # of which zone?
        {"schedule": 5},
    ],
    ids=str,
)
def test_a_field_of_another_kind_is_not_ours(wrong: dict[str, Any]) -> None:
    assert not is_like(CHECK | wrong, CheckJson)


def test_what_is_no_object_is_no_answer() -> None:
    assert not any(is_like(value, FlipJson) for value in (None, 5, "up", ["timestamp", "up"]))


@pytest.mark.parametrize("duration", [2, 2.5])
def test_a_duration_may_be_whole_seconds(duration: float) -> None:
    ping = {"type": "success", "date": "2026-03-01T12:00:00+00:00", "n": 1, "method": "GET", "remote_addr": ""}
    assert is_like(ping | {"ua": "", "rid": None, "body_url": None, "duration": duration}, PingJson)
