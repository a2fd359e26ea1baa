"""The stand-in for AWS: moto's server within this process, on loopback, empty at each start.

Start at `start`. It takes DynamoDB's and SNS's place for everything that the process does, and never learns
whose machine it runs on: no profile, key or configuration of a person is read. What is created on it is
`resources`' business.
"""

import logging
import threading
from collections.abc import MutableMapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from boto3.session import Session
from botocore.config import Config
from moto.core.base_backend import BackendDict
from moto.core.model_instances import reset_model_data
from moto.dynamodb.responses import DynamoHandler
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import BaseWSGIServer, make_server

from overdue.local.engines import access, shortcut
from overdue.local.engines.environment import REGION, SECRET_KEY, keep_off_aws
from overdue.local.engines.quick import make_quick
from overdue.local.engines.sns_delivery import bear_what_is_away

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_ssm import SSMClient

QUICK = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "max_attempts": 2})


@dataclass(frozen=True, slots=True)
class Engine:
    """A running engine: `endpoint` is the URL of each of its services."""

    endpoint: str
    _server: BaseWSGIServer
    _thread: threading.Thread

    def stop(self) -> None:
        """Stop answering. Takes up to half a second."""
        shortcut.close(self.endpoint)
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def start(environ: MutableMapping[str, str]) -> Engine:
    """Start an empty engine on a free port, and send all that reads `environ` there instead of to AWS.

    One at a time in a process: moto keeps its tables in globals. About 0.6 s, most of it imports.
    """
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # else a line for each request
    make_atomic()
    make_quick()
    bear_what_is_away()
    BackendDict.reset()
    reset_model_data()
    # moto's ThreadedMotoServer does the same, but its app cannot be wrapped before it serves.
    app = access.guard(DomainDispatcherApplication(create_backend_app), key=access.access_key())
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=MotoRequestHandler)
    thread = threading.Thread(target=server.serve_forever, name="engine", daemon=True)
    thread.start()
    endpoint = f"http://127.0.0.1:{server.server_port}"
    shortcut.open_for(endpoint, app)
    keep_off_aws(environ, endpoint=endpoint, key=access.access_key())
    return Engine(endpoint, server, thread)


@cache  # once a process
def make_atomic() -> None:
    """Let DynamoDB's requests happen one after the other, as if each were atomic; before the first table.

    moto 5.2 loses updates under threads. The lock must span the whole request: an update answers with the
    live item, so that without it two at once may both be told the later one's counter.
    """
    lock = threading.RLock()
    unguarded = DynamoHandler.call_action

    def guarded(handler: DynamoHandler) -> object:
        with lock:
            return unguarded(handler)

    DynamoHandler.call_action = guarded  # type: ignore[method-assign]  # moto has no hook for this


def dynamodb(endpoint: str, *, key: str | None = None) -> "DynamoDBClient":
    """A client of the DynamoDB at this URL. `key` is its access key; None for an engine of this process."""
    return _session(key or access.access_key()).client("dynamodb", endpoint_url=endpoint, config=QUICK)


def sns(endpoint: str) -> "SNSClient":
    """A client of the SNS at this URL."""
    return _session(access.access_key()).client("sns", endpoint_url=endpoint, config=QUICK)


def ssm(endpoint: str) -> "SSMClient":
    """A client of the SSM at this URL."""
    return _session(access.access_key()).client("ssm", endpoint_url=endpoint, config=QUICK)


def _session(key: str) -> Session:
    return Session(aws_access_key_id=key, aws_secret_access_key=SECRET_KEY, region_name=REGION)
