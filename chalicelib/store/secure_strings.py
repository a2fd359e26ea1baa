"""Read the secrets of a stage: SecureStrings in SSM below `/overdue/STAGE/`.

Each function's policy names the parameters that it can read. `overdue deploy` creates them. Deleting a signing secret
invalidates everything signed with it within a minute. Start at `SecureString.current`.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.domain.errors import Unavailable
from chalicelib.settings import Settings
from chalicelib.store.tables import CheckItem

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

SESSION_SECRET = "session-secret"  # noqa: S105  # a name. Signs sign-in links, sessions and form tokens
ALERT_LINK_SECRET = "alert-link-secret"  # noqa: S105  # a name. Signs the acknowledge links in alerts
WATCHDOG_URL = "watchdog-url"

REMEMBERED = timedelta(seconds=60)
PATIENTLY = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
BRIEFLY = Config(connect_timeout=1, read_timeout=1, retries={"mode": "standard", "total_max_attempts": 1})


def parameter(stage: str, name: str) -> str:
    """The name of a parameter in SSM."""
    return f"/overdue/{stage}/{name}"


class SecureString:
    """One secret, cached for 60 seconds. One object per process."""

    def __init__(self, settings: Settings, name: str, config: Config) -> None:
        """`config` says how long to wait for SSM."""
        self._settings, self._name, self._config = settings, name, config
        self._read: tuple[datetime, str] | None = None

    def current(self, *, now: datetime) -> str | None:
        """The secret; None if it does not exist. Raises Unavailable.

        The first call creates the SSM client, which takes 40 ms; pings do not need it.
        """
        if self._read is not None and abs(now - self._read[0]) < REMEMBERED:
            return self._read[1]
        if self._settings.stage is None:
            return None
        try:
            found = read(self._ssm, self._settings.stage, self._name)
        except (ClientError, BotoCoreError) as error:
            raise Unavailable(f"SSM did not return {self._name}: try again in a few seconds") from error
        self._read = None if found is None else (now, found)
        return found

    def key(self, *, now: datetime) -> bytes | None:
        """A signing secret as bytes; None if it does not exist. Raises Unavailable, and ValueError if it is not hex."""
        found = self.current(now=now)
        return None if found is None else bytes.fromhex(found)

    def forget(self) -> None:
        """Read the secret again at the next call, because it has changed."""
        self._read = None

    @cached_property
    def _ssm(self) -> "SSMClient":
        session: Any = CheckItem._get_connection().connection.session  # noqa: SLF001  # as in `tables.sns_client`
        client: SSMClient = session.create_client("ssm", region_name=self._settings.region, config=self._config)
        return client


def read(ssm: "SSMClient", stage: str, name: str) -> str | None:
    """Read a secret; None if it does not exist."""
    try:
        found = ssm.get_parameter(Name=parameter(stage, name), WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    return found["Parameter"]["Value"]


def get_or_create(ssm: "SSMClient", stage: str, name: str) -> bytes:
    """Read a signing secret, or create it. Concurrent callers get the one that was written first."""
    known = read(ssm, stage, name)
    if known is not None:
        return bytes.fromhex(known)
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(
            Name=parameter(stage, name),
            Value=secrets.token_hex(32),
            Type="SecureString",
            Description=_DESCRIPTIONS[name],
        )
    found = read(ssm, stage, name)
    assert found is not None, "it has just been written"
    return bytes.fromhex(found)


_DESCRIPTIONS = {
    SESSION_SECRET: "Signs the sessions of Overdue's pages. Delete it to sign everybody out",
    ALERT_LINK_SECRET: "Signs the acknowledge links in Overdue's alerts. Delete it to end all of them",
}
