"""Many checks at once are read as each is read alone."""

import pytest

from chalicelib.domain.ids import Code
from chalicelib.store import batch_get, history
from tests.builders import days, minutes, utc
from tests.integration.conftest import Deployment

pytestmark = pytest.mark.on_moto("it reads requests as strictly as DynamoDB")


def test_a_batch_reads_what_a_single_read_does(deployment: Deployment) -> None:
    codes = [deployment.add(name="timed", grace=minutes(1)), deployment.add(name="new"), Code("0" * 8)]
    deployment.ping(codes[0], "/start", at=utc("2026-03-01T11:00Z"))
    deployment.ping(codes[0], "/fail", at=utc("2026-03-01T11:00:10Z"), body=b"no \xff text")
    deployment.ping(codes[0], "/start", at=utc("2026-03-01T11:01Z"))
    found = batch_get.checks(deployment.wiring.ports.tables, codes, sleep=lambda _: None)
    assert {check.code: check for check in found} == {code: deployment.check(code) for code in codes[:2]}
    assert len({check.code: check for check in found}[codes[0]].recent) == 4


def test_the_flips_of_a_project_come_newest_first_until_they_expire(deployment: Deployment) -> None:
    one, other = deployment.add(name="one"), deployment.add(name="other")
    deployment.ping(one, at=utc("2026-03-01T11:00Z"))
    deployment.ping(other, at=utc("2026-03-01T11:01Z"))
    deployment.ping(one, "/fail", at=utc("2026-03-01T11:02Z"))

    def seen(since: str, *, now: str = "2026-03-01T12:00Z", project: str = "default", most: int = 10) -> list[str]:
        found = history.flips_of_project(project, since=utc(since), now=utc(now), most=most)
        return [f"{'one' if code == one else 'other'} {flip.new}" for code, flip in found]

    assert seen("2026-03-01T00:00Z") == ["one down", "other up", "one up"]
    assert seen("2026-03-01T11:01Z") == ["one down", "other up"]
    assert seen("2026-03-01T00:00Z", most=1) == ["one down"]
    assert seen("2026-03-01T00:00Z", project="billing") == []
    expired = utc("2026-03-01T11:01:30Z") + days(90)
    assert seen("2026-03-01T00:00Z", now=expired.isoformat()) == ["one down"]
