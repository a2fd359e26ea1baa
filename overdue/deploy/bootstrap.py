"""Set up a stage after its stack was deployed: its first keys, and a subscription for the operator.

Each step can be repeated. `overdue.channels` manages channels. Start at `first_keys`, `subscribe_operator` and
`short_lived_key`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from overdue.aws import key_admin
from overdue.aws.account import PATIENT, Account
from overdue.cli.settings import Settings

CHECKS_TAKE = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Keys:
    """The first keys of a stage. They are not stored in plain text, so this is the only time to show them."""

    api: str
    ping: str


def settings(account: Account) -> Settings:
    """The settings of the account's stage, as `key_admin.opened` needs them."""
    return Settings(
        stage=account.stage, url=None, api_key=None, ping_key=None, region=account.region, dynamodb_url=None
    )


def first_keys(account: Account, *, now: datetime) -> Keys | None:
    """Create a read-write and a ping key for the default project; None if it already has keys."""
    stage = settings(account)
    with key_admin.opened(stage):
        if any(each.key.project == key_admin.DEFAULT_PROJECT for each in projects.all_keys()):
            return None
        made = {scope: projects.new_secret(scope) for scope in (Scope.PING, Scope.READ_WRITE)}
        names = {Scope.PING: "ping key", Scope.READ_WRITE: "first key"}
        for scope, secret in made.items():
            key_admin.add_key(stage, secret, Key(key_admin.DEFAULT_PROJECT, scope, names[scope]), now=now)
    return Keys(api=made[Scope.READ_WRITE], ping=made[Scope.PING])


@contextmanager
def short_lived_key(account: Account, *, now: datetime) -> Iterator[str]:
    """A read-write key for the API calls of a deploy. Revoked at the end; expires after 15 minutes in any case."""
    secret = projects.new_secret(Scope.READ_WRITE)
    key = Key(key_admin.DEFAULT_PROJECT, Scope.READ_WRITE, "overdue deploy --checks")
    digest, stage = sha256(secret.encode()).hexdigest(), settings(account)
    with key_admin.opened(stage):
        key_admin.add_key(stage, secret, key, now=now)
        projects.expire_key(digest, at=now + CHECKS_TAKE)
    try:
        yield secret
    finally:
        with key_admin.opened(stage):
            projects.revoke_key(digest)


def subscribe_operator(account: Account, topic: str, email: str) -> bool:
    """Subscribe an address to notices about Overdue itself. False, and no e-mail, if it is subscribed already."""
    sns = account.session.client("sns", config=PATIENT)
    for page in sns.get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic):
        if any((each["Protocol"], each["Endpoint"]) == ("email", email) for each in page["Subscriptions"]):
            return False
    sns.subscribe(TopicArn=topic, Protocol="email", Endpoint=email)
    return True
