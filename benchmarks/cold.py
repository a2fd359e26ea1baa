"""CPU of a cold start: importing `app` and serving a first ping, against botocore and one client, in new processes.

Bytecode is present in both. Limit: 1.1 ×.
"""

import os
import resource
import statistics
import subprocess
import sys

from benchmarks.canned import ENVIRONMENT
from benchmarks.report import Row, report

ROUNDS = 15

FLOOR = """
import botocore.session
botocore.session.get_session().create_client("dynamodb", region_name="eu-central-1")
"""
FIRST_PING = """
import app
from chalicelib import runtime
from benchmarks.canned import LAST_PING_S, Canned, event, item
Canned(runtime.wiring().ports.tables.client, item({"every": 3600}, due_at_s=LAST_PING_S + 3900))
assert app.app(event(at_s=LAST_PING_S + 3595), None)["body"] == "OK"
"""


def main() -> None:
    """Measure, print a table, write JSON."""
    cpu_of(FLOOR), cpu_of(FIRST_PING)  # write the bytecode
    pairs = [(cpu_of(FLOOR), cpu_of(FIRST_PING)) for _ in range(ROUNDS)]
    floor_ms, ours_ms = (statistics.median(pair[i] for pair in pairs) * 1000 for i in (0, 1))
    ratio = statistics.median(ours / floor for floor, ours in pairs)
    how = f"{ours_ms:.0f} ms against {floor_ms:.0f} ms for botocore and one client"
    report("cold", [Row("import app + first ping: CPU", how, ratio, 1.1, "×")])


def cpu_of(program: str) -> float:
    """User and system time of a new process, in seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], check=True, env={**os.environ, **ENVIRONMENT})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


if __name__ == "__main__":
    main()
