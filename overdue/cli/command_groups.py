"""The groups of commands: a help text and a table of commands each, so that their help imports no command."""

import click

from overdue.cli.lazy import table


@click.group(
    commands=table(
        {
            "on": "overdue.cli.stage.canary:on",
            "off": "overdue.cli.stage.canary:off",
            "status": "overdue.cli.stage.canary:status",
        }
    )
)
def canary() -> None:
    """Prove every day that alerts get out: a check that misses on purpose.

    A monitor that is broken looks like one with nothing to tell. The canary is pinged at 10:00 UTC each day, is down
    two minutes later, and stays so until the next day; the next run looks whether SNS has taken that alert for each of
    its channels, and otherwise raises the alarm CanaryFailed on the platform topic. Its channels get one "up" and one
    "down" a day: choose one that people look at but that wakes nobody, such as an e-mail address or a quiet chat room,
    and leave pagers out. It needs a key of the project "default".

    Example: overdue canary on --channel ops-email
    """


@click.group(
    commands=table(
        {
            "add": "overdue.cli.stage.channels:add",
            "list": "overdue.cli.stage.channel_list:listing",
            "remove": "overdue.cli.stage.channels:remove",
            "test": "overdue.cli.stage.channels:test",
        }
    )
)
def channels() -> None:
    """Say where alerts go, and try it.

    All but `list` need AWS credentials.

    Example: overdue channels add ops-email ops@example.com --stage prod
    """


@click.group(
    commands=table(
        {
            "ack": "overdue.cli.checks.snooze:ack",
            "add": "overdue.cli.checks.checks:add",
            "advise": "overdue.cli.checks.advise:advise",
            "delete": "overdue.cli.checks.checks:delete",
            "edit": "overdue.cli.checks.checks:edit",
            "list": "overdue.cli.checks.checks:listing",
            "pause": "overdue.cli.checks.checks:pause",
            "resume": "overdue.cli.checks.checks:resume",
            "show": "overdue.cli.checks.checks:showing",
            "snooze": "overdue.cli.checks.snooze:snooze",
            "unsnooze": "overdue.cli.checks.snooze:unsnooze",
        }
    )
)
def checks() -> None:
    """Create, list, show and change checks.

    A check is one recurring job. Name it by its slug, its name, its code or the first 8 digits of the code.

    Example: overdue checks add "Nightly backup" --schedule "0 2 * * *" --tz Europe/Berlin --grace 2h
    """


@click.group(
    commands=table(
        {
            "add": "overdue.cli.checks.escalations:add",
            "list": "overdue.cli.checks.escalations:listing",
            "remove": "overdue.cli.checks.escalations:remove",
        }
    )
)
def escalations() -> None:
    """Manage escalation policies: who to notify if nobody acknowledges an outage.

    Example: overdue escalations add nights "15m oncall" "1h oncall,manager"
    """


@click.group(
    name="import",
    commands=table(
        {
            "crontab": "overdue.cli.files.imports:crontab",
            "healthchecks": "overdue.cli.files.imports:healthchecks",
        }
    ),
)
def imports() -> None:
    """Import checks from a crontab or from Healthchecks.

    Prints a YAML file to review and to pass to `overdue apply`. What could not be imported is listed on stderr.
    Nothing is changed.

    Example: overdue import crontab -l > checks.yaml
    """


@click.group(
    commands=table(
        {
            "add": "overdue.cli.stage.keys:add",
            "list": "overdue.cli.stage.keys:listing",
            "revoke": "overdue.cli.stage.keys:revoke",
            "rotate": "overdue.cli.stage.keys:rotate",
        }
    )
)
def keys() -> None:
    """Create and revoke keys. Needs AWS credentials, because no API key can create keys.

    A read-write key can do everything within its project, a read-only key can read checks, and a ping key can ping
    them by slug and create them by their first ping.

    Example: overdue keys add --stage prod --scope ping
    """


@click.group(
    commands=table(
        {
            "add": "overdue.cli.stage.projects:add",
            "list": "overdue.cli.stage.projects:listing",
        }
    )
)
def projects() -> None:
    """Keep teams apart in one deployment.

    Each project has its own checks, keys and channels. Needs AWS credentials.

    Example: overdue projects add billing --stage prod
    """


@click.group(
    name="status-pages",
    commands=table(
        {
            "add": "overdue.cli.stage.status_pages:add",
            "list": "overdue.cli.stage.status_pages:listing",
            "remove": "overdue.cli.stage.status_pages:remove",
        }
    ),
)
def status_pages() -> None:
    """Show everybody how some checks are: their names, states, uptime and outages, and nothing else.

    Off unless one is made; needs AWS credentials. A page is at /status/NAME, and needs no signing in.

    Example: overdue status-pages add shop --tag public --title "Example Shop" --stage prod
    """
