"""Read the lines of the functions' log groups from CloudWatch Logs. `logs` decides which are shown, and how."""

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

NO_METRICS = '-"CloudWatchMetrics"'  # filter pattern: every ping writes a metrics line, which is never shown


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the logs of some functions of a stage."""

    account: Account
    client: "CloudWatchLogsClient"
    functions: Sequence[str]

    @classmethod
    def of(cls, account: Account, functions: Sequence[str]) -> Self:
        """A reader for these functions. Makes no call."""
        return cls(account, account.session.client("logs", config=PATIENT), functions)

    def __call__(self, since: datetime) -> list[Line]:
        """All lines worth showing since an instant, read from all functions in parallel.

        Raises OverdueError if a log group does not exist, and botocore's errors.
        """
        with ThreadPoolExecutor(len(self.functions)) as pool:
            return [
                line for lines in pool.map(lambda name: list(self._of(name, since)), self.functions) for line in lines
            ]

    def _of(self, function: str, since: datetime) -> Iterator[Line]:
        """The lines of one function. A page can be empty without being the last one."""
        group = f"/aws/lambda/{self.account.named(function)}"
        paginator = self.client.get_paginator("filter_log_events")
        start_ms = round(since.timestamp() * 1000)
        pages = paginator.paginate(logGroupName=group, startTime=start_ms, filterPattern=NO_METRICS)
        try:
            for page in pages:
                for event in page["events"]:
                    line = Line(
                        at_ms=event["timestamp"], id=event["eventId"], function=function, message=event["message"]
                    )
                    if line.is_told:
                        yield line
        except self.client.exceptions.ResourceNotFoundException as error:
            raise OverdueError(
                f"There is no log group {group} in {self.account.region}. Deploy the stage, or use another --stage or "
                "--region."
            ) from error
