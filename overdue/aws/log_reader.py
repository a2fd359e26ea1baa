"""Lines of the functions' log groups, from CloudWatch Logs; what is shown of them is decided in `logs`."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Self

from chalicelib.domain.errors import OverdueError
from overdue.aws.account import PATIENT, Account
from overdue.aws.logs import Line

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

NO_METRICS = '-"CloudWatchMetrics"'  # every ping writes such a line: they need not travel


@dataclass(frozen=True, slots=True)
class Reader:
    """The logs of some functions of a stage."""

    account: Account
    client: "CloudWatchLogsClient"
    functions: Sequence[str]

    @classmethod
    def of(cls, account: Account, functions: Sequence[str]) -> Self:
        """No call."""
        return cls(account, account.session.client("logs", config=PATIENT), functions)

    def __call__(self, since: datetime) -> list[Line]:
        """All lines from an instant on that tell something. Raises OverdueError, and what boto3 raises."""
        with ThreadPoolExecutor(len(self.functions)) as pool:
            return [
                line for lines in pool.map(lambda each: list(self._of(each, since)), self.functions) for line in lines
            ]

    def _of(self, function: str, since: datetime) -> Iterator[Line]:
        """A page may be empty, and not be the last."""
        group = f"/aws/lambda/{self.account.named(function)}"
        pages = self.client.get_paginator("filter_log_events")
        asked = pages.paginate(logGroupName=group, startTime=round(since.timestamp() * 1000), filterPattern=NO_METRICS)
        try:
            for page in asked:
                for event in page["events"]:
                    line = Line(
                        at_ms=event["timestamp"], id=event["eventId"], function=function, message=event["message"]
                    )
                    if line.is_told:
                        yield line
        except self.client.exceptions.ResourceNotFoundException as error:
            raise OverdueError(
                f"There is no log {group} in {self.account.region}: deploy the stage, or say another --stage or "
                "--region"
            ) from error
