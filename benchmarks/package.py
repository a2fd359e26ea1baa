"""The package: its size, and a cold start from where it is unpacked against an untrimmed botocore and one client.

Bytecode is present in both, nothing but the standard library beside either, and the network is stubbed. Limits:
3.5 MB zipped, 1.1 ×. Built for this machine, as compiled parts for another would not load; `make package` builds for
Lambda's.
"""

import statistics
import tempfile
from pathlib import Path
from zipfile import ZipFile

import botocore

from benchmarks.cold import FIRST_PING, FLOOR, cpu_of
from benchmarks.report import Row, report
from overdue.deploy.packaging.package import ROOT, package
from overdue.deploy.packaging.wheels import THIS_MACHINE

ROUNDS = 15
SITE = Path(botocore.__file__).parents[1]
ALONE = "import sys; sys.path[:] = [*{first!r}, *(each for each in sys.path if each and 'site-packages' not in each)]\n"


def main() -> None:
    """Package, measure, print a table, write JSON."""
    with tempfile.TemporaryDirectory() as folder:
        made = package(Path(folder) / "made", architecture=THIS_MACHINE)
        task = Path(folder) / "task"
        with ZipFile(made.functions.path) as archive:
            archive.extractall(task)
        size_mb, notifier_mb = (each.path.stat().st_size / 1e6 for each in (made.functions, made.notifier))
        floor_ms, ours_ms, ratio = _cold(task)
    how = f"{ours_ms:.0f} ms against {floor_ms:.0f} ms for botocore, untrimmed, and one client"
    report(
        "package",
        [
            Row("the functions, zipped", f"the notifier, apart: {notifier_mb:.1f} MB", size_mb, 3.5, "MB"),
            Row("unpacked: import app + first ping: CPU", how, ratio, 1.1, "×"),
        ],
    )


def _cold(task: Path) -> tuple[float, float, float]:
    floor = ALONE.format(first=[str(SITE)]) + FLOOR
    ours = ALONE.format(first=[str(task), str(ROOT)]) + FIRST_PING  # ROOT, last: for the stub of the network
    cpu_of(floor), cpu_of(ours)  # write the bytecode that is not in the package
    pairs = [(cpu_of(floor), cpu_of(ours)) for _ in range(ROUNDS)]
    floor_ms, ours_ms = (statistics.median(pair[i] for pair in pairs) * 1000 for i in (0, 1))
    return floor_ms, ours_ms, statistics.median(ours_s / floor_s for floor_s, ours_s in pairs)


if __name__ == "__main__":
    main()
