"""Logs: one JSON object a line, named in the domain's words. Never a body, a key, an address or a whole code."""

import json
import logging


def event(name: str, *, level: int = logging.INFO, **facts: str | float | None) -> None:
    """Log that something happened."""
    logging.getLogger("overdue").log(level, json.dumps({"event": name, **facts}))


def crash(name: str, **facts: str | float | None) -> None:
    """Log a bug or an outage with its traceback, from within an `except`."""
    logging.getLogger("overdue").exception(json.dumps({"event": name, **facts}))
