"""The page of a check with 90 days of history: CPU, bytes over the wire, calls; DynamoDB answers from a can.

It has run hourly, with start, log and success, bodies of 2 kB, and been down 200 times. Limits: 150 ms of CPU, 30 kB
compressed, ten calls; the same for a page in the midst of its history.
"""

import base64
import json
import os
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.canned import ENVIRONMENT, LAST_PING_S, event
from benchmarks.listing import codes, spent
from benchmarks.pages import ROUNDS, SECRET, Varied
from benchmarks.report import Row, report

DAYS, FLIPS = 90, 400
RUNS = 24 * DAYS
NUMBER = 4  # of the varied checks: an hourly one


def main() -> None:
    """Measure, print a table, write JSON."""
    os.environ.update(ENVIRONMENT)
    import app
    from chalicelib import runtime
    from chalicelib.services.signed_links.sessions import Signer, new_link
    from chalicelib.web.pages.shell.visit import session_cookie_name

    now = datetime.fromtimestamp(LAST_PING_S + 60, UTC)
    wiring = runtime.wiring()
    wiring.session_secret._read = (now, SECRET.hex())
    canned = WithPast(wiring.ports.tables.client)
    link = new_link(project="default", may_write=True, now=now, session_lasts=timedelta(hours=8))
    _, cookie = Signer(SECRET).session(link, now=now)
    asked = event(at_s=LAST_PING_S + 60)
    asked["path"] = f"/checks/job-{NUMBER}"
    asked["headers"] |= {
        "accept-encoding": "gzip",
        "cookie": f"{session_cookie_name(ENVIRONMENT['OVERDUE_BASE_URL'])}={cookie}",
    }
    middle = asked | {"multiValueQueryStringParameters": {"before": [f"3000-{(LAST_PING_S - 30 * 86_400) * 1000}"]}}
    rows = []
    for what, request in (("its page", asked), ("30 days back", middle)):
        first = app.app(request, None)
        assert first["statusCode"] == 200, first
        canned.calls.clear()
        spent_ms = statistics.median(spent(lambda request=request: app.app(request, None)) for _ in range(ROUNDS))
        calls = sum(canned.calls.values()) / ROUNDS
        size_kb = len(base64.b64decode(first["body"])) / 1000
        rows += [
            Row(f"check with {DAYS} days of history: CPU", what, spent_ms, 150, "ms"),
            Row("on the wire", "compressed", size_kb, 30, "kB"),
            Row("calls of DynamoDB", "whatever its history", calls, 10, "calls"),
        ]
    report("check-page", rows)


class WithPast(Varied):
    """One check has a past; each query of it gets as many rows as it asks for, the newest of its span first."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self._code = codes()[NUMBER]
        keys = {"code": {"S": self._code}, "project": {"S": "default"}}
        self._keys = json.dumps({"Items": [keys], "Count": 1, "ScannedCount": 1})
        self._rows = sorted([*_pings(self._code), *_flips(self._code)], key=lambda row: str(row["sort"]["S"]))

    def _said(self, verb: str, call: dict[str, Any]) -> str:
        if verb == "GetItem":
            return "{}"
        if verb != "Query" or "history" not in call["TableName"]:
            return super()._said(verb, call)
        low, high = _span(call)
        found = [row for row in self._rows if low <= row["sort"]["S"] <= high][::-1][: call["Limit"]]
        if "ProjectionExpression" in call:
            found = [{name: value for name, value in row.items() if name != "body_z"} for row in found]
        return json.dumps({"Items": found, "Count": len(found), "ScannedCount": len(found)})


def _span(call: dict[str, Any]) -> tuple[str, str]:
    """The edges of a query's sort keys: a span, or a beginning."""
    values = [value["S"] for value in call["ExpressionAttributeValues"].values() if "S" in value]
    edges = sorted(value for value in values if "#" in value)
    return (edges[0], edges[-1]) if len(edges) > 1 else (edges[0], edges[0] + "~")


def _row(code: str, sort: str, at_s: float, **more: dict[str, Any]) -> dict[str, Any]:
    fixed = {"code": {"S": code}, "sort": {"S": sort}, "v": {"N": "1"}, "at": {"N": f"{at_s:.3f}"}}
    return fixed | {"expires_at": {"N": str(LAST_PING_S + DAYS * 86_400)}} | more


def _pings(code: str) -> list[dict[str, Any]]:
    import zlib

    body = {"B": base64.b64encode(zlib.compress(os.urandom(900).hex().encode())).decode()}
    request = {"S": "POST https 203.0.113.20 runitor/1.4"}
    rows = []
    for run in range(RUNS):
        begun_s, took_s = LAST_PING_S - 3_600 * (RUNS - run), 400 + run * 37 % 90
        for number, (signal, after_s) in enumerate(
            (("start", 0), ("log", 200), ("success", took_s)), start=3 * run + 1
        ):
            more = {"took": {"N": str(took_s)}, "body_z": body} if signal == "success" else {}
            sort = f"ping#{number:012}"
            rows.append(_row(code, sort, begun_s + after_s, signal={"S": signal}, request=request, **more))
    return rows


def _flips(code: str) -> list[dict[str, Any]]:
    rows = []
    for number in range(1, FLIPS + 1):
        old, new = ("up", "down") if number % 2 else ("down", "up")
        at_s = LAST_PING_S - 18_000 * (FLIPS - number + 1)
        rows.append(_row(code, f"flip#{number:012}", at_s, old={"S": old}, new={"S": new}, reason={"S": "failed"}))
    return rows


if __name__ == "__main__":
    main()
