"""What every edge reads of a request of the HTTP API: its instant, the address that it came from, its query."""

from datetime import UTC, datetime
from typing import Any


def moment(event: Any) -> datetime:
    """When the request was made, by API Gateway's clock."""
    return datetime.fromtimestamp(event["requestContext"]["requestTimeEpoch"] / 1000, UTC)


def source_of(event: Any) -> str:
    """The address that a request came from, as API Gateway saw it: not what X-Forwarded-For claims."""
    source: str = event["requestContext"]["identity"]["sourceIp"]
    return source


def query_of(event: Any) -> dict[str, list[str]]:
    """The query's parameters, each with all its values."""
    return event.get("multiValueQueryStringParameters") or {}
