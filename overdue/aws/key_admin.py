"""Manage a deployment's keys and projects directly in its tables, with AWS credentials: no API key may create keys.

Decides which key a name refers to; `chalicelib.store.registry.projects` stores keys. Start at `opened`, which every
other call here needs first, and at `chosen`.
"""

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session
from pynamodb.exceptions import PynamoDBException

from chalicelib import settings as deployed
from chalicelib.domain.errors import BadInput, OverdueError
from chalicelib.domain.keys import Key, prefix_of
from chalicelib.store.registry import projects as registry
from chalicelib.store.registry.projects import StoredKey, projects
from chalicelib.store.tables import Tables, connect
from overdue.aws import security_log
from overdue.aws.account import speaking
from overdue.cli.hints import to_copy
from overdue.cli.settings import Settings
from overdue.local.engines.access import SHARED_KEY
from overdue.local.engines.environment import keep_off_aws

DEFAULT_PROJECT = "default"
LONGEST_NAME = 100
_PROJECT = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")


class Closed(OverdueError):
    """The tables cannot be used: no credentials, no such stage, or DynamoDB refused."""


@contextmanager
def opened(settings: Settings) -> Iterator[Tables]:
    """Connect `chalicelib.store` to a stage's tables. Raises BadInput for a missing stage or region, Closed, Refused.

    The tables of a local server are reached with its own key, never with AWS credentials.
    """
    if settings.stage is None:
        raise BadInput("No stage given. Use --stage NAME, or start a server on this machine with: overdue local")
    if settings.dynamodb_url is not None:
        key = settings.dynamodb_key or SHARED_KEY
        keep_off_aws(os.environ, endpoint=settings.dynamodb_url, key=key)
    session = get_session()
    try:
        region = settings.region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise Closed(f"Cannot call AWS: {error}") from error
    if not region:
        raise BadInput(f"No AWS region for stage {settings.stage}. Use --region, or set AWS_REGION.")
    if credentials is None:
        raise Closed("No AWS credentials, which this command needs. Set AWS_PROFILE, or log in to AWS first.")
    prefix = f"overdue-{settings.stage}"
    try:
        tables = connect(
            deployed.Settings(
                checks_table=f"{prefix}-checks",
                history_table=f"{prefix}-history",
                registry_table=f"{prefix}-registry",
                alerts_topic="",
                base_url="",
                region=region,
                endpoint_url=settings.dynamodb_url,
            )
        )
        yield tables
    except PynamoDBException as error:
        cause = error.cause if isinstance(error.cause, BotoCoreError | ClientError) else None
        if cause is None:
            raise Closed(f"DynamoDB failed: {error}") from error
        raise _closed(cause, stage=settings.stage, region=region) from error
    except (BotoCoreError, ClientError) as error:
        raise _closed(error, stage=settings.stage, region=region) from error


def _closed(error: BotoCoreError | ClientError, *, stage: str, region: str) -> OverdueError:
    """The error of a refused call, with the message that all commands use for it."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
        return Closed(f"There is no stage {stage} in {region}. Deploy it first, or use another --stage or --region.")
    try:
        with speaking(region=region):
            raise error
    except OverdueError as translated:
        return translated


def add_key(settings: Settings, secret: str, key: Key, *, now: datetime) -> None:
    """Store a key and record that in the security log."""
    registry.add_key(secret, key, now=now)
    _log(settings, "key_added", key, prefix_of(secret), now=now)


def expire_key(settings: Settings, old: StoredKey, *, at: datetime, now: datetime) -> None:
    """Make a key expire at an instant and record that in the security log. Raises NotFound."""
    registry.expire_key(old.digest, at=at)
    _log(settings, "key_ends", old.key, old.prefix, now=now, until=at.isoformat(timespec="seconds"))


def revoke_key(settings: Settings, key: StoredKey, *, now: datetime) -> None:
    """Revoke a key and record that in the security log."""
    registry.revoke_key(key.digest)
    _log(settings, "key_revoked", key.key, key.prefix, now=now)


def _log(settings: Settings, event: str, key: Key, prefix: str, *, now: datetime, **facts: str) -> None:
    about = {"project": key.project, "key": key.name, "key_prefix": prefix, "scope": key.scope.value}
    security_log.record(settings, event, now=now, **about, **facts)


def every_project() -> tuple[str, ...]:
    """All projects, sorted, including the default project, which always exists."""
    return tuple(sorted({DEFAULT_PROJECT, *projects()}))


def known_project(name: str, *, stage: str | None) -> str:
    """Return the name of an existing project. Raises BadInput, which says how to create it on the stage."""
    known = every_project()
    if name not in known:
        add = to_copy("projects", "add", name, stage=stage)
        raise BadInput(f'There is no project "{name}", only {", ".join(known)}. Create it with: {add}')
    return name


def project_name(text: str) -> str:
    """Validate the name of a new project. Raises BadInput."""
    if not _PROJECT.fullmatch(text):
        raise BadInput(f'"{text}" is not a valid project name. Use 1 to 40 lower-case letters, digits and hyphens.')
    return text


def key_name(text: str) -> str:
    """Validate the name of a new key. Raises BadInput."""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise BadInput(f"{text!r} is not a valid key name. Use 1 to {LONGEST_NAME} printable characters.")
    return text


def chosen(stored: Sequence[StoredKey], name: str, *, project: str | None) -> StoredKey:
    """Find a key by its name or its first four characters; in one project, or in all for None.

    Raises BadInput if no key or several keys match.
    """
    keys = [each for each in stored if project in (None, each.key.project)]
    matching = [each for each in keys if name in (each.key.name, each.prefix)]
    if not matching:
        names = ", ".join(sorted({each.key.name for each in keys})[:10])
        raise BadInput(f'There is no key "{name}". ' + (f"Known keys: {names}" if names else "There are no keys yet."))
    if len(matching) > 1:
        prefixes = ", ".join(f"{each.prefix} ({each.key.name}, project {each.key.project})" for each in matching)
        raise BadInput(f'{len(matching)} keys are called "{name}". Use the first characters of one: {prefixes}')
    return matching[0]


def lasting(stored: Sequence[StoredKey]) -> list[StoredKey]:
    """The keys without an expiry date; a rotation gives the old key one."""
    return [each for each in stored if each.key.expires_at is None]


def is_over(stored: StoredKey, *, now: datetime) -> bool:
    """Whether the key has expired. It stops working at the instant of its expiry."""
    return stored.key.expires_at is not None and stored.key.expires_at <= now
