"""A process that dies at one of its calls to AWS, or whose call times out.

`Wire` records which calls there are, or cuts one of them. Start at `Wire.between`.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from typing import Any

from botocore.exceptions import ClientError, ReadTimeoutError


class Killed(BaseException):
    """The process is gone. No `except Exception` hears of it, as none would."""


class Fault(StrEnum):
    """What becomes of a call. botocore makes one more try of what times out, with both of our clients."""

    DIES_BEFORE = "the process dies before"
    DIES_AFTER = "the process dies after"
    TIMES_OUT = "the answer is lost, and comes at the second try, of"
    TIMES_OUT_TWICE = "both answers are lost of"
    IS_LOST = "both requests are lost of"


@dataclass(frozen=True, slots=True)
class Call:
    """One of the calls that a piece of work makes: what it asks for, and the how manieth of its kind."""

    what: str
    nth: int


@dataclass
class Wire:
    """Between the clients of one process and AWS."""

    shard: int  # of the check that this is about: the queries of its neighbours are all alike
    cut: tuple[Call, Fault] | None = None
    calls: list[Call] = field(default_factory=list)
    is_dead: bool = False
    _seen: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def between(self, operation: str, asked: dict[str, Any], effect: Callable[[], Any]) -> Any:
        """What comes of a call; in a process that is dead, nothing does."""
        if self.is_dead:
            raise Killed
        call = self._noted(f"{operation}{_asked(asked, self.shard)}")
        if self.cut is None or call != self.cut[0]:
            return effect()
        match self.cut[1]:
            case Fault.DIES_BEFORE:
                self._die()
            case Fault.DIES_AFTER:
                _answer_of(effect)
                self._die()
            case Fault.TIMES_OUT:
                _answer_of(effect)
                return _answer_of_second(effect)
            case Fault.TIMES_OUT_TWICE:
                _answer_of(effect)
                _answer_of(effect)
        raise ReadTimeoutError(endpoint_url="https://dynamodb.example.com")

    def _noted(self, what: str) -> Call:
        with self._lock:
            self._seen[what] += 1
            call = Call(what, self._seen[what])
            self.calls.append(call)
        return call

    def _die(self) -> None:
        self.is_dead = True
        raise Killed


def _answer_of(effect: Callable[[], Any]) -> Any:
    """An answer that nobody gets, be it a refusal."""
    try:
        return effect()
    except ClientError:
        return None


def _answer_of_second(effect: Callable[[], Any]) -> Any:
    """As botocore tells it, with the number of tries beyond the first."""
    try:
        return effect()
    except ClientError as error:
        error.response["ResponseMetadata"]["RetryAttempts"] = 1
        raise


def _asked(asked: dict[str, Any], shard: int) -> str:
    """What a call of DynamoDB asks for: its table, its index, whether that is the shard of the check."""
    if "TableName" not in asked:
        return ""
    table = asked["TableName"].rpartition("-")[2]
    if "IndexName" not in asked:
        return f" {table}"
    is_own = {"N": str(shard)} in asked["ExpressionAttributeValues"].values()
    return f" {table}/{asked['IndexName']} of {'its shard' if is_own else 'another shard'}"
