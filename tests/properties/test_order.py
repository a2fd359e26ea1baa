"""Whatever the order in which pings arrive, the same runs are open in the end
(docs/reference/rules.md, rules 3 and 12; ADR 21).

One thing does depend on it: a success or failure without a rid that closes a run with one is paired on its arrival.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.check import Check, Status
from chalicelib.domain.ping import Ping, Signal
from tests.builders import R1, R2, R3, a_check, a_ping, after, hours, seconds, utc

START, SUCCESS, FAIL = Signal.START, Signal.SUCCESS, Signal.FAIL
Said = list[tuple[Signal, str]]


def pings(said: Said) -> list[Ping]:
    """Made one after the other, a second apart."""
    return [
        a_ping(signal, at=utc("2026-03-01T12:00Z") + seconds(second), rid=rid)
        for second, (signal, rid) in enumerate(said)
    ]


def said(*rids: str) -> st.SearchStrategy[Said]:
    return st.lists(st.tuples(st.sampled_from([START, START, SUCCESS, FAIL]), st.sampled_from(rids)), max_size=9)


def arrived(made: list[Ping]) -> Check:
    return after(a_check(period=hours(24), max_runtime=hours(2)), *made)


def left_open(made: list[Ping]) -> dict[str, object]:
    """Of each rid, the newest start that no end of that rid has followed."""
    starts = {ping.rid: ping.at for ping in made if ping.signal is START}
    ends = {ping.rid: ping.at for ping in made if ping.signal is not START}
    return {rid: at for rid, at in starts.items() if rid not in ends or ends[rid] < at}


def opened(check: Check) -> dict[str, object]:
    return {run.rid: run.at for run in check.runs}


@settings(max_examples=500, derandomize=True, deadline=None, database=None)
@given(st.one_of(said(R1, R2, R3), said(R1), said("")).flatmap(lambda drawn: st.permutations(pings(drawn))))
def test_in_whatever_order_pings_arrive_the_same_runs_are_open(shuffled: list[Ping]) -> None:
    made = sorted(shuffled, key=lambda ping: ping.at)
    check = arrived(shuffled)
    assert opened(check) == left_open(made) == opened(arrived(made))
    ends = [ping for ping in made if ping.signal is not START]
    assert check.last_ping == (ends[-1].at if ends else None)
    expected = Status.NEW if not ends else Status.DOWN if ends[-1].signal is FAIL else Status.UP
    assert (check.status, check.n_pings) == (expected, len(made))


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(st.lists(st.tuples(st.sampled_from([SUCCESS, FAIL]), st.booleans()), min_size=1, max_size=6))
def test_a_client_that_names_runs_at_their_start_only_may_have_each_start_overtaken_by_its_end(
    runs: list[tuple[Signal, bool]],
) -> None:
    made = pings([each for number, (end, _) in enumerate(runs) for each in ((START, f"{number}"), (end, ""))])
    swapped: list[Ping] = []
    for number, (_, is_overtaken) in enumerate(runs):
        start, end = made[2 * number : 2 * number + 2]
        swapped += [end, start] if is_overtaken else [start, end]
    assert opened(arrived(swapped)) == {}
