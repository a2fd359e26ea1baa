"""The overview of 1,000 checks: CPU on the server, and bytes over the wire; DynamoDB answers from a can.

980 are up, 20 are not; each has 30 runs of its own durations. Limits: 150 ms of CPU, 60 kB compressed.
"""

import base64
import json
import os
import random
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.canned import CODE, ENVIRONMENT, LAST_PING_S, event, item
from benchmarks.listing import CHECKS, Canned, codes, spent
from benchmarks.report import Row, report
from chalicelib.domain.runs.recent_runs import Ended, appended

ROUNDS, DOWN, RUNNING = 9, 12, 8
SECRET = b"0" * 32


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
    Varied(wiring.ports.tables.client)
    link = new_link(project="default", may_write=True, now=now, session_lasts=timedelta(hours=8))
    _, cookie = Signer(SECRET).session(link, now=now)
    asked = event(at_s=LAST_PING_S + 60)
    asked["path"] = "/"
    asked["headers"] |= {
        "accept-encoding": "gzip",
        "cookie": f"{session_cookie_name(ENVIRONMENT['OVERDUE_BASE_URL'])}={cookie}",
    }
    first = app.app(asked, None)
    assert first["statusCode"] == 200, first
    spent_ms = statistics.median(spent(lambda: app.app(asked, None)) for _ in range(ROUNDS))
    size_kb = len(base64.b64decode(first["body"])) / 1000
    what = f"overview of {CHECKS:,} checks"
    report(
        "pages",
        [
            Row(f"{what}: CPU", "all that are not up, 200 that are", spent_ms, 150, "ms"),
            Row(f"{what}: on the wire", "compressed", size_kb, 60, "kB"),
        ],
    )


class Varied(Canned):
    """No two checks are alike."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        chance = random.Random(1)
        self._items = {code: json.dumps(_varied(number, code, chance)) for number, code in enumerate(codes())}


def _varied(number: int, code: str, chance: random.Random) -> dict[str, Any]:
    nightly = number % 3 == 0
    schedule = {"cron": f"{number % 60} {number % 24} * * *", "tz": "Europe/Berlin"} if nightly else {"every": 3600}
    made = item(schedule, due_at_s=LAST_PING_S + 90_000) | {"code": {"S": code}}
    assert made["code"]["S"] != CODE
    tags = " ".join(chance.sample(("prod", "staging", "db", "finance", "infra", "media", "queue", "search"), 2))
    config = {
        "name": f"{chance.choice(NAMES)}-{number:03}",
        "slug": f"job-{number}",
        "tags": tags,
        "schedule": schedule,
    }
    last_s = LAST_PING_S - chance.randrange(3_000)
    made |= {
        "config": {"S": json.dumps(config | {"grace": 90_000, "tz": "Europe/Berlin"})},
        "recent": {"B": base64.b64encode(_runs(chance)).decode()},
        "last_ping": {"N": f"{last_s}.123"},
        "last_success": {"N": f"{last_s}.123"},
    }
    if number < DOWN:
        made |= {"status": {"S": "down"}, "reason": {"S": "failed"}, "last_exit": {"N": "75"}, "failures": {"N": "2"}}
        made |= {
            "since": {"N": str(last_s - 60 * number)},
            "last_output": {"S": "connection refused by db.example.com"},
        }
    elif number < DOWN + RUNNING:
        made["runs"] = {"M": {"-": {"M": {"at": {"N": str(LAST_PING_S - 30)}}}}}
    return made


NAMES = ("postgres-backup", "search-reindex", "invoice-mailer", "ledger-export", "thumbnail-sweeper", "warehouse-sync")


def _runs(chance: random.Random) -> bytes:
    usual_s = chance.choice((0.2, 3, 40, 400, 3_000))
    packed = b""
    for _ in range(30):
        ended = Ended.SUCCESS if chance.random() < 0.98 else chance.choice((Ended.FAILED, Ended.LATE, Ended.MISSED))
        took = timedelta(seconds=usual_s * chance.uniform(0.85, 1.2))
        packed = appended(packed, ended, None if ended is Ended.MISSED else took)
    return packed


if __name__ == "__main__":
    main()
