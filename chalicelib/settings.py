"""The environment as one frozen value, read by handlers only."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment decides for its functions."""

    checks_table: str
    history_table: str
    registry_table: str
    alerts_topic: str  # ARN
    base_url: str  # without a slash at its end; configured, never guessed from a request
    region: str
    endpoint_url: str | None = None  # of DynamoDB; None: AWS itself
    sns_endpoint_url: str | None = None
    body_limit_bytes: int = 10_000
    history_days: int = 90


def settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this process. Raises KeyError for a variable that the deployment must set."""
    return Settings(
        checks_table=environ["OVERDUE_CHECKS_TABLE"],
        history_table=environ["OVERDUE_HISTORY_TABLE"],
        registry_table=environ["OVERDUE_REGISTRY_TABLE"],
        alerts_topic=environ["OVERDUE_ALERTS_TOPIC"],
        base_url=environ["OVERDUE_BASE_URL"].rstrip("/"),
        region=environ["AWS_REGION"],
        endpoint_url=environ.get("OVERDUE_DYNAMODB_URL"),
        sns_endpoint_url=environ.get("OVERDUE_SNS_URL"),
        body_limit_bytes=int(environ.get("OVERDUE_BODY_LIMIT_BYTES", "10000")),
        history_days=int(environ.get("OVERDUE_HISTORY_DAYS", "90")),
    )
