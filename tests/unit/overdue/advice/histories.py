"""Histories as the API tells them, newest first."""

from datetime import datetime, timedelta
from typing import Any

from overdue.client.schemas import CheckJson, PingJson


def a_check(**given: Any) -> CheckJson:
    """A simple check, once a day with an hour of grace unless said."""
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
    found: CheckJson = check | given
    return found


def pings(*said: tuple[datetime, str], rid: str | None = None) -> list[PingJson]:
    """Each with its type, in the order in which they came."""
    told: list[PingJson] = [
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
        for number, (at, kind) in enumerate(said, start=1)
    ]
    return told[::-1]


def runs(begun: datetime, *, every: timedelta, took: list[timedelta]) -> list[PingJson]:
    """A start and a success for each duration."""
    said = []
    for number, span in enumerate(took):
        at = begun + number * every
        said += [(at, "start"), (at + span, "success")]
    return pings(*said)
