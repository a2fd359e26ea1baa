"""Keys and projects of a deployment, as their operator has them: straight in its tables, by AWS credentials.

No API key may make keys. Decides which key a name means;
`chalicelib.store.registry.projects` stores keys.
Start at `opened`, which every other call here needs first, and at `chosen`.
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
    """AWS does not let us."""


@contextmanager
def opened(settings: Settings) -> Iterator[Tables]:
    """Connect `chalicelib.store` to a stage's tables. Raises BadInput for no stage or region, Closed, and Refused.

    A local server's tables are asked without a person's credentials.
    """
    if settings.stage is None:
        raise BadInput("Which deployment? Say --stage NAME, or start a server here with: overdue local")
    if settings.dynamodb_url is not None:
        key = settings.dynamodb_key or SHARED_KEY
        keep_off_aws(os.environ, endpoint=settings.dynamodb_url, key=key)
    session = get_session()
    try:
        region = settings.region or os.environ.get("AWS_REGION") or session.get_config_variable("region")
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise Closed(f"AWS cannot be asked: {error}") from error
    if not region:
        raise BadInput(f"No AWS region for stage {settings.stage}. Say --region, or set AWS_REGION")
    if credentials is None:
        raise Closed("No AWS credentials, which keys are made with. Set AWS_PROFILE, or log in to AWS first")
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
            raise Closed(f"DynamoDB did not do it: {error}") from error
        raise _closed(cause, stage=settings.stage, region=region) from error
    except (BotoCoreError, ClientError) as error:
        raise _closed(error, stage=settings.stage, region=region) from error


def _closed(error: BotoCoreError | ClientError, *, stage: str, region: str) -> OverdueError:
    """What AWS refuses, in the words that all commands have for it."""
    if isinstance(error, ClientError) and error.response["Error"]["Code"] == "ResourceNotFoundException":
        return Closed(f"There is no stage {stage} in {region}: deploy it first, or say another --stage or --region")
    try:
        with speaking(region=region):
            raise error
    except OverdueError as said:
        return said


def add_key(settings: Settings, secret: str, key: Key, *, now: datetime) -> None:
    """Create a key, and log it to the security log."""
    registry.add_key(secret, key, now=now)
    _log(settings, "key_added", key, prefix_of(secret), now=now)


def expire_key(settings: Settings, old: StoredKey, *, at: datetime, now: datetime) -> None:
    """Let a key expire at an instant, and log it to the security log. Raises NotFound."""
    registry.expire_key(old.digest, at=at)
    _log(settings, "key_ends", old.key, old.prefix, now=now, until=at.isoformat(timespec="seconds"))


def revoke_key(settings: Settings, key: StoredKey, *, now: datetime) -> None:
    """Revoke a key, and log it to the security log."""
    registry.revoke_key(key.digest)
    _log(settings, "key_revoked", key.key, key.prefix, now=now)


def _log(settings: Settings, event: str, key: Key, prefix: str, *, now: datetime, **facts: str) -> None:
    about = {"project": key.project, "key": key.name, "key_prefix": prefix, "scope": key.scope.value}
    security_log.record(settings, event, now=now, **about, **facts)


def every_project() -> tuple[str, ...]:
    """All projects, with the one that is always there."""
    return tuple(sorted({DEFAULT_PROJECT, *projects()}))


def known_project(name: str, *, stage: str | None) -> str:
    """The name of a project that exists. Raises BadInput, which tells how to make it on the stage."""
    known = every_project()
    if name not in known:
        add = to_copy("projects", "add", name, stage=stage)
        raise BadInput(f'there is no project "{name}", but {", ".join(known)}: {add}')
    return name


def project_name(text: str) -> str:
    """A name that a new project may have. Raises BadInput."""
    if not _PROJECT.fullmatch(text):
        raise BadInput(f'"{text}" cannot be a project: use 1 to 40 lower-case letters, digits and hyphens')
    return text


def key_name(text: str) -> str:
    """A name that a new key may have. Raises BadInput."""
    if not text.strip() or not text.isprintable() or len(text) > LONGEST_NAME:
        raise BadInput(f"{text!r} cannot be a key's name: use 1 to {LONGEST_NAME} characters that can be seen")
    return text


def chosen(stored: Sequence[StoredKey], called: str, *, project: str | None) -> StoredKey:
    """The key that is meant by its name or its first four characters. Raises BadInput: none, or several."""
    here = [each for each in stored if project in (None, each.key.project)]
    matching = [each for each in here if called in (each.key.name, each.prefix)]
    if not matching:
        names = ", ".join(sorted({each.key.name for each in here})[:10]) or "none at all"
        raise BadInput(f'there is no key "{called}"; there are: {names}')
    if len(matching) > 1:
        each = ", ".join(f"{found.prefix} ({found.key.name}, project {found.key.project})" for found in matching)
        raise BadInput(f'{len(matching)} keys are called "{called}": name one by its first characters: {each}')
    return matching[0]


def lasting(stored: Sequence[StoredKey]) -> list[StoredKey]:
    """Those that no rotation has set an end to."""
    return [each for each in stored if each.key.expires_at is None]


def is_over(stored: StoredKey, *, now: datetime) -> bool:
    """Whether it has stopped working."""
    return stored.key.expires_at is not None and stored.key.expires_at <= now
