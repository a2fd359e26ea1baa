"""`overdue open`: sign in to the pages by a link that works once.

Whoever may read the stage's secret in SSM may sign in: there is no list of users. What a link grants is decided in
`chalicelib.services.signed_links.sessions`.
"""

import webbrowser
from datetime import UTC, datetime

import click
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.durations import parse_duration
from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.services.signed_links.sessions import LINK_LASTS, LOCAL_LINK_LASTS, LONGEST_SESSION, Signer, new_link
from chalicelib.store.registry import signins
from chalicelib.store.secure_strings import SESSION_SECRET, get_or_create
from overdue.aws import key_admin, security_log
from overdue.channels import admin
from overdue.channels.admin import Keeping
from overdue.cli.options import JSON, REGION, STAGE, of_stage, wrong_usage
from overdue.cli.show import document, say


@click.command(name="open")
@click.option("--read-only", is_flag=True, help="To look, not to change anything; without addresses for pings.")
@click.option("--for", "lasts", metavar="DURATION", default="8h", show_default=True, help="How long one is signed in.")
@click.option("--project", default="default", show_default=True, metavar="NAME", help="Whose checks are seen.")
@click.option("--print", "only_print", is_flag=True, help="Print the link, to open it elsewhere or to send it.")
@STAGE
@REGION
@JSON
def open_pages(
    read_only: bool,
    lasts: str,
    project: str,
    only_print: bool,
    stage: str | None,
    region: str | None,
    as_json: bool,
) -> None:
    """See your checks in the browser, signed in.

    Makes a link that signs in once, within 10 minutes; one of a local server, whose clock may run fast, works until it
    is used, or for a year. Needs AWS credentials that may read the stage's secret in SSM;
    its first link makes that secret.

    Example: overdue open --stage prod --read-only --for 30d
    """
    with wrong_usage():
        session_lasts = parse_duration("--for", lasts)
        if session_lasts > LONGEST_SESSION:
            raise BadInput(f"--for {lasts} is too long: a session lasts {LONGEST_SESSION.days} days at most")
    settings = of_stage(stage, region)
    base, now = settings.base(), datetime.now(UTC)
    with admin.opened(settings) as keeping:
        key_admin.known_project(project, stage=settings.stage)
        secret = _secret(keeping, is_local=settings.dynamodb_url is not None)
        signins.forget_expired(now=now)
        made_for = {"project": project, "scope": "read-only" if read_only else "read-write", "lasts": lasts}
        security_log.record(settings, "sign_in_link_made", now=now, **made_for)
    link = new_link(
        project=project,
        may_write=not read_only,
        now=now,
        lasts=LINK_LASTS if settings.dynamodb_url is None else LOCAL_LINK_LASTS,
        session_lasts=session_lasts,
    )
    _hand_out(f"{base}/signin/{Signer(secret).link(link)}", link.expires_at, only_print=only_print, as_json=as_json)


def _secret(keeping: Keeping, *, is_local: bool) -> bytes:
    """The stage's secret. A local server that keeps its data in another database has its secret in its own memory."""
    try:
        return get_or_create(keeping.ssm(), keeping.account.stage, SESSION_SECRET)
    except (BotoCoreError, ClientError) as error:
        if not is_local:
            raise
        raise OverdueError(
            "this local server keeps its data in a database of its own, where no secret is found: "
            "open the link that it has printed at its start"
        ) from error


def _hand_out(url: str, expires_at: datetime, *, only_print: bool, as_json: bool) -> None:
    if as_json:
        document({"url": url, "expires_at": expires_at.isoformat(timespec="seconds")})
        return
    if not only_print and webbrowser.open(url):
        say("Opened in your browser. The link signs in once; for another browser, make one with --print.")
        return
    click.echo(url)
    say("This link signs in once, and is a secret until then.")
