"""`overdue status`: all checks of a project at a glance."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import click

from overdue.cli import show
from overdue.cli.checks.fleet import Fleet, down_since
from overdue.cli.options import talks_to_api
from overdue.cli.settings import Settings
from overdue.client.api import Api, Found

MOST_ASKED = 20  # checks that are down, and for how long


@click.command()
@click.option("--exit-code", is_flag=True, help="Exit 1 when anything is down.")
@talks_to_api
def status(settings: Settings, exit_code: bool, as_json: bool) -> None:
    """Show which checks are down, why and since when, which are late, and what comes next.

    `overdue checks list` shows every check. The exit status is 0 whatever it finds, unless you use --exit-code.

    Example: overdue status --exit-code || echo "something is down"
    """
    api = Api.of(settings)
    fleet = Fleet.of(api.checks(tags=()))
    since = _since(api, fleet.down[:MOST_ASKED])
    if as_json:
        _document(fleet, since)
    else:
        _show(fleet, since, now=datetime.now(UTC))
    if exit_code and fleet.down:
        raise SystemExit(1)


def _since(api: Api, down: Sequence[Found]) -> dict[str, str | None]:
    """Since when each is down, by its id: one request for each, some at once."""
    if not down:
        return {}
    with ThreadPoolExecutor(4) as pool:
        flips = pool.map(lambda found: api.flips(found.id), down)
        return {found.id: down_since(each) for found, each in zip(down, flips, strict=True)}


def _document(fleet: Fleet, since: Mapping[str, str | None]) -> None:
    show.document(
        {
            "total": fleet.total,
            "counts": dict(fleet.counts),
            "down": [
                {
                    "check": _called(each),
                    "reason": each.check.get("reason"),
                    "explanation": each.check.get("explanation"),
                    "since": since.get(each.id),
                }
                for each in fleet.down
            ],
            "late": [{"check": _called(each), "expected": each.check["next_ping"]} for each in fleet.late],
            "next": None
            if fleet.next is None
            else {"check": _called(fleet.next), "expected": fleet.next.check["next_ping"]},
        }
    )


def _show(fleet: Fleet, since: Mapping[str, str | None], *, now: datetime) -> None:
    if not fleet.total:
        show.say("No check yet. Make one with: overdue checks add NAME --every 1d")
        return
    rows = [
        (show.status(each.check), _called(each), "since " + show.distance(since.get(each.id), now=now))
        for each in fleet.down
    ]
    rows += [
        (show.status(each.check), _called(each), "expected " + show.distance(each.check["next_ping"], now=now))
        for each in fleet.late
    ]
    summary = ", ".join(f"{number} {name}" for name, number in fleet.counts.items())
    verdict = f"{len(fleet.down)} of {fleet.total} down" if fleet.down else "nothing is down"
    pairs = [("Checks", f"{summary}: {verdict}")]
    if fleet.next is not None:
        coming = show.distance(fleet.next.check["next_ping"], now=now)
        pairs.append(("Next", f"{_called(fleet.next)}, expected {coming}"))
    if rows:
        show.table(("STATUS", "CHECK", "WHEN"), rows, none="")
        click.echo()
    show.fields(pairs)


def _called(found: Found) -> str:
    return found.check["slug"] or found.title
