"""`overdue keys`: make, list, replace and revoke keys. Which key is meant is decided in `overdue.aws.key_admin`."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import click

from chalicelib.domain.durations import parse_duration
from chalicelib.domain.errors import BadInput
from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from overdue.aws import key_admin
from overdue.cli import show
from overdue.cli.hints import operand, to_copy
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage
from overdue.cli.prompts import confirm

PROJECT = click.option("--project", metavar="NAME", help="Only a key of this project.")
SCOPES = {"read-write": "rw", "read-only": "ro", "ping": "ping"}
WITHIN_A_MINUTE = "A function that has just used it may take it for a minute longer."


@click.command()
@click.argument("name", required=False)
@click.option("--scope", type=click.Choice(list(SCOPES)), default="read-write", show_default=True)
@click.option("--project", default="default", show_default=True, metavar="NAME", help="Whose checks it is for.")
@STAGE
@REGION
@JSON
def add(name: str | None, scope: str, project: str, stage: str | None, region: str | None, as_json: bool) -> None:
    """Make a key. It is shown this once, and stored as a digest only.

    Example: OVERDUE_API_KEY=$(overdue keys add laptop --stage prod)
    """
    with wrong_usage():
        called = key_admin.key_name(f"{scope} key" if name is None else name)
    settings = of_stage(stage, region)
    with key_admin.opened(settings):
        key_admin.known_project(project, stage=settings.stage)
        of_project = () if project == key_admin.DEFAULT_PROJECT else ("--project", project)
        if any((each.key.project, each.key.name) == (project, called) for each in projects.all_keys()):
            raise BadInput(
                f'there is a key "{called}" in project {project}: give another name, or replace it with: '
                + to_copy("keys", "rotate", *of_project, *operand(called), stage=settings.stage)
            )
        kind = Scope(SCOPES[scope])
        secret = projects.new_secret(kind)
        key_admin.add_key(settings, secret, Key(project, kind, called), now=datetime.now(UTC))
    _tell(secret, f'This is the {scope} key "{called}" of project {project}. It is not shown again.', as_json=as_json)


def _tell(secret: str, what: str, *, as_json: bool) -> None:
    if as_json:
        show.document({"key": secret})
        return
    click.echo(secret)
    show.say(what)


@click.command(name="list")
@PROJECT
@STAGE
@REGION
@JSON
def listing(project: str | None, stage: str | None, region: str | None, as_json: bool) -> None:
    """See which keys there are: their names and first four characters, never the keys themselves.

    Example: overdue keys list --stage prod
    """
    settings = of_stage(stage, region)
    with key_admin.opened(settings):
        stored = [each for each in projects.all_keys() if project in (None, each.key.project)]
    words = {value: word for word, value in SCOPES.items()}
    now = datetime.now(UTC)
    rows = [
        {
            "name": each.key.name,
            "prefix": each.prefix,
            "scope": words[each.key.scope.value],
            "project": each.key.project,
            "created": each.created_at.isoformat(timespec="seconds"),
            "expires": None if each.key.expires_at is None else each.key.expires_at.isoformat(timespec="seconds"),
        }
        for each in stored
    ]
    if as_json:
        show.document(rows)
        return
    show.table(
        ("NAME", "BEGINS", "SCOPE", "PROJECT", "MADE (UTC)", "STOPS (UTC)"),
        [
            (
                *(str(row[name]) for name in ("name", "prefix", "scope", "project")),
                show.when(row["created"], tz="UTC", now=now),
                "stopped" if key_admin.is_over(each, now=now) else show.when(row["expires"], tz="UTC", now=now),
            )
            for row, each in zip(rows, stored, strict=True)
        ],
        none=f"No key yet. Make one with: {to_copy('keys', 'add', stage=settings.stage)}",
    )


@click.command()
@click.argument("key")
@click.option("--overlap", default="1d", show_default=True, help="How long the old one works on, such as 7d; or 0.")
@PROJECT
@STAGE
@REGION
@JSON
def rotate(key: str, overlap: str, project: str | None, stage: str | None, region: str | None, as_json: bool) -> None:
    """Replace a key: get a new one now, while the old one works on for a while.

    KEY is its name or its first four characters.

    Example: overdue keys rotate laptop --overlap 7d --stage prod
    """
    with wrong_usage():
        goes_on = timedelta() if overlap == "0" else parse_duration("--overlap", overlap)
    now = datetime.now(UTC)
    settings = of_stage(stage, region)
    with key_admin.opened(settings):
        old = key_admin.chosen(key_admin.lasting(projects.all_keys()), key, project=project)
        secret = projects.new_secret(old.key.scope)
        key_admin.add_key(settings, secret, replace(old.key, expires_at=None), now=now)
        key_admin.expire_key(settings, old, at=now + goes_on, now=now)
    ends = f"until {now + goes_on:%Y-%m-%d %H:%M} UTC" if goes_on else "no more"
    _tell(secret, f'This is the new "{old.key.name}". The old one, {old.prefix}…, works {ends}.', as_json=as_json)


@click.command()
@click.argument("key")
@click.option("--yes", is_flag=True, help="Do not ask.")
@PROJECT
@STAGE
@REGION
@JSON
def revoke(key: str, yes: bool, project: str | None, stage: str | None, region: str | None, as_json: bool) -> None:
    """Revoke a key. It stops working within a minute.

    KEY is its name or its first four characters.

    Example: overdue keys revoke laptop --stage prod
    """
    settings = of_stage(stage, region)
    with key_admin.opened(settings):
        found = key_admin.chosen(projects.all_keys(), key, project=project)
        confirm(f'Revoke "{found.key.name}" ({found.prefix}…) of project {found.key.project}?', yes=yes)
        key_admin.revoke_key(settings, found, now=datetime.now(UTC))
    if as_json:
        show.document({"revoked": found.key.name, "prefix": found.prefix})
    else:
        show.say(f'Revoked "{found.key.name}" ({found.prefix}…). {WITHIN_A_MINUTE}')
