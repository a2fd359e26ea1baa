"""`overdue doctor`: what is wrong with a stage on AWS, and how to fix it. What is looked at: `overdue.doctor`."""

import shutil
import textwrap
from collections.abc import Sequence
from datetime import UTC, datetime

import click
from rich.console import Console
from rich.text import Text

from chalicelib.clock import SystemClock
from chalicelib.domain.text.inert import inert
from overdue.aws.account import Account, Refused
from overdue.cli import show
from overdue.cli.options import JSON, REGION, STAGE, of_stage
from overdue.cli.settings import Settings
from overdue.doctor import connectivity
from overdue.doctor.examine import examine
from overdue.doctor.finding import Finding, is_healthy
from overdue.doctor.stage import Patient

SHAPES = {"ok": "●", "warning": "▲", "error": "✕"}
COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}
NARROWEST = 60  # columns


@click.command()
@STAGE
@REGION
@click.option(
    "--no-drift", is_flag=True, help="Skip the comparison of the stack with its template, which takes some seconds."
)
@JSON
def doctor(stage: str | None, region: str | None, no_drift: bool, as_json: bool) -> None:
    """Show what is wrong with a stage on AWS, and how to fix it. Changes nothing.

    Checks credentials, stack, tables, functions, schedules, the last sweep, channels, SMS, dead letters, alarms, this
    machine's clock, and whether the stage answers. A missing permission is a finding; the other checks still run.

    The exit status is 1 if there is an error: something does not work, or nobody would be notified. With warnings
    only, it is 0.

    Example: overdue doctor --stage prod
    """
    settings = of_stage(stage, region)
    if not as_json:
        show.say("Looking" + (", some seconds" if no_drift else ", up to two minutes (--no-drift: some seconds)"))
    findings = _findings(settings, drift=not no_drift)
    if as_json:
        show.document(
            {
                "stage": settings.stage,
                "healthy": is_healthy(findings),
                "findings": [
                    {"about": each.about, "level": each.level.value, "found": each.found, "mend": each.mend}
                    for each in findings
                ],
            }
        )
    else:
        _show(findings)
    if not is_healthy(findings):
        raise SystemExit(1)


def _findings(settings: Settings, *, drift: bool) -> list[Finding]:
    try:
        account = Account.of(settings)
    except Refused as refused:
        known = [] if settings.url is None else [connectivity.answering(settings.url, stage=settings.stage or "")]
        return connectivity.not_let_in(refused, now=datetime.now(UTC)) + known
    return examine(Patient(account, settings, SystemClock()), drift=drift)


def _show(findings: Sequence[Finding]) -> None:
    """What is bad comes last, where a terminal's reader looks; into a pipe, one line for each."""
    order = list(SHAPES)
    findings = sorted(findings, key=lambda finding: order.index(finding.level))
    if show.is_terminal():
        _draw(findings)
    else:
        rows = [(each.level.value, each.about, each.found, each.mend or "") for each in findings]
        show.table(("LEVEL", "ABOUT", "FOUND", "MEND"), rows, none="")
    counts = [(level, sum(each.level == level for each in findings)) for level in reversed(order)]
    show.say(", ".join(f"{number} {_plural(level, number)}" for level, number in counts if number) + ".")


def _plural(level: str, number: int) -> str:
    return level if number == 1 or level == "ok" else f"{level}s"


def _draw(findings: Sequence[Finding]) -> None:
    console = Console()
    column = max(len(each.about) for each in findings) + 4
    width = max(shutil.get_terminal_size().columns, NARROWEST) - column
    for each in findings:
        head = f"{SHAPES[each.level]} {each.about}".ljust(column)
        first, *rest = textwrap.wrap(inert(each.found), width, break_on_hyphens=False)
        console.print(Text(head, COLOURS[each.level]) + Text(first), soft_wrap=True)
        for line in rest:
            console.print(Text(" " * column + line), soft_wrap=True)
        for line in (each.mend or "").splitlines():  # whole, so that a command can be copied
            console.print(Text(f"{' ' * (column - 2)}→ {inert(line)}", "dim"), soft_wrap=True)
