"""What changes rarely: keys, channels, claims of slugs.

Rows: `key#<SHA-256>` / `key` (a key is shown once and never stored plain), `project#<id>` / `channel#<id>`,
`slug#<project>` / `<slug>`. A warm function remembers what it has read for at most 60 seconds.
Needs `tables.connect` to have been called.
"""

import secrets
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from pynamodb.exceptions import PutError

from chalicelib.domain.check import Code
from chalicelib.store.tables import CONDITION_FAILED, Conflict, NotFound, RegistryItem, talking

REMEMBERED = timedelta(seconds=60)
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Scope(StrEnum):
    """What a key may do."""

    READ_WRITE = "rw"
    READ_ONLY = "ro"
    PING = "ping"


@dataclass(frozen=True, slots=True)
class Key:
    """What is known of a key; never the key itself."""

    project: str
    scope: Scope
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A named destination of alerts, with the SNS subscription that serves it."""

    id: str
    name: str
    kind: str
    target: str
    subscription: str  # ARN


@dataclass(frozen=True, slots=True)
class Registry:
    """Reads with a memory of 60 seconds. One a process; a memory that is too old is as good as none."""

    _remembered: dict[Hashable, tuple[datetime, object]] = field(default_factory=dict)

    def key(self, secret: str, *, now: datetime) -> Key:
        """Whose key this is. One read, at most, that tells nothing to who guesses. Raises NotFound."""
        name = ("key", sha256(secret.encode("utf-8", "surrogatepass")).hexdigest())
        known = self._recall(name, now)
        if not isinstance(known, Key):
            known = _key(name[1])
            self._remembered[name] = (now, known)
        return known

    def channels(self, project: str, *, now: datetime) -> tuple[Channel, ...]:
        """The channels of a project, by name. One query, at most."""
        name = ("channels", project)
        known = self._recall(name, now)
        if not isinstance(known, tuple):
            known = _channels(project)
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
    assert row.project is not None, "add_key always writes a project"
    return Key(row.project, Scope(row.scope), row.name or "")


def _channels(project: str) -> tuple[Channel, ...]:
    with talking:
        rows = list(RegistryItem.query(f"project#{project}", RegistryItem.sk.startswith("channel#")))
    channels = [
        Channel(
            id=row.sk.removeprefix("channel#"),
            name=row.name or "",
            kind=row.kind or "",
            target=row.target or "",
            subscription=row.subscription or "",
        )
        for row in rows
    ]
    return tuple(sorted(channels, key=lambda channel: (channel.name, channel.id)))


def new_secret() -> str:
    """A key of 32 letters and digits, 190 bits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(32))


def add_key(secret: str, key: Key, *, now: datetime) -> None:
    """Let a secret be a key: only its digest is stored, and its first four characters to tell it by."""
    digest = sha256(secret.encode()).hexdigest()
    row = RegistryItem(f"key#{digest}", "key", project=key.project, scope=key.scope.value, name=key.name)
    row.prefix, row.created_at = secret[:4], now.timestamp()
    with talking:
        row.save()


def add_channel(project: str, channel: Channel, *, now: datetime) -> None:
    """Write a channel, over the one with its id."""
    row = RegistryItem(f"project#{project}", f"channel#{channel.id}", name=channel.name, kind=channel.kind)
    row.target, row.subscription, row.created_at = channel.target, channel.subscription, now.timestamp()
    with talking:
        row.save()


def claimed(project: str, slug: str) -> Code | None:
    """The code that a `?create=1` has claimed for a slug, strongly read; None when nobody has."""
    try:
        with talking:
            row = RegistryItem.get(f"slug#{project}", slug, consistent_read=True)
    except RegistryItem.DoesNotExist:
        return None
    assert row.code is not None, "a claim always bears a code"
    return Code(row.code)


def claim(project: str, slug: str, code: Code, *, instead_of: Code | None) -> None:
    """Claim a slug for a code, if the claim is what it was. Raises Conflict: somebody else was faster."""
    row = RegistryItem(f"slug#{project}", slug, code=code)
    unchanged = RegistryItem.pk.does_not_exist() if instead_of is None else RegistryItem.code == instead_of
    try:
        with talking:
            row.save(condition=unchanged)
    except PutError as error:
        if error.cause_response_code != CONDITION_FAILED:
            raise
        raise Conflict(f"slug {slug} has just been claimed") from error
