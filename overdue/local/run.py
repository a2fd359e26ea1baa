"""Overdue on one machine: the engine, the app as Lambda runs it, the sweep every minute, the inbox.

Start at `running`. Nothing of the app's own code is replaced: it reads its environment, calls DynamoDB and SNS by
HTTP, and is called with API Gateway's events.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from botocore.exceptions import BotoCoreError, ClientError

import app
from chalicelib import log, runtime
from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.errors import OverdueError, Unavailable
from chalicelib.domain.ids import Code
from chalicelib.domain.keys import Key, Scope
from chalicelib.domain.schedule.occurrences import Every
from chalicelib.probes.address import networks
from chalicelib.probes.probing import TIME_BOX, out_by, probing
from chalicelib.runtime import Wiring
from chalicelib.services.liveness.self_ping import FrontDoor
from chalicelib.services.signed_links.sessions import Signer, new_link
from chalicelib.store import checks
from chalicelib.store.registry import projects
from chalicelib.store.registry.projects import new_secret
from chalicelib.store.secure_strings import ALERT_LINK_SECRET, SESSION_SECRET, get_or_create
from chalicelib.sweep.loop import note, sweep
from overdue.local import persistence
from overdue.local.clock import Clock
from overdue.local.engines import moto, resources
from overdue.local.engines.environment import share_database
from overdue.local.engines.resources import Resources
from overdue.local.inbox import layout
from overdue.local.inbox.received_alerts import Inbox
from overdue.local.inbox.sns_message import ReceivedAlert
from overdue.local.persistence import new_keys
from overdue.local.server import Server, serve

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient

STAGE = "local"
PROJECT = "default"
FIRST_CHECK = "first-check"
MINUTE = timedelta(minutes=1)
YEAR = timedelta(days=365)
LOOPBACK = "127.0.0.0/8,::1/128"  # a probe may ask what runs on this machine, and nothing else that is inside
REFRESH_S = 15  # of the pages, at the speed of people's clocks
STARTING_S = 30.0  # how long a request waits for what is still being wired


def _inbox_named(name: str, number: int = 0) -> Channel:
    """A channel whose alerts arrive in the inbox; its id is always the same."""
    made_of = f"overdue:local:{name}{number or ''}"
    return Channel(id=str(uuid5(NAMESPACE_URL, made_of)), name=name, kind="webhook", target="/inbox", subscription="")


CHANNEL = _inbox_named("inbox")
CONFORMANCE_CHANNELS = (*(_inbox_named(name) for name in ("alpha", "beta", "twin")), _inbox_named("twin", 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What one needs to talk to a running local service; also the content of the ready file."""

    base: str
    ping: str
    api: str
    inbox: str
    api_key: str
    readonly_key: str
    ping_key: str
    check: str  # the code of the first check
    open: str  # a link that signs in to the pages, once
    project: str | None = None  # with --conformance only, as the next
    other_api_key: str | None = None  # of a second project


class Stopped(Exception):
    """The service is ending: whoever waits shall stop waiting."""


@dataclass(frozen=True, slots=True)
class SweepClock:
    """The service's clock for the sweep, which must not wait for a minute when the service ends."""

    clock: Clock
    stop: threading.Event

    def now(self) -> datetime:
        """The instant in service time."""
        return self.clock.now()

    def sleep(self, seconds: float) -> None:
        """Wait so many seconds of service time. Raises Stopped."""
        if self.clock.sleep(seconds, self.stop):
            raise Stopped


@contextmanager
def running(
    *,
    port: int,
    clock: Clock,
    dynamodb_url: str | None,
    on_alert: Callable[[ReceivedAlert], None],
    conformance: bool = False,
    keep: Path | None = None,
) -> Iterator[Ready]:
    """A service that serves while the block runs, and has ended all that it started afterwards.

    For `conformance`, it has the channels and the second project that tests/conformance needs. What the folder
    `keep` has been left by an earlier one is there again, checks, history and keys; `dynamodb_url` is then None.
    Raises OverdueError when the port is busy, the engine at `dynamodb_url` does not answer, or the folder is no use.
    """
    with ExitStack() as stack:
        nav = (layout.NavLink("/", "Checks"), layout.NavLink("/inbox", "Alerts"))
        inbox = Inbox(clock=clock, on_alert=on_alert, nav=nav)
        wired = threading.Event()
        local = moto.start(os.environ)
        stack.callback(local.stop)
        kept = None if keep is None else stack.enter_context(persistence.kept(keep))
        server = _serving(port, clock, inbox, wired)
        stack.callback(server.stop)  # before the engine: requests under way still need it
        database = kept.endpoint if kept else dynamodb_url or local.endpoint
        if dynamodb_url is not None:
            share_database(os.environ)
        sns = moto.sns(local.endpoint)
        names = _created(database, sns, key=os.environ["AWS_ACCESS_KEY_ID"])
        wiring = _wired(server, names, database=database, sns_url=local.endpoint, speed=clock.speed)
        channels = CONFORMANCE_CHANNELS if conformance else (CHANNEL,)
        keys = kept.keys if kept else new_keys()
        link = _link(local.endpoint, now=clock.now())
        get_or_create(moto.ssm(local.endpoint), STAGE, ALERT_LINK_SECRET)
        ready = _furnished(wiring, server, channels, keys=keys, link=link, now=clock.now())
        if conformance:
            ready = _with_second_project(ready, now=clock.now())
        sns.subscribe(
            TopicArn=names.alerts,
            Protocol="http",
            Endpoint=f"{server.base}/inbox/deliver",
            Attributes={"FilterPolicy": json.dumps({"channels": sorted({"*", *(each.name for each in channels)})})},
        )
        stop = threading.Event()
        sweeper = threading.Thread(target=_sweep_every_minute, args=(wiring, SweepClock(clock, stop)), name="sweep")
        sweeper.start()
        prober = threading.Thread(target=_probe_every_minute, args=(wiring, SweepClock(clock, stop)), name="prober")
        prober.start()
        stack.callback(prober.join)
        stack.callback(sweeper.join)
        stack.callback(stop.set)
        wired.set()
        yield ready


def _created(database: str, sns: "SNSClient", *, key: str) -> Resources:
    """Create the tables at this URL, with this access key, and the topics.

    Raises OverdueError when no DynamoDB answers there.
    """
    try:
        return resources.create(moto.dynamodb(database, key=key), sns, stage=STAGE)
    except (BotoCoreError, ClientError, ValueError) as error:
        raise OverdueError(
            f"no DynamoDB answers at {database} ({type(error).__name__}): start one there, or leave --dynamodb out"
        ) from error


def _serving(port: int, clock: Clock, inbox: Inbox, wired: threading.Event) -> Server:
    """The HTTP server; requests wait for the wiring, which must know the server's address."""

    def handler(event: dict[str, Any], context: Any) -> Any:
        wired.wait(STARTING_S)
        return app.app(event, context)

    routes = {
        "/inbox": inbox.page,
        "/inbox.json": inbox.as_json,
        "/inbox/deliver": inbox.deliver,
    }
    return serve(handler, host="127.0.0.1", port=port, clock=clock, local_routes=routes)


def _wired(server: Server, names: Resources, *, database: str, sns_url: str, speed: float) -> Wiring:
    """Set the environment that a deployment would set, and let the app connect."""
    os.environ.update(
        {
            "OVERDUE_CHECKS_TABLE": names.checks,
            "OVERDUE_HISTORY_TABLE": names.history,
            "OVERDUE_REGISTRY_TABLE": names.registry,
            "OVERDUE_ALERTS_TOPIC": names.alerts,
            "OVERDUE_PLATFORM_TOPIC": names.platform,
            "OVERDUE_BASE_URL": server.base,
            "OVERDUE_STAGE": STAGE,
            "OVERDUE_INBOX_PATH": "/inbox",
            "OVERDUE_REFRESH_S": str(max(1, min(REFRESH_S, round(REFRESH_S / speed)))),
            "OVERDUE_DYNAMODB_URL": database,
            "OVERDUE_SNS_URL": sns_url,
            "OVERDUE_PROBE_INSIDE": os.environ.get("OVERDUE_PROBE_INSIDE", LOOPBACK),
        }
    )
    runtime.wiring.cache_clear()
    return runtime.wiring()


def _link(endpoint: str, *, now: datetime) -> str:
    """The token of a link that signs in once, as long as this service may run: its clock may be fast."""
    signer = Signer(get_or_create(moto.ssm(endpoint), STAGE, SESSION_SECRET))
    link = new_link(project=PROJECT, may_write=True, now=now, lasts=YEAR, session_lasts=YEAR)
    return signer.link(link)


def _furnished(
    wiring: Wiring,
    server: Server,
    channels: Sequence[Channel],
    *,
    keys: Mapping[Scope, str],
    link: str,
    now: datetime,
) -> Ready:
    """Keys, channels, and a first check, unless an engine that keeps its data has it."""
    for scope, secret in keys.items():
        projects.add_key(secret, Key(PROJECT, scope, f"local {scope}"), now=now)
    for channel in channels:
        projects.add_channel(PROJECT, channel, now=now)
    codes = checks.codes_by_slug(PROJECT, FIRST_CHECK)
    return Ready(
        base=server.base,
        ping=f"{server.base}/ping",
        api=f"{server.base}/api",
        inbox=f"{server.base}/inbox",
        api_key=keys[Scope.READ_WRITE],
        readonly_key=keys[Scope.READ_ONLY],
        ping_key=keys[Scope.PING],
        check=codes[0] if codes else _first_check(wiring, now=now),
        open=f"{server.base}/signin/{link}",
    )


def _with_second_project(ready: Ready, *, now: datetime) -> Ready:
    secret = new_secret(Scope.READ_WRITE)
    projects.add_key(secret, Key("other", Scope.READ_WRITE, "local other"), now=now)
    return replace(ready, project=PROJECT, other_api_key=secret)


def _first_check(wiring: Wiring, *, now: datetime) -> Code:
    config = Config(name=FIRST_CHECK, slug=FIRST_CHECK, schedule=Every(MINUTE), grace=MINUTE)
    check = new_check(Code(str(uuid4())), project=PROJECT, config=config, now=now)
    checks.create(wiring.ports.tables, check)
    return check.code


def _sweep_every_minute(wiring: Wiring, clock: SweepClock) -> None:
    """What EventBridge does in the cloud. A sweep that outlasts its minute is followed at once by the next."""
    way = FrontDoor(wiring.settings, wiring.registry)
    try:
        while True:
            began = clock.now()
            note(sweep(wiring.ports, clock, way), now=clock.now())
            clock.sleep((began + MINUTE - clock.now()).total_seconds())
    except Stopped:
        return


def _probe_every_minute(wiring: Wiring, clock: SweepClock) -> None:
    """The same for the prober. A stop waits for the probes that are under way: they end with their timeouts."""
    ask = out_by(networks(wiring.settings.probe_inside))
    try:
        while True:
            began = clock.now()
            try:
                probing(wiring.ports, ask, clock.now, until=began, box=TIME_BOX)
            except Unavailable as error:
                log.event("unavailable", why=str(error))
            clock.sleep((began + MINUTE - clock.now()).total_seconds())
    except Stopped:
        return
