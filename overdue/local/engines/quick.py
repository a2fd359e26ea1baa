"""Spare moto 5.2 work that changes no answer: a fifth of the CPU of a local server under load.

Start at `make_quick`. It changes moto's internals, so check it with each new version of moto.
"""

import sys
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from moto import backends
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.parsing.expressions import UpdateExpressionParser  # type: ignore[attr-defined]  # untyped
from moto.dynamodb.parsing.validators import ActionCountValidator, OverlappingPathsValidator

_SCALARS = [["S"], ["N"], ["BOOL"], ["NULL"]]


@cache  # once a process
def make_quick() -> None:
    """Change moto in this process, before its first request."""
    modules = tuple(backends.list_of_moto_modules())  # else it lists its own folder at each request: 0.6 to 1.4 ms
    backends.list_of_moto_modules = lambda: modules
    # Else it inspects 90 methods at each request, and tokenizes an update twice.
    _set(responses, "method_names_from_class", cache(method_names_from_class))
    _set(UpdateExpressionParser, "make", lru_cache(1_000)(UpdateExpressionParser.make))
    _validate_whole_updates_only()
    _pass_scalars_on()
    _load_ssm_without_ec2()


def _validate_whole_updates_only() -> None:
    """Two validators walk each part of an update again, which is quadratic: the whole has the actions of all parts."""
    _set(ActionCountValidator, "traverse", ActionCountValidator.verify_action_counts)
    _set(OverlappingPathsValidator, "traverse", OverlappingPathsValidator.check_for_overlapping_paths)


def _pass_scalars_on() -> None:
    """An attribute's value is on the wire as it is stored; moto looks for each of ten types under six names."""
    serialize = BaseJSONSerializer._serialize_type_structure  # noqa: SLF001  # as for `_set`

    def quicker(self: Any, serialized: Any, value: Any, shape: Any, key: str) -> None:
        if shape.name == "AttributeValue" and isinstance(value, dict) and [*value] in _SCALARS:
            serialized[key] = value
        else:
            serialize(self, serialized, value, shape, key)

    _set(BaseJSONSerializer, "_serialize_type_structure", quicker)


def _load_ssm_without_ec2() -> None:
    """SSM imports EC2 for commands to machines, which nobody sends here: 1.5 s. Who wants EC2 gets it afterwards."""
    if "moto.ec2" in sys.modules:
        return
    nothing = ModuleType("moto.ec2")
    nothing.ec2_backends = {}  # type: ignore[attr-defined]  # all that SSM asks for
    sys.modules["moto.ec2"] = nothing
    try:
        import_module("moto.ssm.models")
    finally:
        del sys.modules["moto.ec2"]


def _set(owner: Any, name: str, value: Any) -> None:
    setattr(owner, name, value)  # moto has no hook for any of this
