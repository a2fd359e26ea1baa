"""A check survives its way into an item and back, whatever it holds."""

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.alerts import Alert, Facts, Kind, Reason
from chalicelib.domain.check import Check, End, Flip, Judged, Pace, Run, Status, Window
from chalicelib.domain.config import Config, Filters, Group, Step
from chalicelib.domain.ids import Code
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every, OnCalendar
from chalicelib.store.codecs import check_codec

INSTANTS = st.integers(0, 4_000_000_000_000).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC))
SPANS = st.integers(0, 10**10).map(lambda ms: timedelta(milliseconds=ms))
WHOLE_SPANS = st.integers(1, 31_536_000).map(lambda s: timedelta(seconds=s))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
COUNTS = st.integers(0, 10**9)


def perhaps(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


SCHEDULES = st.one_of(
    st.builds(Every, WHOLE_SPANS),
    st.just(Cron("30 2 * * *", "Europe/Berlin")),
    st.just(OnCalendar("Mon..Fri 08:00", "America/New_York")),
    st.just(AnyOf((Cron("0 9 * * 1-5", "Asia/Tokyo"), OnCalendar("Sat 12:00", "Asia/Tokyo")))),
)
CHANNELS = st.lists(st.sampled_from(["*", "a", "b"]), max_size=2).map(tuple)
STEPS = st.lists(st.builds(Step, after=WHOLE_SPANS, channels=CHANNELS), max_size=2).map(tuple)
CONFIGS = st.builds(
    Config,
    name=TEXTS,
    slug=st.from_regex(r"[a-z0-9_-]{0,20}", fullmatch=True),
    tags=TEXTS,
    desc=TEXTS,
    schedule=SCHEDULES,
    tz=st.sampled_from(["UTC", "Europe/Berlin"]),
    grace=WHOLE_SPANS,
    max_runtime=perhaps(WHOLE_SPANS),
    learns_max_runtime=st.booleans(),
    min_runtime=perhaps(WHOLE_SPANS),
    min_count=perhaps(COUNTS),
    count_window=perhaps(WHOLE_SPANS),
    remind_every=perhaps(WHOLE_SPANS),
    escalation=STEPS,
    escalation_policy=TEXTS,
    failures_before_alert=st.integers(1, 100),
    misses_before_alert=st.integers(1, 100),
    first_ping_by=st.none() | WHOLE_SPANS | INSTANTS,
    early=WHOLE_SPANS,
    windows=st.sampled_from([(), ("0 2 * * 0 for 2h",)]),
    group=st.sampled_from([None, Group(members=(Code("a"), Code("b"))), Group(tag="web", down_when=2)]),
    depends_on=st.lists(st.sampled_from(["a", "b"]), max_size=2).map(tuple),
    channels=CHANNELS,
    manual_resume=st.booleans(),
    filters=st.builds(Filters, methods=st.sampled_from(["", "POST"]), http_body=st.booleans(), success_kw=TEXTS),
)
FACTS = st.builds(
    Facts,
    since=INSTANTS,
    expected=perhaps(INSTANTS),
    last_took=perhaps(SPANS),
    usual=perhaps(st.tuples(SPANS, SPANS)),
    after=perhaps(SPANS),
    output=TEXTS,
    exit_status=perhaps(st.integers(0, 255)),
    run=perhaps(TEXTS),
    window=perhaps(st.tuples(INSTANTS, INSTANTS)),
    members=st.sampled_from([None, (), ("web-1", "web-2")]),
    waited_for=st.sampled_from([None, ("db",), ("db", "wan")]),
)
ALERTS = st.builds(
    Alert,
    id=TEXTS,
    kind=st.sampled_from(Kind),
    reason=perhaps(st.sampled_from(Reason)),
    flip=COUNTS,
    ordinal=COUNTS,
    at=INSTANTS,
    facts=FACTS,
    held_by=st.sampled_from([(), ("a",), ("a", "b")]),
    channels=CHANNELS,
    attempts=COUNTS,
    retry_at=INSTANTS,
)
RECORDS = st.one_of(
    st.builds(
        Flip,
        number=COUNTS,
        at=INSTANTS,
        old=st.sampled_from(Status),
        new=st.sampled_from(Status),
        reason=perhaps(st.sampled_from(Reason)),
    ),
    st.builds(Judged, at=INSTANTS, reason=perhaps(st.sampled_from(Reason)), count=perhaps(COUNTS)),
)
MARKS = st.sampled_from(["!", "-", "*", "0a1b2c3d"])
RUNS = st.builds(Run, rid=TEXTS, at=INSTANTS, log=TEXTS, overran=st.booleans())
CHECKS = st.builds(
    Check,
    code=st.uuids(version=4).map(lambda code: Code(str(code))),
    project=st.just("default"),
    config=CONFIGS,
    created_at=INSTANTS,
    version=COUNTS,
    status=st.sampled_from(Status),
    reason=perhaps(st.sampled_from(Reason)),
    since=perhaps(INSTANTS),
    settled_at=perhaps(INSTANTS),
    n_flips=COUNTS,
    recovered_at=perhaps(INSTANTS),
    n_pings=COUNTS,
    pace=perhaps(st.builds(Pace, COUNTS, COUNTS)),
    throttled_since=perhaps(INSTANTS),
    throttled_at=perhaps(INSTANTS),
    last_ping=perhaps(INSTANTS),
    last_success=perhaps(INSTANTS),
    last_duration=perhaps(SPANS),
    last_exit=perhaps(st.integers(0, 255)),
    last_output=TEXTS,
    failures=COUNTS,
    misses=COUNTS,
    passed_at=perhaps(INSTANTS),
    runs=st.lists(RUNS, max_size=3, unique_by=lambda run: run.rid).map(
        lambda runs: tuple(sorted(runs, key=lambda run: (run.at, run.rid)))
    ),
    ended=st.lists(st.builds(End, mark=MARKS, at=INSTANTS), max_size=3, unique_by=lambda end: end.mark).map(
        lambda ends: tuple(sorted(ends, key=lambda end: (end.at, end.mark)))
    ),
    answered_at=perhaps(INSTANTS),
    window=perhaps(st.builds(Window, at=INSTANTS, count=COUNTS)),
    counted_at=perhaps(INSTANTS),
    recent=st.binary(max_size=30),
    reminders=COUNTS,
    escalated=STEPS,
    snoozed_until=perhaps(INSTANTS),
    acknowledged_at=perhaps(INSTANTS),
    acknowledged_by=TEXTS,
    told_late_at=perhaps(INSTANTS),
    is_untold=st.booleans(),
    in_groups=st.sampled_from([(), ("a",), ("a", "b")]),
    records=st.lists(RECORDS, max_size=2).map(tuple),
    alerts=st.lists(ALERTS, max_size=2).map(tuple),
    due_at=perhaps(INSTANTS),
)


@given(CHECKS)
@settings(max_examples=150, derandomize=True, deadline=None)
def test_a_check_comes_back_as_it_was(check: Check) -> None:
    assert check_codec.from_item(check_codec.to_item(check)) == check


def test_a_new_check_takes_little_more_than_its_name() -> None:
    check = Check(
        code=Code("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"),
        project="default",
        config=Config(name="nightly-backup", slug="nightly-backup"),
        created_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )

    assert check_codec.to_item(check) == {
        "v": {"N": "1"},
        "code": {"S": "0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"},
        "project": {"S": "default"},
        "slug": {"S": "nightly-backup"},
        "config": {"S": '{"name":"nightly-backup","slug":"nightly-backup"}'},
        "created_at": {"N": "1772366400.000"},
        "version": {"N": "0"},
        "status": {"S": "new"},
        "n_pings": {"N": "0"},
        "runs": {"M": {}},
    }


def test_checks_are_spread_over_all_shards() -> None:
    codes = [Code(f"0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a1{digit:x}") for digit in range(16)]

    assert {check_codec.shard(code) for code in codes} == set(range(8))


def test_a_plain_check_that_has_run_for_long_stays_below_a_write_unit() -> None:
    at = datetime(2026, 3, 1, 12, 0, 0, 123_000, tzinfo=UTC)
    check = Check(
        code=Code("0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11"),
        project="default",
        config=Config(name="nightly-backup", slug="nightly-backup", schedule=Cron("0 2 * * *", "Europe/Berlin")),
        created_at=at,
        version=12,
        status=Status.UP,
        since=at,
        settled_at=at,
        n_flips=12,
        recovered_at=at,
        n_pings=123_456,
        last_ping=at,
        last_success=at,
        last_duration=timedelta(seconds=123.456),
        last_exit=0,
        last_output="x" * 120,
        runs=(Run(rid="11111111-1111-4111-8111-111111111111", at=at),),
        ended=tuple(End(mark=f"{digit:08x}", at=at) for digit in range(3)),
        answered_at=at,
        recent=bytes(120),
        due_at=at,
    )
    assert _size(check_codec.to_item(check)) <= 1024


def _size(value: dict[str, Any]) -> int:
    """As DynamoDB counts it, at the most: names and texts by their bytes, numbers as if a byte were a digit."""
    total = 0
    for name, typed in value.items():
        [(kind, held)] = typed.items()
        total += len(name) + (_size(held) + 3 if kind == "M" else len(held) if kind != "BOOL" else 1)
    return total
