"""Answer this process's own requests to its engine without a socket, which would cost more than the answer.

A handler of botocore's `before-send` may answer in the network's place; moto's mocks use it, too. Start at `open_for`.
"""

from functools import cache
from urllib.parse import urlsplit

import botocore.handlers
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from moto.core.botocore_stubber import MockRawResponse
from werkzeug.test import EnvironBuilder, run_wsgi_app

from overdue.local.engines.access import WsgiApp

_APPS: dict[str, WsgiApp] = {}  # by scheme and authority


def open_for(endpoint: str, app: WsgiApp) -> None:
    """From now on, call `app` for requests to this endpoint by clients that are created later."""
    _APPS[endpoint] = app
    _register()


def close(endpoint: str) -> None:
    """Send later requests to the network again."""
    _APPS.pop(endpoint, None)


@cache  # once a process
def _register() -> None:
    botocore.handlers.BUILTIN_HANDLERS.append(("before-send", _answer))


def _answer(request: AWSPreparedRequest, **_: object) -> AWSResponse | None:
    """The app's response; None: the request goes over the network."""
    url = urlsplit(request.url)
    base = f"{url.scheme}://{url.netloc}"
    app = _APPS.get(base)
    if app is None:
        return None
    environ = EnvironBuilder(
        path=url.path,
        base_url=base,
        query_string=url.query,
        method=request.method,
        headers=[(name, _text(value)) for name, value in request.headers.items()],
        data=request.body,  # type: ignore[arg-type]  # bytes or a file, whatever its stubs say
    ).get_environ()
    content, status, answered = run_wsgi_app(app, environ, buffered=True)
    raw = MockRawResponse(b"".join(content))
    return AWSResponse(request.url, int(status.split()[0]), answered, raw)  # type: ignore[arg-type]  # as moto's own


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
