"""Telling an answer of the API from an answer of some other server."""

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


def test_a_check_may_have_unknown_fields() -> None:
    assert is_like(CHECK, CheckJson)


@pytest.mark.parametrize("missing", ["name", "next_ping", "unique_key"])
def test_a_check_must_have_all_required_fields_and_an_id_for_routes(missing: str) -> None:
    assert not is_like({name: value for name, value in CHECK.items() if name != missing}, CheckJson)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": None},
        {"grace": "3600"},
        {"last_ping": "yesterday"},
        {"last_ping": "2026-03-01T12:00:00"},  # no zone
        {"schedule": 5},
    ],
    ids=str,
)
def test_a_field_must_have_the_right_type(wrong: dict[str, Any]) -> None:
    assert not is_like(CHECK | wrong, CheckJson)


def test_an_answer_must_be_an_object() -> None:
    assert not any(is_like(value, FlipJson) for value in (None, 5, "up", ["timestamp", "up"]))


@pytest.mark.parametrize("duration", [2, 2.5])
def test_a_duration_may_be_an_integer_or_a_float(duration: float) -> None:
    ping = {"type": "success", "date": "2026-03-01T12:00:00+00:00", "n": 1, "method": "GET", "remote_addr": ""}
    assert is_like(ping | {"ua": "", "rid": None, "body_url": None, "duration": duration}, PingJson)
