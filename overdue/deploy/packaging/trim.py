"""What of the installed packages a function never reads, and therefore does not ship.

botocore describes 449 services in 29 MB; a function calls two. Start at `trim`. What is left must still work: the
packaged functions are served from an empty folder in `tests/integration/overdue/deploy`.
"""

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

UNREAD = (
    "bin",  # console scripts that pip installs
    "croniter/tests",
    "dateutil/zoneinfo/dateutil-zoneinfo.tar.gz",  # a second copy of tzdata, for systems without one
    # Imported only where something else is installed, on another system, or for a call that nobody makes
    "botocore/crt/auth.py",
    "botocore/stub.py",
    "dateutil/easter.py",
    "dateutil/rrule.py",
    "dateutil/tz/win.py",
    "dateutil/tzwin.py",
    "dateutil/zoneinfo/rebuild.py",
    "urllib3/contrib/emscripten",
    "urllib3/contrib/pyopenssl.py",
    "urllib3/contrib/socks.py",
    "urllib3/http2/connection.py",
    # `domain/schedule/occurrences.py` reads zone.tab and tzdata.zi, nobody the other tables.
    "tzdata/zoneinfo/iso3166.tab",
    "tzdata/zoneinfo/leapseconds",
    "tzdata/zoneinfo/zone1970.tab",
    "tzdata/zoneinfo/zonenow.tab",
)
FOR_TYPES = ("*.pyi", "py.typed")
FOR_INSTALLERS = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt", "zip-safe")
FOR_DOCUMENTS = ("examples-1.json*", "waiters-2.json*", "waiters-2.sdk-extras.json*")


def trim(folder: Path, *, services: Sequence[str]) -> None:
    """Delete from a folder of installed packages what nothing reads when only these AWS services are called."""
    for unread in _unread(folder):
        shutil.rmtree(unread) if unread.is_dir() else unread.unlink()
    described = folder / "botocore" / "data"
    if described.exists():
        _trim_botocore(described, services)


def _unread(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in UNREAD if (folder / name).exists())
    yield from list(folder.glob("*.data"))  # what wheels put elsewhere: scripts
    yield from [cached for cached in folder.rglob("__pycache__") if cached.is_dir()]
    for pattern in FOR_TYPES:
        yield from list(folder.rglob(pattern))
    for name in FOR_INSTALLERS:
        yield from list(folder.glob(f"*.dist-info/{name}"))


def _trim_botocore(described: Path, services: Sequence[str]) -> None:
    """Keep the newest description of each service, and of the endpoints only theirs: 1.2 MB to read at a cold start."""
    for service in [each for each in described.iterdir() if each.is_dir()]:
        if service.name not in services:
            shutil.rmtree(service)
            continue
        *older, newest = sorted(service.iterdir())
        for version in older:
            shutil.rmtree(version)
        for pattern in FOR_DOCUMENTS:
            for unread in newest.glob(pattern):
                unread.unlink()
        for model in newest.glob("service-2.json.gz"):
            said = _undocumented(json.loads(gzip.decompress(model.read_bytes())))
            model.write_bytes(gzip.compress(json.dumps(said, separators=(",", ":")).encode(), mtime=0))
    endpoints = described / "endpoints.json"
    known = json.loads(endpoints.read_text(encoding="utf-8"))
    for partition in known["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in services}
    endpoints.write_text(json.dumps(known, separators=(",", ":")), encoding="utf-8")


def _undocumented(described: Any) -> Any:
    """A service's description without its prose: three quarters of it. A member that bears the name stays."""
    match described:
        case dict():
            read = {name: each for name, each in described.items() if name != "documentation" or isinstance(each, dict)}
            return {name: _undocumented(each) for name, each in read.items()}
        case list():
            return [_undocumented(each) for each in described]
        case _:
            return described
