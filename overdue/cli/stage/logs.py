"""`overdue logs`: what the functions say, merged. How a line is shown is `overdue.aws.logs`'s business."""

import json
from datetime import UTC, datetime

import click

from chalicelib.clock import SystemClock
from chalicelib.domain.durations import parse_duration
from overdue.aws.account import Account, speaking
from overdue.aws.log_reader import Reader
from overdue.aws.logs import Line, followed, in_order
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage
from overdue.cli.show import document, say
from overdue.deploy.functions import FUNCTIONS


@click.command()
@STAGE
@REGION
@click.option("--function", "functions", multiple=True, type=click.Choice(FUNCTIONS), help="Only this; repeat it.")
@click.option("--since", default="10m", show_default=True, metavar="DURATION", help="How far back, such as 2h or 1d.")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C. --json: one object a line.")
@click.option("--filter", "text", metavar="TEXT", help="Only lines that hold this, whatever its case.")
@JSON
def logs(
    stage: str | None,
    region: str | None,
    functions: tuple[str, ...],
    since: str,
    follow: bool,
    text: str | None,
    as_json: bool,
) -> None:
    """Read what a stage's functions say, in order of time (UTC): events, warnings, crashes with their traceback.

    Metrics and Lambda's own bookkeeping are left out. A line comes some seconds after it was written.

    Example: overdue logs --stage prod --function sweep --since 1h -f
    """
    with wrong_usage():
        start = datetime.now(UTC) - parse_duration("--since", since)
    account = Account.of(of_stage(stage, region))
    read = Reader.of(account, functions or FUNCTIONS)

    def is_wanted(line: Line) -> bool:
        return text is None or line.holds(text)

    with speaking(region=account.region):
        if not follow:
            found = [line for line in in_order(read(start)) if is_wanted(line)]
            if as_json:
                document([line.document() for line in found])
                return
            for line in found:
                _show(line.readable())
            if not found:
                say(f"Nothing within the last {since}.")
            return
        try:
            for line in followed(read, SystemClock(), since=start):
                if is_wanted(line):
                    _show(json.dumps(line.document()) if as_json else line.readable())
        except KeyboardInterrupt:
            return


def _show(line: str) -> None:
    """At once, into a pipe, too."""
    click.echo(line)
