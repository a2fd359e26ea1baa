"""The root of all errors that a person can act on, and the one that pure code raises: bad input.

Other kinds (`NotFound`, `Conflict`, `Unavailable`) live in the rooms that raise them.
"""


class OverdueError(Exception):
    """What a person can act on: the message names the value, what is wrong with it, and what to do."""


class BadInput(OverdueError):
    """A value that cannot be used; nothing was changed."""
