"""The environment as one frozen value, read by handlers only."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a deployment decides for its functions."""

    checks_table: str
    history_table: str
    registry_table: str
    alerts_topic: str  # ARN
    pagerduty_topic: str | None = None  # ARN; None, as of the next: deployed before there was one
    chat_topic: str | None = None
    platform_topic: str | None = None  # what operators get about Overdue itself
    base_url: str  # without a slash at its end; configured, never guessed from a request
    region: str
    endpoint_url: str | None = None  # of DynamoDB; None: AWS itself
    sns_endpoint_url: str | None = None
    stage: str | None = None  # names what is kept outside of the tables; None: nothing is
    tz: str = "UTC"  # of pages, for who has chosen none
    refresh_s: int = 15  # after so long a page that is looked at is made anew
    inbox_path: str | None = None  # where alerts are shown; None: nowhere, they go to people
    watchdog_url: str | None = None  # for stages that do not have it in SSM; None: in SSM, or none
    probe_inside: str = ""  # inside networks that probes may ask, such as "10.0.0.0/8,fd00::/8"
    body_limit_bytes: int = 10_000
    history_days: int = 90
    checks_per_project: int = 10_000
    creates_per_minute: int = 1_000  # by ping, in a project
    pings_per_minute: int = 300  # that a check accepts
    digest_from: int = 20  # so many alerts of a kind at one moment leave as one; 0: never
    storm_function: str | None = None  # the function that runs parts of a sweep; None: there is none


_NUMBERS = {  # optional: the defaults are those of the class
    name: f"OVERDUE_{name.upper()}"
    for name in (
        "refresh_s",
        "body_limit_bytes",
        "history_days",
        "checks_per_project",
        "creates_per_minute",
        "pings_per_minute",
        "digest_from",
    )
}


def settings(environ: Mapping[str, str]) -> Settings:
    """The settings of this process. Raises KeyError for a variable that the deployment must set."""
    found = Settings(
        checks_table=environ["OVERDUE_CHECKS_TABLE"],
        history_table=environ["OVERDUE_HISTORY_TABLE"],
        registry_table=environ["OVERDUE_REGISTRY_TABLE"],
        alerts_topic=environ["OVERDUE_ALERTS_TOPIC"],
        pagerduty_topic=environ.get("OVERDUE_PAGERDUTY_TOPIC"),
        chat_topic=environ.get("OVERDUE_CHAT_TOPIC"),
        platform_topic=environ.get("OVERDUE_PLATFORM_TOPIC"),
        base_url=environ["OVERDUE_BASE_URL"].rstrip("/"),
        region=environ["AWS_REGION"],
        endpoint_url=environ.get("OVERDUE_DYNAMODB_URL"),
        sns_endpoint_url=environ.get("OVERDUE_SNS_URL"),
        stage=environ.get("OVERDUE_STAGE") or None,
        tz=environ.get("OVERDUE_TZ") or "UTC",
        inbox_path=environ.get("OVERDUE_INBOX_PATH") or None,
        watchdog_url=environ.get("OVERDUE_WATCHDOG_URL") or None,  # a template cannot leave it out
        probe_inside=environ.get("OVERDUE_PROBE_INSIDE", ""),
        storm_function=environ.get("OVERDUE_STORM_FUNCTION") or None,
    )
    given: dict[str, Any] = {name: int(environ[variable]) for name, variable in _NUMBERS.items() if variable in environ}
    return replace(found, **given)
