"""`overdue exec`: parse, and warn when the job can run but not be monitored. `overdue.exec.job` does the rest."""

from collections.abc import Mapping

import click

from chalicelib.domain.errors import OverdueError
from chalicelib.domain.schedule.aliases import without_alias
from overdue.cli.options import PING_KEY, STAGE, URL, settings_of
from overdue.cli.settings import Given
from overdue.client.pinging import target
from overdue.exec import child, job


@click.command(name="exec")
@click.argument("check")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED, metavar="-- COMMAND...")
@click.option("--create", is_flag=True, help="Make the check if its slug is not known yet.")
@click.option("--every", metavar="PERIOD", help="Of a new check: how often it must succeed, such as 1d.")
@click.option("--schedule", metavar="EXPR", help="Of a new check: cron or OnCalendar, instead of --every.")
@click.option("--tz", metavar="ZONE", help="Of a new check: the zone of its schedule, such as Europe/Berlin.")
@click.option("--grace", metavar="DURATION", help="Of a new check: how late it may be, such as 1h.")
@URL
@PING_KEY
@STAGE
def execute(
    check: str,
    command: tuple[str, ...],
    create: bool,
    every: str | None,
    schedule: str | None,
    tz: str | None,
    grace: str | None,
    url: str | None,
    ping_key: str | None,
    stage: str | None,
) -> None:
    """Run a job, and report when it starts and how it ends.

    COMMAND keeps its input, output, signals and exit status. CHECK is a slug, a code or a ping URL: it gets a ping
    when the command starts, and one when it ends, with the last 10 kB of its output. No API key is needed.

    Monitoring never stops a job. If Overdue cannot be reached, a line on stderr says so, at most 5 seconds after the
    job's end.

    Example: overdue exec nightly-backup --create --every 1d --grace 2h -- tar -czf /backup/home.tar.gz /home
    """
    wishes = {"period": every, "schedule": schedule, "tz": tz, "grace": grace}
    new = _new_check({name: value for name, value in wishes.items() if value is not None}, create=create)
    try:
        settings = settings_of(Given(url=url, ping_key=ping_key, stage=stage))
        found = target(check, settings, new=new)
    except Exception as error:  # noqa: BLE001  # whatever it is, such as a lack of memory: the job must run
        why = error if isinstance(error, OverdueError | OSError) else repr(error)
        child.say(f"the job runs, but is not monitored: {why}")
        found = None
    raise SystemExit(job.run(command, found))


def _new_check(wishes: Mapping[str, str], *, create: bool) -> Mapping[str, str] | None:
    """The query of `?create=1`; None without --create. Raises UsageError.

    The server checks the values: a mistyped one must not keep the job from running.
    """
    if wishes and not create:
        option = "every" if "period" in wishes else next(iter(wishes))
        raise click.UsageError(f"--{option} configures a new check: add --create")
    if "period" in wishes and "schedule" in wishes:
        raise click.UsageError("--every and --schedule exclude each other")
    if not create:
        return None
    return {name: without_alias(value) for name, value in wishes.items()}
