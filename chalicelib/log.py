"""Logs: one JSON object a line, named in the domain's words. Never a body, a key, an address or a whole code,
except client addresses in the security log (`chalicelib.services.security_log`).

Start at `event` and `crash`. A handler says once by `invoked` whose invocation this is, and each line bears it. On
Lambda the lines go to stdout as they are: its own handler would write words of its own before them. Elsewhere they
go wherever the process has sent its logs.

Hand-written because AWS Lambda Powertools adds 14 ms of imports to a cold start and does not shorten codes.
"""

import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, NamedTuple

from chalicelib.domain.ids import UUID, Code, short

_UUID = re.compile(rf"\b{UUID}\b", re.IGNORECASE)


class Invocation(NamedTuple):
    """Whose doing the lines are that are logged now."""

    request_id: str | None = None  # Lambda's
    api_request_id: str | None = None  # API Gateway's; None: no request by HTTP


_invocation: ContextVar[Invocation] = ContextVar("invocation", default=Invocation())  # noqa: B039  # it is frozen


def invoked(context: Any, *, api_request_id: str | None = None) -> None:
    """Let the lines of this thread bear the ids of an invocation, until the next one. No context has no id."""
    _invocation.set(Invocation(getattr(context, "aws_request_id", None), api_request_id))


def invocation() -> Invocation:
    """The invocation of this thread."""
    return _invocation.get()


@contextmanager
def invocation_of(context: Any) -> Iterator[None]:
    """Run a function on a schedule. What it raises is logged, and flies on: the invocation shall count as failed."""
    invoked(context)
    try:
        yield
    except Exception:
        crash("bug")
        raise


def within(ids: Invocation) -> None:
    """Let the lines of this thread, too, bear the ids of an invocation: a pool's threads know of none."""
    _invocation.set(ids)


def event(name: str, *, level: int = logging.INFO, **facts: str | float | None) -> None:
    """Log that something happened."""
    logging.getLogger("overdue").log(level, _line(name, level, facts))


def crash(name: str, **facts: str | float | None) -> None:
    """Log a bug or an outage with its traceback, from within an `except`."""
    logging.getLogger("overdue").exception(_line(name, logging.ERROR, facts))


def _line(name: str, level: int, facts: Mapping[str, str | float | None]) -> str:
    ids = {key: value for key, value in _invocation.get()._asdict().items() if value is not None}
    return json.dumps({"event": name, "level": logging.getLevelName(level).lower(), **ids, **facts})


class OneObject(logging.Formatter):
    """A line as it is, its traceback within: on Lambda each line of stdout is an event of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. A traceback's text is not ours, so that codes are shortened in it."""
        line = record.getMessage()
        if record.exc_info is None:
            return line
        traceback = _UUID.sub(lambda found: f"{short(Code(found[0]))}…", self.formatException(record.exc_info))
        return json.dumps(json.loads(line) | {"traceback": traceback})


def begin(environ: Mapping[str, str]) -> None:
    """Let events be logged, on Lambda to stdout."""
    logger = logging.getLogger("overdue")
    logger.setLevel(logging.INFO)
    if is_lambda(environ) and logger.propagate:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(OneObject())
        logger.addHandler(handler)
        logger.propagate = False


def is_lambda(environ: Mapping[str, str]) -> bool:
    """Whether this process is a function on Lambda."""
    return "AWS_LAMBDA_FUNCTION_NAME" in environ
