"""The JSON that programs get, as docs/reference/alerts.md describes it."""

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from chalicelib.alerts.payload import Payload, build_payload
from chalicelib.alerts.text import Delivery, Message
from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.config import Config
from chalicelib.domain.ids import Code

CODE = Code("5d0e1b52-7c1f-4a0e-9b1d-2f6c8a41e930")
CONFIG = Config(name="search-reindex", slug="search-reindex", tags="prod  search", tz="Europe/Berlin")
MESSAGE = Message(subject="the subject", text="the text", sms="the SMS")


def utc(time: str) -> datetime:
    return datetime.fromisoformat(f"2026-10-{time}").replace(tzinfo=UTC)


OVERRUN = Alert(
    id="5e1f62a8-2d21-5d0c-b7d1-0a0f2a7d4c11",
    kind=Kind.DOWN,
    reason=Reason.OVERRUN,
    flip=7,
    ordinal=0,
    at=utc("24T02:00:04.250"),
    facts=Facts(
        since=utc("24T02:00:04.250"),
        last_success=utc("23T19:21:40"),
        last_took=timedelta(minutes=51, seconds=37.5),
        usual=(timedelta(minutes=46), timedelta(minutes=58)),
        output="\x1b[1mshard 7/12\x1b[0m\n",
        run="3f2a9c04",
        started=utc("24T00:30:04.250"),
        took=timedelta(minutes=90),
        limit=timedelta(minutes=90),
        next_reminder=utc("24T06:00:04.250"),
    ),
    retry_at=utc("24T02:00:05"),
)


def a_payload(alert: Alert) -> Payload:
    delivery = Delivery(
        at=utc("24T02:00:05"),
        channels=("ops-email", "oncall-sms"),
        link="https://overdue.example.com/checks/search-reindex",
        ack_link="https://overdue.example.com/ack/TOKEN",
    )
    return build_payload(CODE, CONFIG, alert, MESSAGE, delivery, project="default")


def test_a_payload_has_all_facts() -> None:
    assert a_payload(OVERRUN) == {
        "version": 1,
        "id": "5e1f62a8-2d21-5d0c-b7d1-0a0f2a7d4c11",
        "kind": "down",
        "reason": "overrun",
        "flip": 7,
        "ordinal": 0,
        "at": "2026-10-24T02:00:04.250+00:00",
        "sent_at": "2026-10-24T02:00:05+00:00",
        "project": "default",
        "check": {
            "name": "search-reindex",
            "slug": "search-reindex",
            "tags": ["prod", "search"],
            "unique_key": "92ab1269099330d5603c515d2c09a8b4a4407bab",
            "url": "https://overdue.example.com/checks/search-reindex",
        },
        "channels": ["ops-email", "oncall-sms"],
        "subject": "the subject",
        "text": "the text",
        "sms": "the SMS",
        "since": "2026-10-24T02:00:04.250+00:00",
        "expected": None,
        "last_success": "2026-10-23T19:21:40+00:00",
        "last_duration_s": 3097.5,
        "usual_s": [2760, 3480],
        "exit_status": None,
        "failures_in_a_row": 0,
        "misses_in_a_row": 0,
        "output": "shard 7/12",
        "run": {
            "rid": "3f2a9c04",
            "started": "2026-10-24T00:30:04.250+00:00",
            "took_s": 5400,
            "limit_s": 5400,
        },
        "count": None,
        "min_count": None,
        "window": None,
        "blind": None,
        "next_reminder": "2026-10-24T06:00:04.250+00:00",
        "members_down": None,
        "members": None,
        "held_for": None,
        "escalated_after_s": None,
        "ack_url": "https://overdue.example.com/ack/TOKEN",
        "digest": None,
    }


def test_a_document_of_a_stalled_worker_has_its_window() -> None:
    facts = Facts(
        since=utc("24T03:00:00"),
        expected=utc("24T03:10:00"),
        count=0,
        min_count=500,
        window=(utc("24T02:30:00"), utc("24T03:00:00")),
        exit_status=0,
        in_a_row=2,
    )
    got = a_payload(replace(OVERRUN, reason=Reason.STALLED, facts=facts))
    assert (got["count"], got["min_count"]) == (0, 500)
    assert got["window"] == ["2026-10-24T02:30:00+00:00", "2026-10-24T03:00:00+00:00"]
    assert got["expected"] == "2026-10-24T03:10:00+00:00"
    assert (got["exit_status"], got["failures_in_a_row"]) == (0, 2)
    assert (got["run"], got["usual_s"], got["last_duration_s"]) == (None, None, None)


def test_a_run_without_an_id_is_a_run_all_the_same() -> None:
    facts = Facts(since=utc("24T03:00:00"), run="")
    assert a_payload(replace(OVERRUN, facts=facts))["run"] == {
        "rid": "",
        "started": None,
        "took_s": None,
        "limit_s": None,
    }


def test_a_test_has_no_reason() -> None:
    assert a_payload(replace(OVERRUN, kind=Kind.TEST, reason=None))["reason"] is None


def test_the_code_is_a_secret_and_left_out() -> None:
    text = json.dumps(a_payload(OVERRUN))
    assert "5d0e1b52-7c1f" not in text
    assert "5d0e1b527c1f" not in text


def test_the_documented_example_has_the_shape_of_a_document() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "alerts.md").read_text()
    example = json.loads(page.split("```json\n", 1)[1].split("```", 1)[0])
    assert _shape(example) == _shape(a_payload(OVERRUN))


def test_every_field_is_documented() -> None:
    page = (Path(__file__).parents[3] / "docs" / "reference" / "alerts.md").read_text()
    rows = [line.split("|")[1] for line in page.split("| field |")[1].split("\n\n")[0].splitlines()[2:]]
    assert re.findall(r"`(\w+)`", " ".join(rows)) == list(a_payload(OVERRUN))


def _shape(value: object) -> object:
    """Names and types, without the values."""
    if isinstance(value, dict):
        return {name: _shape(part) for name, part in value.items()}
    return "number" if isinstance(value, int | float) else type(value).__name__


def test_a_payload_names_the_parents_that_held_the_alert_and_the_down_members_of_a_group() -> None:
    facts = replace(OVERRUN.facts, waited_for=("db", "wan"), members=("web-1",), n_members=3)
    found = a_payload(replace(OVERRUN, reason=Reason.FAILED, facts=facts))
    assert (found["held_for"], found["members_down"], found["members"]) == (["db", "wan"], ["web-1"], 3)
