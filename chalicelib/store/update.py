"""The difference between two checks as one UpdateItem, with the conditions under which it may be written.

Which conditions those are is decided in `checks`. Counters are ADDed and each run is written by itself, so that
heartbeats that race do not erase each other.
"""

from collections.abc import Sized
from datetime import datetime
from typing import Any

from chalicelib.domain.check import Check, Window
from chalicelib.domain.ids import Code
from chalicelib.store.codecs import check_codec

RESERVED = frozenset({"status"})  # of our names, DynamoDB's own words; each alias costs 3 µs


class Update:
    """One UpdateItem in the making."""

    def __init__(self, before: Check, after: Check) -> None:
        self._sets: list[str] = []
        self._removes: list[str] = []
        self._adds: list[str] = []
        self._conditions: list[str] = []
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}
        self._aliases: dict[str, str] = {}  # by the key of a map's member
        if after.n_pings != before.n_pings:
            self._adds.append("n_pings :one")
            self._values[":one"] = {"N": "1"}
        for name, encode in check_codec.STATE.items():
            new = getattr(after, name)
            if new != getattr(before, name):
                self.set(name, check_codec.encoded(name, new, encode))
        if after.config is not before.config:
            for name, new in check_codec.config_attributes(after.config).items():
                self.set(name, new)
        if after.due_at != before.due_at:
            for name, value in check_codec.index_attributes(after).items():
                if name == "due_at" or after.due_at is None or before.due_at is None:
                    self.set(name, value)
        if after.window != before.window:
            self._change_window(before, after)
        if after.runs is not before.runs:
            self._change_runs(before, after)
        if after.ended != before.ended:
            self._change_ended(before, after)

    def set(self, name: str, value: dict[str, Any] | None) -> None:
        """Set an attribute, or remove it when there is no value."""
        alias = name
        if name in RESERVED:
            alias = f"#{name}"
            self._names[alias] = name
        if value is None:
            self._removes.append(alias)
        else:
            self._sets.append(f"{alias} = :{name}")
            self._values[f":{name}"] = value

    def _change_window(self, before: Check, after: Check) -> None:
        old, new = before.window, after.window
        if old is not None and new is not None and old.at == new.at:
            self._adds.append("window_count :items")  # racing workers all count
            self._values[":items"] = {"N": str(new.count - old.count)}
            return
        self.set("window_at", None if new is None else {"N": check_codec.instant(new.at)})
        self.set("window_count", None if new is None else {"N": str(new.count)})

    def _change_runs(self, before: Check, after: Check) -> None:
        """Each run by itself, so that racing runs do not erase each other."""
        old = {run.rid: run for run in before.runs}
        new = {run.rid: run for run in after.runs}
        changed = [rid for rid in old.keys() | new.keys() if old.get(rid) != new.get(rid)]
        for rid in changed:
            self._change_member(
                "runs", check_codec.run_key(rid), check_codec.run_value(new[rid]) if rid in new else None
            )

    def _change_ended(self, before: Check, after: Check) -> None:
        """Write each end separately, like each run. A check last pinged by an earlier version has no such map yet."""
        if not before.ended or not after.ended:
            self.set("ended", check_codec.ended_value(after.ended))
            return
        old, new = ({end.mark: end.at for end in check.ended} for check in (before, after))
        for mark in old.keys() | new.keys():
            if old.get(mark) != new.get(mark):
                self._change_member("ended", mark, {"N": check_codec.instant(new[mark])} if mark in new else None)

    def _change_member(self, name: str, key: str, value: dict[str, Any] | None) -> None:
        path = self._path(name, key)
        if value is None:
            self._removes.append(path)
        else:
            placeholder = path.replace(".#", "_")
            self._sets.append(f"{path} = :{placeholder}")
            self._values[f":{placeholder}"] = value

    def _path(self, name: str, key: str) -> str:
        """The path of a map's member, with an alias for its key."""
        alias = self._aliases.setdefault(key, f"#k{len(self._aliases)}")
        self._names[alias] = key
        return f"{name}.{alias}"

    def require(self, condition: str, values: dict[str, dict[str, Any]]) -> None:
        """Make the write depend on a condition; its placeholders begin with `:read_`."""
        self._conditions.append(condition)
        self._values |= values

    def require_due_at(self, due_at: datetime | None) -> None:
        """Make the write depend on what the index holds."""
        if due_at is None:
            self._conditions.append("attribute_not_exists(due_at)")
        else:
            self.require("due_at = :read_due_at", {":read_due_at": {"N": check_codec.instant(due_at)}})

    def require_window(self, window: Window | None) -> None:
        """Make the write depend on when the current window began; None: on there being no window."""
        if window is None:
            self._conditions.append("attribute_not_exists(window_at)")
        else:
            self.require("window_at = :read_window_at", {":read_window_at": {"N": check_codec.instant(window.at)}})

    def require_run(self, rid: str) -> None:
        """Make the write depend on a run's being open."""
        self._conditions.append(f"attribute_exists({self._path('runs', check_codec.run_key(rid))})")

    def require_no_newer_run(self, rid: str, at: datetime) -> None:
        """Make the write depend on there being no run of this rid that began after an instant."""
        self._require_run_at(rid, "<=", at)

    def require_no_older_run(self, rid: str, at: datetime) -> None:
        """Make the write depend on there being no run of this rid that began at or before an instant."""
        self._require_run_at(rid, ">", at)

    def _require_run_at(self, rid: str, sign: str, at: datetime) -> None:
        path = self._path("runs", check_codec.run_key(rid))
        self._names["#at"] = "at"  # a reserved word of DynamoDB
        condition = f"(attribute_not_exists({path}) OR {path}.#at {sign} :read_at)"
        self.require(condition, {":read_at": {"N": check_codec.instant(at)}})

    def require_as_many_runs(self, runs: Sized) -> None:
        """Make the write depend on the number of open runs."""
        self.require("size(runs) = :read_runs", {":read_runs": {"N": str(len(runs))}})

    def require_no_newer_end(self, mark: str, at: datetime) -> None:
        """Make the write depend on there being no end of this mark after an instant."""
        path = self._path("ended", mark)
        self.require(
            f"(attribute_not_exists({path}) OR {path} <= :read_at)", {":read_at": {"N": check_codec.instant(at)}}
        )

    def require_no_ends(self) -> None:
        """Make the write depend on there being no map of ends."""
        self._conditions.append("attribute_not_exists(ended)")

    def call(self, table: str, code: Code) -> dict[str, Any]:
        """The arguments of `update_item`."""
        parts = (("SET", self._sets), ("REMOVE", self._removes), ("ADD", self._adds))
        call: dict[str, Any] = {
            "TableName": table,
            "Key": {"code": {"S": code}},
            "UpdateExpression": " ".join(f"{verb} {', '.join(what)}" for verb, what in parts if what),
            "ConditionExpression": " AND ".join(self._conditions),
            "ExpressionAttributeValues": self._values,
            "ReturnValues": "UPDATED_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        if self._names:
            call["ExpressionAttributeNames"] = self._names
        return call
