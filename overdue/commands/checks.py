"""`overdue checks`: make, list, look at and change checks. Each command parses, calls the API, shows."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from overdue.api import Api, CheckJson, Found, find
from overdue.commands.configured import config_options, fields_of
from overdue.commands.options import talks_to_api
from overdue.config import Settings


@click.group()
def checks() -> None:
    """Make, list, show and change checks.

    A check is a piece of work that shall succeed again and again. It is named by its slug, its name, its code or the
    first 8 digits of that.

    Example: overdue checks add "Nightly backup" --schedule "0 2 * * *" --tz Europe/Berlin --grace 2h
    """


@checks.command()
@click.argument("name")
@config_options
@talks_to_api
def add(name: str, settings: Settings, as_json: bool, **said: Any) -> None:
    """Make a check, and get the URL that its job shall ping.

    Unless said otherwise its slug comes from its name, it is expected once a day with an hour of grace, and its
    alerts go to all channels.

    Example: overdue checks add "Nightly backup" --schedule "0 2 * * *" --tz Europe/Berlin --grace 2h
    """
    from overdue.pinging import slug_of

    fields = {"name": name, "slug": slug_of(name), "channels": "*"} | fields_of(said)
    api = Api.of(settings)
    _insist_on_new(api, str(fields["slug"]))
    made = api.create(fields)
    if as_json:
        _document(made)
    else:
        click.echo(made.get("ping_url", made["slug"]))
        click.echo(f'Made "{made["name"]}". Its job pings this URL, or: overdue exec {made["slug"]} -- …', err=True)


def _insist_on_new(api: Api, slug: str) -> None:
    """Two checks of one slug could not be pinged by it any more."""
    from chalicelib.domain.errors import BadInput

    if any(check["slug"] == slug for check in api.checks(tags=())):
        raise BadInput(f'there is a check "{slug}" already: use `overdue checks edit {slug}`, or give --slug')


@checks.command(name="list")
@click.option("--tag", "tags", multiple=True, help="Only checks with this tag; repeat it for more than one.")
@click.option("--status", "status", multiple=True, help="Only checks of this status: up, grace, down, paused, new.")
@talks_to_api
def listing(tags: tuple[str, ...], status: tuple[str, ...], settings: Settings, as_json: bool) -> None:
    """See all checks, what is down first.

    Example: overdue checks list --tag prod --status down
    """
    from overdue import show

    found = [check for check in Api.of(settings).checks(tags=tags) if not status or check["status"] in status]
    if as_json:
        _document(found)
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
    )


@checks.command(name="show")
@click.argument("check")
@talks_to_api
def showing(check: str, settings: Settings, as_json: bool) -> None:
    """See one check: its state, its schedule in words, and where its job pings.

    Example: overdue checks show nightly-backup
    """
    found = find(Api.of(settings), check)
    if as_json:
        _document(found.check)
    else:
        _show(found)


def _show(found: Found) -> None:
    from overdue import show

    check, now = found.check, datetime.now(UTC)
    zone = _tz(check)
    pairs = [
        ("name", found.title),
        ("status", show.status(check)),
        ("slug", check["slug"]),
        ("tags", check["tags"]),
        ("about", check["desc"]),
        ("schedule", f"{scheduled(check)}, {zone}" if "schedule" in check else scheduled(check)),
        ("grace", show.took(check["grace"])),
        ("last ping", f"{show.when(check['last_ping'], tz=zone, now=now)} {zone}" if check["last_ping"] else "never"),
        ("last run", show.took(check["last_duration"]) if "last_duration" in check else ""),
        ("expected", f"{show.when(check['next_ping'], tz=zone, now=now)} {zone}" if check["next_ping"] else ""),
        ("at most", f"{show.took(check['max_runtime'])} a run" if check.get("max_runtime") else ""),
        ("at least", f"{show.took(check['min_runtime'])} a run" if check.get("min_runtime") else ""),
        ("items", f"{check['min_count']:,} in {show.took(check['count_window'])}" if check.get("min_count") else ""),
        ("reminder", f"every {show.took(check['remind_every'])}" if check.get("remind_every") else ""),
        ("pings", str(check["n_pings"])),
        ("ping URL", check.get("ping_url", "")),
        ("code", found.id),
    ]
    show.fields([(name, value) for name, value in pairs if value])


@checks.command()
@click.argument("check")
@click.option("--name", help="A new name; the slug stays.")
@config_options
@talks_to_api
def edit(check: str, name: str | None, settings: Settings, as_json: bool, **said: Any) -> None:
    """Change a check; what no option names stays as it is.

    Example: overdue checks edit nightly-backup --grace 3h --tags "prod db"
    """
    fields = ({} if name is None else {"name": name}) | fields_of(said)
    if not fields:
        raise click.UsageError("nothing to change: name at least one option, see --help")
    api = Api.of(settings)
    _done(api.update(find(api, check).code, fields), "Changed", as_json=as_json)


@checks.command()
@click.argument("check")
@talks_to_api
def pause(check: str, settings: Settings, as_json: bool) -> None:
    """Expect nothing of a check until its next ping, or until it is resumed.

    Example: overdue checks pause nightly-backup
    """
    api = Api.of(settings)
    _done(api.pause(find(api, check).code), "Paused", as_json=as_json)


@checks.command()
@click.argument("check")
@talks_to_api
def resume(check: str, settings: Settings, as_json: bool) -> None:
    """Let a paused check begin anew: it waits for its first ping.

    Example: overdue checks resume nightly-backup
    """
    api = Api.of(settings)
    _done(api.resume(find(api, check).code), "Resumed", as_json=as_json)


@checks.command()
@click.argument("check")
@click.option("--yes", is_flag=True, help="Do not ask.")
@talks_to_api
def delete(check: str, yes: bool, settings: Settings, as_json: bool) -> None:
    """Delete a check with its history, for good.

    Example: overdue checks delete nightly-backup --yes
    """
    from overdue.commands.asking import confirm

    api = Api.of(settings)
    found = find(api, check)
    confirm(f'Delete "{found.title}" and its {found.check["n_pings"]} pings for good?', yes=yes)
    _done(api.delete(found.code), "Deleted", as_json=as_json)


def scheduled(check: CheckJson) -> str:
    """When a check is expected, in words."""
    from chalicelib.domain.errors import BadInput
    from chalicelib.domain.schedule import Every, parse_schedule
    from chalicelib.domain.schedule_words import in_words

    if "schedule" not in check:
        return in_words(Every(timedelta(seconds=check.get("timeout", 0))))
    try:
        return in_words(parse_schedule(check["schedule"], check.get("tz", "UTC")))
    except BadInput:  # a newer server may know more than we do
        return check["schedule"]


def _tz(check: CheckJson) -> str:
    return check.get("tz", "UTC")


def _done(check: CheckJson, what: str, *, as_json: bool) -> None:
    if as_json:
        _document(check)
    else:
        click.echo(f'{what} "{Found(check).title}".', err=True)


def _document(value: CheckJson | Sequence[CheckJson]) -> None:
    from overdue.show import document

    document(value)
