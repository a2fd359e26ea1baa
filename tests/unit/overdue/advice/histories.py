"""Builders for checks and histories as the API returns them, newest ping first."""

from datetime import datetime, timedelta
from typing import Any

from overdue.client.schemas import CheckJson, PingJson


def a_check(**fields: Any) -> CheckJson:
    """A check with a period of one day and one hour of grace, unless `fields` say otherwise."""
    check: Any = {
        "name": "backup",
        "slug": "backup",
        "tags": "",
        "desc": "",
        "grace": 3600,
        "n_pings": 0,
        "status": "up",
        "started": False,
        "last_ping": None,
        "next_ping": None,
        "uuid": "7f0e8d4c-1b2a-4c3d-8e9f-0123456789ab",
        "timeout": 86400,
        "schedules": [],
        "zone": "UTC",
    }
    built: CheckJson = check | fields
    return built


def pings(*sent: tuple[datetime, str], rid: str | None = None) -> list[PingJson]:
    """A history of pings given oldest first as (instant, type)."""
    oldest_first: list[PingJson] = [
        {
            "type": kind,
            "date": at.isoformat(),
            "n": number,
            "method": "GET",
            "remote_addr": "",
            "ua": "",
            "rid": rid,
            "body_url": None,
        }
        for number, (at, kind) in enumerate(sent, start=1)
    ]
    return oldest_first[::-1]


def runs(first_start: datetime, *, every: timedelta, took: list[timedelta]) -> list[PingJson]:
    """A history with a start and a success for each duration."""
    sent = []
    for number, span in enumerate(took):
        at = first_start + number * every
        sent += [(at, "start"), (at + span, "success")]
    return pings(*sent)
