"""The errors that a person can act on, as far as several packages tell them apart.

Errors that only one package raises and handles are defined there.
"""


class OverdueError(Exception):
    """The root of them all. The message names the value, what is wrong with it, and what to do."""


class BadInput(OverdueError):
    """A value that cannot be used. Nothing was changed."""


class Ambiguous(BadInput):
    """Several things have this name."""


class NotFound(OverdueError):
    """There is no such thing."""


class WrongKey(NotFound):
    """A key that does not exist, has expired or lacks the permission. The security log may show its `prefix`."""

    def __init__(self, text: str, *, prefix: str) -> None:
        super().__init__(text)
        self.prefix = prefix


class Conflict(OverdueError):
    """The item has changed since the decision was made: read it again, decide again."""


class Unavailable(OverdueError):
    """AWS throttles or does not answer: try again in a few seconds."""


class Undelivered(OverdueError):
    """SNS did not take an alert: it waits in its check, and the sweep tries again."""


class Away(Undelivered):
    """SNS does not answer at all: no other topic need be tried."""
