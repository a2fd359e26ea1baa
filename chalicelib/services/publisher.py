"""The way of an alert to SNS: worded once, and published to the topic of each kind of channel that it is for.

Start at `Publisher`. How it is worded is decided in `alerts`; when it leaves, in `transaction`.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING

from botocore.config import Config

from chalicelib.alerts.digest import build_digest_payload, split_digest
from chalicelib.alerts.payload import Payload, build_payload
from chalicelib.alerts.publish import publish, publish_alarm, publish_notification
from chalicelib.alerts.text import Delivery, compose_message
from chalicelib.domain.alerts import Alert
from chalicelib.domain.channels import AMAZON_Q, EVERY_CHANNEL, PAGERDUTY, Channel
from chalicelib.domain.check import Check
from chalicelib.domain.digest import Digest
from chalicelib.domain.digest import wanted as wanted_by
from chalicelib.domain.errors import Away, Undelivered
from chalicelib.domain.ids import unique_key
from chalicelib.services.signed_links.ack_links import AckLinks
from chalicelib.settings import Settings
from chalicelib.store.registry.projects import Registry
from chalicelib.store.tables import sns_client

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

_Way = Callable[..., None]  # `publish`, and the likes of it
MOST_REMEMBERED = 20_000  # alerts, about 4 MB; more than a sweep evaluates before it publishes


class Publisher:
    """Words an alert and publishes it."""

    def __init__(self, settings: Settings, registry: Registry) -> None:
        self._settings = settings
        self._registry = registry
        self._taken: dict[str, set[str]] = {}  # by alert id: the topics that accepted it; the oldest are dropped first
        self._lock = Lock()

    @cached_property
    def _ack_links(self) -> AckLinks:
        return AckLinks(self._settings)

    @cached_property
    def _sns(self) -> "SNSClient":
        return sns_client(self._settings, Config(connect_timeout=2, read_timeout=5, retries={"total_max_attempts": 2}))

    def __call__(self, check: Check, alert: Alert, *, now: datetime) -> tuple[str, ...]:
        """Publish one alert; return the names of the channels that it went to. Raises Undelivered, Unavailable.

        Skips topics that have accepted it before, alone or in a digest: while DynamoDB refuses the writes that follow,
        each sweep would repeat it. Another process does not know that, and repeats it.
        """
        wanted = wanted_by(check, alert)
        channels = self._channels(check.project, wanted, now=now)
        names = tuple(channel.name for channel in channels)
        topics = self._topics({channel.kind for channel in channels})
        if self._taken.get(alert.id, set()) >= set(topics):
            return names
        delivery = Delivery(
            at=now,
            channels=names,
            link=f"{self._settings.base_url}/checks/{check.config.slug or unique_key(check.code)}",
            ack_link=self._ack_links.of(check, alert, now=now),
        )
        message = compose_message(check.code, check.config, alert, delivery)
        payload = build_payload(check.code, check.config, alert, message, delivery, project=check.project)
        refused = self._publish(payload, topics, to=_addressees(wanted, names), ids=[alert.id])
        if refused is not None:
            raise refused
        return names

    def digest(self, digest: Digest, *, now: datetime) -> dict[str, Undelivered]:
        """Publish a digest, in as many messages as it needs; return what was refused, by the ids of its members.

        PagerDuty gets none: it has an incident for each check, which its recovery must find. Raises Unavailable.
        """
        wanted = digest.common.channels
        channels = self._channels(digest.common.project, wanted, now=now)
        names = tuple(channel.name for channel in channels)
        topics = self._topics({channel.kind for channel in channels} - {PAGERDUTY})
        delivery = Delivery(at=now, channels=names, link=f"{self._settings.base_url}/", ack_link=None)
        refused: dict[str, Undelivered] = {}
        away: Away | None = None
        for part in split_digest(digest):
            ids = [member.alert.id for member in part.members]
            why = away or self._publish(
                build_digest_payload(part, delivery), topics, to=_addressees(wanted, names), ids=ids
            )
            if why is not None:
                refused |= dict.fromkeys(ids, why)
            away = why if isinstance(why, Away) else None
        return refused

    def _channels(self, project: str, wanted: Collection[str], *, now: datetime) -> tuple[Channel, ...]:
        """Those of a project that are wanted, as far as they still exist."""
        channels = self._registry.channels(project, now=now)
        return tuple(channel for channel in channels if EVERY_CHANNEL in wanted or channel.id in wanted)

    def _topics(self, kinds: Collection[str]) -> dict[str, _Way]:
        """Those that serve channels of these kinds, by their ARNs, each with how it is published to."""
        ways: dict[str, _Way] = {self._settings.alerts_topic: publish}
        if PAGERDUTY in kinds and self._settings.pagerduty_topic is not None:
            ways[self._settings.pagerduty_topic] = publish_alarm
        if AMAZON_Q in kinds and self._settings.chat_topic is not None:
            ways[self._settings.chat_topic] = publish_notification
        return ways

    def _publish(
        self, payload: Payload, topics: Mapping[str, _Way], *, to: Sequence[str], ids: Sequence[str]
    ) -> Undelivered | None:
        """To each of these topics what tells of the alerts of these ids; what it was refused with, if it was.

        One that refuses it does not keep it from the others; when it is tried again, this process spares those that
        have taken it, another repeats it.
        """
        refused = None
        for topic, publish_there in topics.items():
            if all(topic in self._taken.get(each, ()) for each in ids):
                continue
            try:
                publish_there(self._sns, topic, payload, to=to)
            except Away as error:
                return error
            except Undelivered as error:
                refused = error
                continue
            self._remember(ids, topic)
        return refused

    def _remember(self, ids: Sequence[str], topic: str) -> None:
        with self._lock:
            for each in ids:
                self._taken.setdefault(each, set()).add(topic)
            while len(self._taken) > MOST_REMEMBERED:
                del self._taken[next(iter(self._taken))]

    def forget(self) -> None:
        """Forget all accepted alerts, like a new process."""
        self._taken.clear()


def _addressees(wanted: Collection[str], names: tuple[str, ...]) -> tuple[str, ...]:
    """What filter policies see: the names, and "*" for a channel that is younger than what is remembered."""
    return (EVERY_CHANNEL, *names) if EVERY_CHANNEL in wanted else names
