"""Overdue on one machine: the engine, the app as Lambda runs it, the sweep every minute, the inbox.

Start at `running`. Nothing of the app's own code is replaced: it reads its environment, calls DynamoDB and SNS by
HTTP, and is called with API Gateway's events.
"""

import json
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid4, uuid5

from chalicelib.domain.check import Code, Config
from chalicelib.domain.configure import new_check
from chalicelib.domain.schedule import Every
from chalicelib.store import checks, registry
from chalicelib.store.registry import Channel, Key, Scope, new_secret
from chalicelib.wiring import Wiring
from overdue.local import engine, pages, resources
from overdue.local.clock import Clock
from overdue.local.inbox import Inbox
from overdue.local.received import ReceivedAlert
from overdue.local.resources import Resources
from overdue.local.server import Server, serve

STAGE = "local"
PROJECT = "default"
FIRST_CHECK = "first-check"
MINUTE = timedelta(minutes=1)
STARTING_S = 30.0  # how long a request waits for what is still being wired
CHANNEL = Channel(
    id=str(uuid5(NAMESPACE_URL, "overdue:local:inbox")), name="inbox", kind="webhook", target="/inbox", subscription=""
)


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
    *, port: int, clock: Clock, dynamodb_url: str | None, on_alert: Callable[[ReceivedAlert], None]
) -> Iterator[Ready]:
    """A service that serves while the block runs, and has ended all that it started afterwards.

    Raises OverdueError when the port is busy or the engine at `dynamodb_url` does not answer.
    """
    with ExitStack() as stack:
        inbox = Inbox(clock=clock, on_alert=on_alert, nav=(pages.NavLink("/inbox", "Alerts"),))
        wired = threading.Event()
        local = engine.start(os.environ)
        stack.callback(local.stop)
        server = _serving(port, clock, inbox, wired)
        stack.callback(server.stop)  # before the engine: requests under way still need it
        database = dynamodb_url or local.endpoint
        sns = engine.sns(local.endpoint)
        names = resources.create(engine.dynamodb(database), sns, stage=STAGE)
        wiring = _wired(server, names, database=database, sns_url=local.endpoint)
        ready = _furnished(wiring, server, now=clock.now())
        sns.subscribe(
            TopicArn=names.alerts,
            Protocol="http",
            Endpoint=f"{server.base}/inbox/deliver",
            Attributes={"FilterPolicy": json.dumps({"channels": [CHANNEL.name, "*"]})},
        )
        stop = threading.Event()
        sweeping = threading.Thread(target=_sweep_every_minute, args=(wiring, SweepClock(clock, stop)), name="sweep")
        sweeping.start()
        stack.callback(sweeping.join)
        stack.callback(stop.set)
        wired.set()
        yield ready


def _serving(port: int, clock: Clock, inbox: Inbox, wired: threading.Event) -> Server:
    """The HTTP server; requests wait for the wiring, which must know the server's address."""
    from app import app

    def handler(event: dict[str, Any], context: Any) -> Any:
        wired.wait(STARTING_S)
        return app(event, context)

    routes = {
        "/inbox": inbox.page,
        "/inbox.json": inbox.as_json,
        "/inbox/deliver": inbox.deliver,
        "/static/style.css": pages.style_sheet,
    }
    return serve(handler, host="127.0.0.1", port=port, clock=clock, local_routes=routes)


def _wired(server: Server, names: Resources, *, database: str, sns_url: str) -> Wiring:
    """Set the environment that a deployment would set, and let the app connect."""
    import app

    os.environ.update(
        {
            "OVERDUE_CHECKS_TABLE": names.checks,
            "OVERDUE_HISTORY_TABLE": names.history,
            "OVERDUE_REGISTRY_TABLE": names.registry,
            "OVERDUE_ALERTS_TOPIC": names.alerts,
            "OVERDUE_BASE_URL": server.base,
            "OVERDUE_DYNAMODB_URL": database,
            "OVERDUE_SNS_URL": sns_url,
        }
    )
    app.wiring.cache_clear()
    return app.wiring()


def _furnished(wiring: Wiring, server: Server, *, now: datetime) -> Ready:
    """Keys, the inbox's channel, and a first check, unless an engine that keeps its data has it."""
    keys = {scope: new_secret() for scope in Scope}
    for scope, secret in keys.items():
        registry.add_key(secret, Key(PROJECT, scope, f"local {scope}"), now=now)
    registry.add_channel(PROJECT, CHANNEL, now=now)
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
    )


def _first_check(wiring: Wiring, *, now: datetime) -> Code:
    config = Config(name=FIRST_CHECK, slug=FIRST_CHECK, schedule=Every(MINUTE), grace=MINUTE)
    check = new_check(Code(str(uuid4())), project=PROJECT, config=config, now=now)
    checks.create(wiring.ports.tables, check)
    return check.code


def _sweep_every_minute(wiring: Wiring, clock: SweepClock) -> None:
    """What EventBridge does in the cloud. A sweep that outlasts its minute is followed at once by the next."""
    from chalicelib.sweep import sweep

    try:
        while True:
            began = clock.now()
            sweep(wiring.ports, clock)
            clock.sleep((began + MINUTE - clock.now()).total_seconds())
    except Stopped:
        return


def write_ready_file(path: Path, ready: Ready) -> None:
    """Write the ready file in one move, for its owner only: it holds keys."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        json.dump(asdict(ready), file, indent=2)
        file.write("\n")
    draft.replace(path)
