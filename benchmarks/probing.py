"""A minute of 1,000 probes: how long, how much CPU and memory; the servers are real, DynamoDB answers from a can.

The servers stand in a process of their own, each connection with its own TLS handshake. First all answer after 100 ms,
then none answers at all, so that each is asked twice for its whole timeout. Limits: the time box, and 65 s; 12 ms of
CPU a probe, 16 ms where it fails.
"""

import asyncio
import json
import multiprocessing
import os
import resource
import ssl
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

from benchmarks.canned import ENVIRONMENT, LAST_PING_S, item
from benchmarks.report import Row, report
from tests.answering import Authority

PROBES = 1_000
NOW = datetime.now(UTC)  # by which certificates are valid
ROUND = datetime.fromtimestamp(LAST_PING_S + 60, UTC)  # a minute after the last success: nothing is late


def main() -> None:
    """Measure, print a table, write JSON."""
    os.environ.update(ENVIRONMENT)
    from chalicelib import runtime
    from chalicelib.probes.address import networks, resolved
    from chalicelib.probes.exchange import ProbeNetwork, exchange
    from chalicelib.probes.probing import TIME_BOX, Probed, probing

    authority = Authority.new(NOW)
    out = ProbeNetwork(resolve=resolved, opened=networks("127.0.0.0/8,::1/128"), tls=authority.trusted())
    canned = Canned(runtime.wiring().ports.tables.client)
    ports = replace(runtime.wiring().ports, publish=lambda *_, **__: ())  # SNS answers at once

    def minute(port: int) -> Probed:
        canned.serve(port)
        return probing(ports, lambda probe: exchange(probe, out), lambda: ROUND, until=ROUND, box=TIME_BOX)

    with tempfile.TemporaryDirectory() as folder:
        context = authority.server(
            Path(folder), begins=NOW - timedelta(days=1), ends=NOW + timedelta(days=90), host="localhost"
        )
        ours, theirs = multiprocessing.Pipe()
        serving = multiprocessing.get_context("fork").Process(target=serve, args=(context, theirs), daemon=True)
        serving.start()
        answering, silent = ours.recv()
        wall_s, cpu_s = spent(lambda: all_are(minute(answering), "good"))
        hanging_s, hanging_cpu_s = spent(lambda: all_are(minute(silent), "failed"))
        serving.terminate()
        serving.join()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    report(
        "probing",
        [
            Row(f"{PROBES:,} probes by HTTPS", "each answers after 100 ms", wall_s, 50, "s"),
            Row("CPU per probe", "TLS, HTTP, DynamoDB", cpu_s * 1000 / PROBES, 12, "ms"),
            Row(f"{PROBES:,} that do not answer", "10 s, and 10 s again", hanging_s, 65, "s"),
            Row("CPU per probe", "two tries, and an alert", hanging_cpu_s * 1000 / PROBES, 16, "ms"),
            Row("memory", "the most of the process", peak_mb, 400, "MB"),
        ],
    )


def all_are(done: Any, what: str) -> None:
    """Insist on an outcome: a figure of something else would mean nothing."""
    assert getattr(done, what) == PROBES, done


def spent(call: Callable[[], object]) -> tuple[float, float]:
    """Wall clock and CPU of one call, in seconds."""
    began_s, began_cpu_s = time.monotonic(), time.process_time()
    call()
    return time.monotonic() - began_s, time.process_time() - began_cpu_s


def serve(context: ssl.SSLContext, to: Connection) -> None:
    """Two servers: one answers after 100 ms, the other never does. Tells their ports."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 20000\r\n\r\n" + b"x" * 20_000)
        await writer.drain()
        writer.close()

    async def hold(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async def run() -> None:
        answering = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context, backlog=1024)
        silent = await asyncio.start_server(hold, "127.0.0.1", 0, backlog=1024)
        to.send([each.sockets[0].getsockname()[1] for each in (answering, silent)])
        await asyncio.Event().wait()

    asyncio.run(run())


class Canned:
    """Answers requests just before they would be sent: botocore builds, signs and reads all of them."""

    def __init__(self, client: Any) -> None:
        self._codes = [str(UUID(int=number << 90, version=4)) for number in range(1, PROBES + 1)]
        rows = [_row(code) for code in self._codes]
        self._rows = json.dumps({"Items": rows, "Count": PROBES, "ScannedCount": PROBES})
        self._checks: dict[str, str] = {}
        client.meta.events.register("before-send.dynamodb", self._answer)

    def serve(self, port: int) -> None:
        """Let the checks probe this port."""
        plain = item({"every": 60}, due_at_s=LAST_PING_S + 3900)
        config = json.loads(plain["config"]["S"])
        probe = {"url": f"https://localhost:{port}/health"}
        plain["config"] = {"S": json.dumps(config | {"probe": probe})}
        self._checks = {code: json.dumps(plain | {"code": {"S": code}}) for code in self._codes}

    def _answer(self, request: Any, **_: Any) -> AWSResponse:
        target = request.headers["X-Amz-Target"]
        verb = (target.decode() if isinstance(target, bytes) else target).rpartition(".")[2]
        return _Answer(request.url, self._said(verb, json.loads(request.body)).encode())

    def _said(self, verb: str, call: dict[str, Any]) -> str:
        match verb:
            case "Query":
                return self._rows if call["TableName"].endswith("registry") else '{"Items": [], "Count": 0}'
            case "BatchGetItem":
                [(table, wanted)] = call["RequestItems"].items()
                found = ",".join(self._checks[key["code"]["S"]] for key in wanted["Keys"])
                return f'{{"Responses": {{"{table}": [{found}]}}}}'
            case "GetItem":
                return f'{{"Item": {self._checks[call["Key"]["code"]["S"]]}}}'
            case "UpdateItem":
                return '{"Attributes": {"n_pings": {"N": "103"}}}'
            case _:
                return "{}"


def _row(code: str) -> dict[str, Any]:
    return {
        "pk": {"S": "probes"},
        "sk": {"S": code},
        "v": {"N": "1"},
        "created_at": {"N": str(LAST_PING_S)},
        "every_s": {"N": "60"},
    }


class _Answer(AWSResponse):
    def __init__(self, url: str, body: bytes) -> None:
        super().__init__(url, 200, HTTPHeaders(), None)
        self._content = body


if __name__ == "__main__":
    main()
