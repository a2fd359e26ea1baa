"""`overdue cost`: what a stage costs in a month, by list prices. The arithmetic is `overdue.aws.cost`'s business."""

from dataclasses import asdict
from datetime import UTC, datetime

import click

from chalicelib.clock import SystemClock
from chalicelib.domain.errors import OverdueError
from overdue.aws.account import Account, speaking
from overdue.aws.cost import Bill, Period, Prices, bill, month_of, period, prices
from overdue.aws.usage import counted, made_at
from overdue.cli import show
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage
from overdue.doctor.stage import Patient

LEFT_OUT = "Left out: data that leaves AWS, S3, SQS, requests to KMS and SSM (cents), and others in the account."


@click.command()
@STAGE
@REGION
@click.option("--month", metavar="YYYY-MM", help="Another month than this one; AWS knows 15 of them.")
@JSON
def cost(stage: str | None, region: str | None, month: str | None, as_json: bool) -> None:
    """See what a stage has cost this month, and what the month comes to: its usage by AWS's list prices.

    An estimate, not the bill: that is in AWS's Billing. Prices are those of us-east-1, with their date; CloudWatch
    counts what was used, and is some minutes behind. Deliveries by SNS are spread evenly over the subscriptions of a
    topic; SMS are those of the whole account. Asking costs a twentieth of a cent.

    Example: overdue cost --stage prod --month 2026-10
    """
    now = datetime.now(UTC)
    with wrong_usage():
        asked = month_of(month, now=now)
    settings = of_stage(stage, region)
    account = Account.of(settings)
    with speaking(region=account.region):
        patient = Patient(account, settings, SystemClock())
        made = made_at(patient)
        if made is None:
            raise OverdueError(
                f"There is no stage {account.stage} in {account.region}: say another --stage or --region, or deploy it"
            )
        within = period(asked, made_at=made, now=now)
        found = counted(patient, within)
    listed = prices()
    done = bill(found, listed, within)
    if as_json:
        _document(account, done, listed, within, checks=found.checks, pings=found.pings)
    else:
        _show(account, done, listed, within, checks=found.checks, pings=found.pings)


def _document(account: Account, done: Bill, listed: Prices, within: Period, *, checks: int, pings: int) -> None:
    show.document(
        {
            "stage": account.stage,
            "region": account.region,
            "month": f"{within.month:%Y-%m}",
            "since": within.since.isoformat(timespec="seconds"),
            "until": within.until.isoformat(timespec="seconds"),
            "projected": within.is_telling,
            "currency": "USD",
            "prices": {
                "region": listed.region,
                "as_of": listed.as_of,
                "sources": listed.sources,
                "fits_region": listed.region == account.region,
            },
            "checks": checks,
            "pings": pings,
            **asdict(done),
        }
    )


def _show(account: Account, done: Bill, listed: Prices, within: Period, *, checks: int, pings: int) -> None:
    rows = [
        (line.name, _number(line.quantity), _usd(line.so_far), _usd(line.month), _usd(line.month_less_free))
        for line in done.lines
    ]
    rows.append(("Total", "", _usd(done.so_far), _usd(done.month), _usd(done.month_less_free)))
    show.table(("ITEM, USD", "NUMBER", "SO FAR", "MONTH", "LESS FREE"), rows, none="")
    show.say(f"{within.month:%Y-%m}, stage {account.stage}, {account.region}. {_reach(within)}.")
    show.say("LESS FREE: what AWS gives each month is taken off, as if nothing else in the account used it.")
    each = [f"{_usd(done.month_per_check)} a month for each of {checks} checks" if done.month_per_check else ""]
    each += [f"{_usd(done.per_1000_pings)} for 1,000 of {pings} pings" if done.per_1000_pings else ""]
    if any(each):
        show.say(f"{', '.join(filter(None, each))}, in USD at list price.")
    elsewhere = "" if listed.region == account.region else f": in {account.region} they differ, an estimate"
    show.say(f"Prices of {listed.region}, {listed.as_of}{elsewhere}. {LEFT_OUT}")


def _reach(within: Period) -> str:
    """How far the figures go."""
    if within.until == within.end:
        return "Over"
    until = f"Until {within.until:%Y-%m-%d %H:%M} UTC"
    if not within.is_telling:
        return f"{until}, too early to say how usage will grow: MONTH holds it as it is"
    return f"{until}; MONTH is what it comes to at this pace"


def _usd(value: float) -> str:
    """Cents, and more digits where there is less."""
    if 0 < value < 0.0001:
        return "<0.0001"
    return f"{value:.2f}" if value >= 0.1 or value == 0 else f"{value:.4f}"


def _number(value: float) -> str:
    if 0 < value < 0.001:
        return "<0.001"
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.3f}"
