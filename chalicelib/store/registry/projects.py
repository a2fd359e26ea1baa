"""What changes rarely: projects, keys, channels.

Rows: `key#<SHA-256>` / `key` (a key is shown once and never stored plain), `project#<id>` / `channel#<id>`,
`project#<id>` / `project`, `badges` / `secret`. The rows of `claims`, `escalations` and `status_pages` lie beside them.
A warm function remembers what it has read for at most 60 seconds.
Needs `tables.connect` to have been called.
"""

import secrets
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from pynamodb.exceptions import PutError, UpdateError

from chalicelib.domain.channels import Channel
from chalicelib.domain.errors import Conflict, NotFound, WrongKey
from chalicelib.domain.keys import KEY_LENGTH, PING_KEY_LENGTH, Key, Scope, prefix_of
from chalicelib.store.registry.status_pages import StatusPage, all_status_pages
from chalicelib.store.tables import CONDITION_FAILED, RegistryItem, talking

REMEMBERED = timedelta(seconds=60)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class Registry:
    """Reads with a memory of 60 seconds. One a process; a memory that is too old is as good as none."""

    _remembered: dict[Hashable, tuple[datetime, object]] = field(default_factory=dict)

    def key(self, secret: str, *, now: datetime) -> Key:
        """Look up a key. At most one read; unknown and expired keys raise the same WrongKey."""
        name = ("key", sha256(secret.encode("utf-8", "surrogatepass")).hexdigest())
        known = self._recall(name, now)
        if not isinstance(known, Key):
            try:
                known = _key(name[1])
            except NotFound as error:
                raise WrongKey(str(error), prefix=prefix_of(secret)) from None
            self._remembered[name] = (now, known)
        if known.expires_at is not None and known.expires_at <= now:
            raise WrongKey("this key has been replaced by another", prefix=prefix_of(secret))
        return known

    def channels(self, project: str, *, now: datetime) -> tuple[Channel, ...]:
        """The channels of a project, by name. One query, at most."""
        name = ("channels", project)
        known = self._recall(name, now)
        if not isinstance(known, tuple):
            known = _channels(project)
            self._remembered[name] = (now, known)
        return known

    def status_pages(self, project: str, *, now: datetime) -> tuple[StatusPage, ...]:
        """The public status pages of a project, by name. One query, at most."""
        name = ("status pages", project)
        known = self._recall(name, now)
        if not isinstance(known, tuple):
            known = tuple(page for page in all_status_pages() if page.project == project)
            self._remembered[name] = (now, known)
        return known

    def badge_secret(self, *, now: datetime) -> bytes:
        """What the addresses of this deployment's badges are signed with; made when it is first asked for."""
        name = ("badges",)
        known = self._recall(name, now)
        if not isinstance(known, bytes):
            known = _badge_secret()
            self._remembered[name] = (now, known)
        return known

    def forget(self) -> None:
        """Read everything anew: somebody knows that it has changed."""
        self._remembered.clear()

    def _recall(self, name: Hashable, now: datetime) -> object:
        at, value = self._remembered.get(name, (None, None))
        return value if at is not None and abs(now - at) < REMEMBERED else None


def _key(digest: str) -> Key:
    try:
        with talking:
            row = RegistryItem.get(f"key#{digest}", "key")
    except RegistryItem.DoesNotExist as error:
        raise NotFound("no such key") from error
    return _as_key(row)


def _as_key(row: RegistryItem) -> Key:
    assert row.project is not None, "add_key always writes a project"
    expires_at = None if row.expires_at is None else datetime.fromtimestamp(row.expires_at, UTC)
    return Key(row.project, Scope(row.scope), row.name or "", expires_at, row.prefix or "")


def _channels(project: str) -> tuple[Channel, ...]:
    with talking:
        rows = list(RegistryItem.query(f"project#{project}", RegistryItem.sk.startswith("channel#")))
    return tuple(sorted(map(_as_channel, rows), key=lambda channel: (channel.name, channel.id)))


def _as_channel(row: RegistryItem) -> Channel:
    return Channel(
        id=row.sk.removeprefix("channel#"),
        name=row.name or "",
        kind=row.kind or "",
        target=row.target or "",
        subscription=row.subscription or "",
        created_at=None if row.created_at is None else datetime.fromtimestamp(row.created_at, UTC),
    )


def _badge_secret() -> bytes:
    """Read the secret or, the first time, write one; of two that do so at once the first wins."""
    row = _badge_row()
    if row is None:
        made = RegistryItem("badges", "secret", secret=secrets.token_hex(32))
        try:
            with talking:
                made.save(condition=RegistryItem.pk.does_not_exist())
        except PutError as error:
            if error.cause_response_code != CONDITION_FAILED:
                raise
        row = _badge_row()
    assert row is not None, "it has just been written, and nobody deletes it"
    assert row.secret is not None, "it is never written without"
    return bytes.fromhex(row.secret)


def _badge_row() -> RegistryItem | None:
    try:
        with talking:
            return RegistryItem.get("badges", "secret", consistent_read=True)
    except RegistryItem.DoesNotExist:
        return None


def new_secret(scope: Scope) -> str:
    """A key of letters and digits: 32 for the API, 190 bits; 22 for pings, 131 bits."""
    length = PING_KEY_LENGTH if scope is Scope.PING else KEY_LENGTH
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def add_key(secret: str, key: Key, *, now: datetime) -> None:
    """Let a secret be a key: only its digest is stored, and its first four characters to tell it by."""
    digest = sha256(secret.encode()).hexdigest()
    row = RegistryItem(f"key#{digest}", "key", project=key.project, scope=key.scope.value, name=key.name)
    row.prefix, row.created_at = prefix_of(secret), now.timestamp()
    with talking:
        row.save()


def add_channel(project: str, channel: Channel, *, now: datetime) -> None:
    """Write a channel, over the one with its id."""
    row = RegistryItem(f"project#{project}", f"channel#{channel.id}", name=channel.name, kind=channel.kind)
    row.target, row.subscription, row.created_at = channel.target, channel.subscription, now.timestamp()
    with talking:
        row.save()


def all_channels() -> tuple[tuple[str, Channel], ...]:
    """All channels with their projects, strongly read. A scan: the table is small, and only operators ask."""
    with talking:
        rows = list(RegistryItem.scan(RegistryItem.sk.startswith("channel#"), consistent_read=True))
    found = [(row.pk.removeprefix("project#"), _as_channel(row)) for row in rows]
    return tuple(sorted(found, key=lambda each: (each[0], each[1].name, each[1].id)))


def remove_channel(project: str, channel_id: str) -> None:
    """Let there be no such channel; one that is gone stays gone. Checks that name it go on without."""
    with talking:
        RegistryItem(f"project#{project}", f"channel#{channel_id}").delete()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A key as operators see it."""

    digest: str  # names its row
    key: Key
    prefix: str  # its first four characters
    created_at: datetime


def all_keys() -> tuple[StoredKey, ...]:
    """All keys, those of a project together. A scan: the table is small, and only operators ask."""
    with talking:
        rows = list(RegistryItem.scan(RegistryItem.sk == "key", consistent_read=True))
    found = [
        StoredKey(
            digest=row.pk.removeprefix("key#"),
            key=_as_key(row),
            prefix=row.prefix or "",
            created_at=datetime.fromtimestamp(row.created_at or 0, UTC),
        )
        for row in rows
    ]
    return tuple(sorted(found, key=lambda each: (each.key.project, each.key.name, each.created_at)))


def expire_key(digest: str, *, at: datetime) -> None:
    """Let a key work until then. A function that has just used it may take it for a minute longer. Raises NotFound."""
    try:
        with talking:
            RegistryItem(f"key#{digest}", "key").update(
                actions=[RegistryItem.expires_at.set(at.timestamp())], condition=RegistryItem.pk.exists()
            )
    except UpdateError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise NotFound("this key has just been revoked") from error


def revoke_key(digest: str) -> None:
    """Let a key be none; one that is gone stays gone. As `expire_key`, within a minute."""
    with talking:
        RegistryItem(f"key#{digest}", "key").delete()


def projects() -> tuple[str, ...]:
    """The projects that have been made, by name; not the one that is always there. A scan."""
    with talking:
        rows = list(RegistryItem.scan(RegistryItem.sk == "project", consistent_read=True))
    return tuple(sorted(row.pk.removeprefix("project#") for row in rows))


def add_project(project: str, *, now: datetime) -> None:
    """Make a project. Raises Conflict when it is there."""
    try:
        with talking:
            row = RegistryItem(f"project#{project}", "project", created_at=now.timestamp())
            row.save(condition=RegistryItem.pk.does_not_exist())
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict(f'there is a project "{project}" already') from error
