"""The secret that signs links and sessions: a SecureString in SSM, one a stage, made by `overdue deploy`.

Nobody but this and SSM keeps it. Whoever deletes the parameter ends all sessions within a minute. Start at
`SessionSecret.current`. What is signed with it is decided in `web.pages.sessions` and `alerts.acknowledging`.
"""

import secrets
from contextlib import suppress
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.settings import Settings
from chalicelib.store.tables import CheckItem, Unavailable

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient

REMEMBERED = timedelta(seconds=60)
PATIENTLY = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


def parameter(stage: str) -> str:
    """The name of the parameter in SSM."""
    return f"/overdue/{stage}/session-secret"


class SessionSecret:
    """Reads with a memory of 60 seconds; one a process. A memory that is too old is as good as none."""

    def __init__(self, settings: Settings, config: Config) -> None:
        """`config`: how long to wait for SSM."""
        self._settings, self._config = settings, config
        self._read: tuple[datetime, bytes] | None = None

    def current(self, *, now: datetime) -> bytes | None:
        """The secret; None as long as nobody has made one. Raises Unavailable.

        Its client is made at the first call, 40 ms: pings need none.
        """
        if self._read is not None and abs(now - self._read[0]) < REMEMBERED:
            return self._read[1]
        if self._settings.stage is None:
            return None
        try:
            found = read(self._ssm, self._settings.stage)
        except (ClientError, BotoCoreError) as error:
            raise Unavailable("SSM did not tell who is signed in: try again in a few seconds") from error
        self._read = None if found is None else (now, found)
        return found

    def forget(self) -> None:
        """Read it anew: somebody knows that it has changed."""
        self._read = None

    @cached_property
    def _ssm(self) -> "SSMClient":
        session: Any = CheckItem._get_connection().connection.session  # noqa: SLF001  # as in `tables.sns_client`
        client: SSMClient = session.create_client("ssm", region_name=self._settings.region, config=self._config)
        return client


def read(ssm: "SSMClient", stage: str) -> bytes | None:
    """The secret; None: nobody has made one."""
    try:
        found = ssm.get_parameter(Name=parameter(stage), WithDecryption=True)
    except ssm.exceptions.ParameterNotFound:
        return None
    return bytes.fromhex(found["Parameter"]["Value"])


def made(ssm: "SSMClient", stage: str) -> bytes:
    """The secret, made if nobody has; of two who do so at once the first wins."""
    known = read(ssm, stage)
    if known is not None:
        return known
    with suppress(ssm.exceptions.ParameterAlreadyExists):
        ssm.put_parameter(
            Name=parameter(stage),
            Value=secrets.token_hex(32),
            Type="SecureString",
            Description="Signs the sessions of Overdue's pages. Delete it to sign everybody out",
        )
    found = read(ssm, stage)
    assert found is not None, "it has just been written"
    return found
