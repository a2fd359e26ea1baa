"""The app's class: Chalice behind an HTTP API.

An HTTP API sends every request to one route (`$default`), so the path is matched here, with and without a slash at
its end. Chalice 1.34 keeps one `current_request` for all threads; here each thread has its own, for the local server.
Nothing about checks is known here.
"""

import base64
import threading
from collections.abc import Callable, Mapping
from functools import cache, cached_property
from importlib import import_module
from typing import Any

from chalice.app import Chalice, Request, Response

from chalicelib import log

VERBS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
NO_CACHE = "no-store"

BUG = '{"error": "an internal error: it is logged, and was not your doing"}'

Event = Mapping[str, Any]
View = Callable[..., Response]


@cache
def load(handler: str) -> Callable[..., Any]:
    """Import a handler, named "module:function"."""
    module, _, function = handler.partition(":")
    loaded: Callable[..., Any] = getattr(import_module(module), function)
    return loaded


class App(Chalice):
    """Routes by path, answers bytes, serves threads."""

    def __init__(
        self,
        app_name: str,
        *,
        at_end: Callable[[], None] = lambda: None,
        for_people: Callable[[Event, int], Response | None] = lambda event, status: None,  # noqa: ARG005
        headers: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`at_end` is called when a view has answered. `for_people` makes what people get instead of a bare status.

        `headers` are added to every response, including errors.
        """
        self._headers = headers
        self._local = threading.local()
        self._at_end = at_end
        self._for_people = for_people
        super().__init__(app_name=app_name, configure_logs=False)  # it would add a handler of its own
        self.api.binary_types = []  # else Chalice refuses binary answers without a matching Accept

    @property
    def current_request(self) -> Request | None:
        """The request that this thread is at."""
        return getattr(self._local, "request", None)

    @current_request.setter
    def current_request(self, request: Request | None) -> None:
        self._local.request = request

    @cached_property
    def _by_length(self) -> dict[int, list[tuple[list[str], str]]]:
        """Routes by their number of parts, literal parts before parameters."""
        table: dict[int, list[tuple[list[str], str]]] = {}
        for route in sorted(self.routes, key=lambda route: route.replace("{", "\uffff")):
            parts = route.split("/")
            table.setdefault(len(parts), []).append((parts, route))
        return table

    def _match(self, path: str) -> tuple[str, dict[str, str]] | None:
        parts = (path[:-1] if len(path) > 1 and path.endswith("/") else path).split("/")
        for wanted, route in self._by_length.get(len(parts), ()):
            arguments = _arguments(wanted, parts)
            if arguments is not None:
                return route, arguments
        return self._below("/".join(parts))

    def _below(self, path: str) -> tuple[str, dict[str, str]] | None:
        """A route that takes whatever stands below it, as `{rest}`; its own room tells what that is."""
        top, _, rest = path[1:].partition("/")
        route = f"/{top}/{{rest}}"
        return (route, {"rest": rest}) if rest and route in self.routes else None

    def __call__(self, event: Event, context: Any) -> Any:
        """Serve an event of the HTTP API (payload format 1.0); anything else is Chalice's business."""
        request = event.get("requestContext") or {}
        if "httpMethod" not in request:
            return super().__call__(event, context)
        log.invoked(context, api_request_id=request.get("requestId"))
        found = self._match(event["path"])
        if found is None:
            return self._as_lambda_returns(self._for_people(event, 404) or plain(404, "not found"))
        route, arguments = found
        verb = _served_as(request["httpMethod"], self.routes[route])
        if verb is None:
            return self._as_lambda_returns(plain(405, ""))
        return self._answered(self.routes[route][verb].view_function, arguments, event, context)

    def _answered(self, view: View, arguments: dict[str, str], event: Event, context: Any) -> Any:
        """The answer of a view, as Lambda returns it. Chalice's own way there looks for middleware, authorizers and
        CORS that we have none of: 25 µs of a ping's 900 on the machine of docs/adr/0005.
        """
        self.current_request = Request({**event, "pathParameters": arguments}, context)
        try:
            response = view(**arguments)
            self._at_end()
        except Exception:  # noqa: BLE001  # the boundary between a bug and a client: logged once, answered with 500
            log.crash("bug", route=event["requestContext"].get("resourcePath"))
            response = self._for_people(event, 500) or plain(500, BUG, {"Content-Type": "application/json"})
        return self._as_lambda_returns(response)

    def _as_lambda_returns(self, response: Response) -> dict[str, Any]:
        answer: dict[str, Any] = response.to_dict()
        answer["headers"] = {**self._headers(), **answer["headers"]}
        if isinstance(answer["body"], bytes):
            answer["body"], answer["isBase64Encoded"] = base64.b64encode(answer["body"]).decode(), True
        return answer


@cache
def security_headers(base_url: str) -> Mapping[str, str]:
    """The headers of every response of a deployment. Over plain HTTP, browsers ignore HSTS (RFC 6797, 8.1)."""
    headers = {"X-Content-Type-Options": "nosniff"}
    if base_url.startswith("https://"):
        headers["Strict-Transport-Security"] = "max-age=31536000"  # a year; other hosts of the domain are not ours
    return headers


def _arguments(wanted: list[str], parts: list[str]) -> dict[str, str] | None:
    """The path's values for a route's parameters; None when it is another's. A parameter is never empty."""
    arguments = {}
    for want, part in zip(wanted, parts, strict=True):
        if want[:1] == "{" and part:
            arguments[want[1:-1]] = part
        elif want != part:
            return None
    return arguments


def _served_as(verb: str, entries: Mapping[str, Any]) -> str | None:
    """The verb under which a route serves a request. One that takes every usual verb takes unusual ones, too."""
    if verb in entries:
        return verb
    return "POST" if len(entries) == len(VERBS) else None


def plain(status: int, text: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer in plain text that nobody caches."""
    fixed = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": NO_CACHE}
    return Response(status_code=status, body=text, headers={**fixed, **(headers or {})})
