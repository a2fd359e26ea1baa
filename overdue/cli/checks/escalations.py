"""`overdue escalations`: named policies that say who to notify if nobody acknowledges an outage.

Each command parses, calls the API and prints. The server decides what a step does.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import click

from chalicelib.domain.rules.escalation import policy_name
from chalicelib.domain.text.time_format import duration
from chalicelib.fields.object_kinds import Steps
from overdue.cli import show
from overdue.cli.options import talks_to_api, wrong_usage
from overdue.cli.settings import Settings
from overdue.client.api import Api
from overdue.client.schemas import CheckJson, StepJson


@click.command()
@click.argument("name")
@click.argument("steps", nargs=-1, required=True, metavar="STEP...")
@talks_to_api
def add(name: str, steps: tuple[str, ...], settings: Settings, as_json: bool) -> None:
    """Create a policy, or change it in every check that uses it.

    A STEP is a duration since the check went down, and the channels to notify then: "15m oncall". No further steps
    run once the outage is acknowledged or over.

    Example: overdue escalations add nights "15m oncall" "1h oncall,manager"
    """
    kind = Steps()
    with wrong_usage():
        policy, wanted = policy_name(name), kind.whole("step", [kind.item("step", text) for text in steps])
    kept = Api.of(settings).keep_escalation(policy, kind.json(wanted))
    if as_json:
        show.document(kept)
    else:
        show.say(f'Checks can escalate by "{policy}": overdue checks edit CHECK --escalate {policy}')


@click.command(name="list")
@talks_to_api
def listing(settings: Settings, as_json: bool) -> None:
    """See all policies.

    Example: overdue escalations list
    """
    api = Api.of(settings)
    found = api.escalations()
    if as_json:
        show.document(found)
        return
    names = _names(api) if found else {}
    show.table(
        ("POLICY", "STEPS"),
        [(policy["name"], "; ".join(_told(policy["steps"], names))) for policy in found],
        none='No policy yet. Make one with: overdue escalations add NAME "15m CHANNEL"',
        wraps="STEPS",
    )


@click.command()
@click.argument("name")
@talks_to_api
def remove(name: str, settings: Settings, as_json: bool) -> None:
    """Remove a policy that no check names any more.

    Example: overdue escalations remove nights
    """
    gone = Api.of(settings).remove_escalation(name)
    if as_json:
        show.document(gone)
    else:
        show.say(f'Removed "{name}".')


def escalation_pairs(check: CheckJson, api: Api) -> list[tuple[str, str]]:
    """What `overdue checks show` tells of it. One more request, where there are steps with channels."""
    steps = check.get("escalation") or []
    if not steps:
        return []
    names = _names(api) if "channels" in steps[0] else {}
    policy = check.get("escalation_policy")
    return [("escalates", "\n".join([*_told(steps, names), *([f"as policy {policy} says"] if policy else [])]))]


def _names(api: Api) -> dict[str, str]:
    return {channel["id"]: channel["name"] for channel in api.channels()} | {"*": "all channels"}


def _told(steps: Sequence[StepJson], names: Mapping[str, str]) -> list[str]:
    told = []
    for step in steps:
        whom = ", ".join(
            names.get(each, "a channel that is gone") for each in step.get("channels", "").split(",") if each
        )
        told.append(f"after {duration(timedelta(seconds=step['after']))}" + (f" to {whom}" if whom else ""))
    return told
