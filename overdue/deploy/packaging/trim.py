"""Delete the files of installed packages that a function never reads. Start at `trim`.

botocore describes 449 services in 29 MB; a function calls a few of them. `tests/integration/overdue/deploy` runs the
packaged functions in an empty folder, to prove that the rest still works.
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
    # Imported only with another package installed, on another system, or by calls that the functions do not make
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
    # `domain/schedule/occurrences.py` reads zone.tab and tzdata.zi; nothing reads the other tables.
    "tzdata/zoneinfo/iso3166.tab",
    "tzdata/zoneinfo/leapseconds",
    "tzdata/zoneinfo/zone1970.tab",
    "tzdata/zoneinfo/zonenow.tab",
)
FOR_TYPES = ("*.pyi", "py.typed")
FOR_INSTALLERS = ("RECORD", "WHEEL", "INSTALLER", "REQUESTED", "direct_url.json", "top_level.txt", "zip-safe")
FOR_DOCUMENTS = ("examples-1.json*", "waiters-2.json*", "waiters-2.sdk-extras.json*")


def trim(folder: Path, *, services: Sequence[str]) -> None:
    """Delete from a folder of installed packages what is not needed to call only these AWS services."""
    for unread in _unread(folder):
        shutil.rmtree(unread) if unread.is_dir() else unread.unlink()
    botocore_data = folder / "botocore" / "data"
    if botocore_data.exists():
        _trim_botocore(botocore_data, services)


def _unread(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in UNREAD if (folder / name).exists())
    yield from list(folder.glob("*.data"))  # files that wheels install elsewhere: scripts
    yield from [cached for cached in folder.rglob("__pycache__") if cached.is_dir()]
    for pattern in FOR_TYPES:
        yield from list(folder.rglob(pattern))
    for name in FOR_INSTALLERS:
        yield from list(folder.glob(f"*.dist-info/{name}"))


def _trim_botocore(botocore_data: Path, services: Sequence[str]) -> None:
    """Keep the newest model of each service, and only their endpoints, of which a cold start would read 1.2 MB."""
    for service in [each for each in botocore_data.iterdir() if each.is_dir()]:
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
            trimmed = _undocumented(json.loads(gzip.decompress(model.read_bytes())))
            model.write_bytes(gzip.compress(json.dumps(trimmed, separators=(",", ":")).encode(), mtime=0))
    path = botocore_data / "endpoints.json"
    endpoints = json.loads(path.read_text(encoding="utf-8"))
    for partition in endpoints["partitions"]:
        partition["services"] = {name: each for name, each in partition["services"].items() if name in services}
    path.write_text(json.dumps(endpoints, separators=(",", ":")), encoding="utf-8")


def _undocumented(model: Any) -> Any:
    """A service model without its documentation, which is three quarters of it. A member of that name stays."""
    match model:
        case dict():
            kept = {name: each for name, each in model.items() if name != "documentation" or isinstance(each, dict)}
            return {name: _undocumented(each) for name, each in kept.items()}
        case list():
            return [_undocumented(each) for each in model]
        case _:
            return model
