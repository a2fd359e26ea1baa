"""`overdue checks`: make, list, look at and change checks. Each command parses, calls the API, shows."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click

from chalicelib.domain.errors import BadInput
from chalicelib.domain.schedule import describe
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.domain.schedule.parse import parse_schedules
from chalicelib.domain.slugs import slug_of
from chalicelib.domain.text.inert import inert
from chalicelib.fields.table import BY_NAME
from overdue.cli import show
from overdue.cli.checks.configured import CONFIGURED, config_options, fields_of
from overdue.cli.checks.escalations import escalation_pairs
from overdue.cli.checks.grouped import group_fields, group_in_words, group_options, says_group
from overdue.cli.checks.outcome import done
from overdue.cli.checks.probed import in_words, probe_fields, probe_options, says_something
from overdue.cli.checks.rules import at_most, rules_of
from overdue.cli.options import talks_to_api, wrong_usage
from overdue.cli.prompts import confirm
from overdue.cli.settings import Settings
from overdue.client.api import Api, Found, find
from overdue.client.schemas import CheckJson

STATUSES = ("up", "grace", "down", "paused", "new")


@click.command()
@click.argument("name")
@config_options(*CONFIGURED, BY_NAME["probe"])
@probe_options
@group_options
@talks_to_api
def add(name: str, settings: Settings, as_json: bool, **said: Any) -> None:
    """Create a check, and get the URL for its job to ping. With --probe, Overdue requests a URL instead.

    By default, the slug comes from the name, a success is expected once a day with an hour of grace, and alerts go
    to all channels.

    Example: overdue checks add "Nightly backup" --schedule "0 2 * * *" --tz Europe/Berlin --grace 2h
    """
    fields = {"name": _named(name), "channels": "*"} | probe_fields(said, fields_of(said), before=None)
    if "tz" in fields and fields.keys().isdisjoint({"schedule", "schedules"}):
        raise click.UsageError("--tz is the zone of a --schedule: add one, or leave out --tz")
    fields = group_fields(said, fields, before=None)
    fields["slug"] = said["slug"] or _slug_of(name)
    api = Api.of(settings)
    _insist_on_new(api, str(fields["slug"]))
    made = api.create(fields)
    if as_json:
        show.document(made)
    else:
        if made.get("probe"):
            click.echo(inert(made["slug"]))
            show.say(
                f'Made "{made["name"]}". Overdue asks its URL {scheduled(made)}, for the first time within a minute.'
            )
            return
        if group := made.get("group"):
            click.echo(inert(made["slug"]))
            show.say(f'Made "{made["name"]}", {group_in_words(group)}. It is {made["status"]}.')
            return
        click.echo(inert(made.get("ping_url", made["slug"])))
        show.say(f'Made "{made["name"]}". Its job pings this URL, or: overdue exec {made["slug"]} -- …')
        _warn(made)


def _warn(check: CheckJson) -> None:
    """Print the warnings of the server; servers before this version send none."""
    for warning in check.get("warnings", ()):
        show.say(f"Warning: {warning}")


def _named(name: str) -> str:
    if not name.strip():
        raise click.UsageError("a check needs a name: say what its job does")
    with wrong_usage():
        return str(BY_NAME["name"].kind.parse("name", name))


def _slug_of(name: str) -> str:
    """Raises UsageError where none goes with a name: two such checks must not get the same."""
    slug = slug_of(name)
    if not slug:
        raise click.UsageError(f'no slug goes with "{name}", which has no letters of a-z and no digits: add --slug')
    return slug


def _insist_on_new(api: Api, slug: str) -> None:
    """Two checks of one slug could not be pinged by it any more."""
    if any(check["slug"] == slug for check in api.checks(tags=())):
        raise BadInput(f'there is a check "{slug}" already: use `overdue checks edit {slug}`, or give --slug')


@click.command(name="list")
@click.option("--tag", "tags", multiple=True, help="Only checks with this tag; repeat it for more than one.")
@click.option(
    "--status",
    "status",
    multiple=True,
    metavar="STATUS",
    type=click.Choice(STATUSES),
    help=f"Only checks of this status: {', '.join(STATUSES)}.",
)
@talks_to_api
def listing(tags: tuple[str, ...], status: tuple[str, ...], settings: Settings, as_json: bool) -> None:
    """See all checks, what is down first.

    Example: overdue checks list --tag prod --status down
    """
    found = [check for check in Api.of(settings).checks(tags=tags) if not status or check["status"] in status]
    if as_json:
        show.document(found)
        return
    now = datetime.now(UTC)
    order = ["down", "unknown", "grace", "up", "new", "paused"]
    found.sort(
        key=lambda check: (order.index(check["status"]) if check["status"] in order else 0, check["name"].casefold())
    )
    show.table(
        ("STATUS", "CHECK", "SCHEDULE", "LAST PING", "EXPECTED", "TAGS"),
        [
            (
                show.status(check),
                check["slug"] or Found(check).title,
                scheduled(check),
                show.distance(check["last_ping"], now=now),
                show.distance(check["next_ping"], now=now),
                check["tags"],
            )
            for check in found
        ],
        none="No check yet. Make one with: overdue checks add NAME --every 1d"
        if not tags and not status
        else "No such check.",
        gives=("TAGS", "SCHEDULE"),
    )


@click.command(name="show")
@click.argument("check")
@talks_to_api
def showing(check: str, settings: Settings, as_json: bool) -> None:
    """See one check: its state, its schedule in words, and where its job pings.

    Example: overdue checks show nightly-backup
    """
    api = Api.of(settings)
    found = find(api, check)
    if as_json:
        show.document(found.check)
    else:
        _show(found, api)


def _show(found: Found, api: Api) -> None:
    check, now = found.check, datetime.now(UTC)
    zone, group = _tz(check), check.get("group")
    pairs = [
        ("name", found.title),
        ("status", show.status(check)),
        ("why", check.get("explanation") or ""),
        ("slug", check["slug"]),
        ("tags", check["tags"]),
        ("about", check["desc"]),
        *(_own_pairs(check, now=now) if group is None else [("group", group_in_words(group))]),
        ("last run", show.took(check["last_duration"]) if "last_duration" in check else ""),
        ("expected", f"{show.when(check['next_ping'], tz=zone, now=now)} {zone}" if check["next_ping"] else ""),
        ("at most", at_most(check)),
        ("at least", f"{show.took(check['min_runtime'])} a run" if check.get("min_runtime") else ""),
        ("items", f"{check['min_count']:,} in {show.took(check['count_window'])}" if check.get("min_count") else ""),
        ("reminder", f"every {show.took(check['remind_every'])}" if check.get("remind_every") else ""),
        *escalation_pairs(check, api),
        *rules_of(check, now=now),
        ("pings", str(check["n_pings"]) if group is None else ""),
        ("ping URL", check.get("ping_url", "") if group is None else ""),
        ("code", found.id),
    ]
    show.fields([(name, value) for name, value in pairs if value])


def _own_pairs(check: CheckJson, *, now: datetime) -> list[tuple[str, str]]:
    """When it is expected, and when it came; a group has none of it."""
    zone = _tz(check)
    return [
        *_probe_pairs(check),
        ("schedule", f"{scheduled(check)}, {zone}" if "schedule" in check else scheduled(check)),
        *(("warning", warning) for warning in check.get("warnings", ())),
        ("grace", show.took(check["grace"])),
        ("last ping", f"{show.when(check['last_ping'], tz=zone, now=now)} {zone}" if check["last_ping"] else "never"),
    ]


def _probe_pairs(check: CheckJson) -> list[tuple[str, str]]:
    probe = check.get("probe")
    if not probe:
        return []
    asked, good = in_words(probe)
    return [("probe", asked), ("good is", good)]


@click.command()
@click.argument("check")
@click.option("--name", help="A new name; the slug stays.")
@config_options(*CONFIGURED, BY_NAME["probe"])
@probe_options
@group_options
@talks_to_api
def edit(check: str, name: str | None, settings: Settings, as_json: bool, **said: Any) -> None:
    """Change a check; what no option names stays as it is.

    Example: overdue checks edit nightly-backup --grace 3h --tags "prod db"
    """
    fields = ({} if name is None else {"name": _named(name)}) | fields_of(said)
    if not fields and said["probe"] is None and not says_something(said) and not says_group(said):
        raise click.UsageError("nothing to change: name at least one option, see --help")
    api = Api.of(settings)
    found = find(api, check)
    fields = probe_fields(said, fields, before=found.check.get("probe"))
    fields = group_fields(said, fields, before=found.check.get("group"))
    changed = api.update(found.code, fields)
    done(changed, "Changed", as_json=as_json)
    if not as_json:
        _warn(changed)


@click.command()
@click.argument("check")
@talks_to_api
def pause(check: str, settings: Settings, as_json: bool) -> None:
    """Pause a check until its next ping, or until it is resumed.

    Example: overdue checks pause nightly-backup
    """
    api = Api.of(settings)
    done(api.pause(find(api, check).code), "Paused", as_json=as_json)


@click.command()
@click.argument("check")
@talks_to_api
def resume(check: str, settings: Settings, as_json: bool) -> None:
    """Resume a paused check: it waits for its first ping again.

    Example: overdue checks resume nightly-backup
    """
    api = Api.of(settings)
    done(api.resume(find(api, check).code), "Resumed", as_json=as_json)


@click.command()
@click.argument("check")
@click.option("--yes", is_flag=True, help="Do not ask.")
@talks_to_api
def delete(check: str, yes: bool, settings: Settings, as_json: bool) -> None:
    """Delete a check and its history.

    Example: overdue checks delete nightly-backup --yes
    """
    api = Api.of(settings)
    found = find(api, check)
    confirm(f'Delete "{found.title}" and its {found.check["n_pings"]} pings for good?', yes=yes)
    done(api.delete(found.code), "Deleted", as_json=as_json)


def scheduled(check: CheckJson) -> str:
    """When a check is expected, in words."""
    if check.get("group"):
        return "as its members are"
    if "schedule" not in check:
        return describe.in_words(Every(timedelta(seconds=check.get("timeout", 0))))
    try:
        return describe.in_words(parse_schedules([check["schedule"]], check.get("tz", "UTC")))
    except BadInput:  # a newer server may know more than we do
        return check["schedule"]


def _tz(check: CheckJson) -> str:
    return check.get("tz", "UTC")
