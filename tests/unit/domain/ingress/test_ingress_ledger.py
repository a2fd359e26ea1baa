"""What is noted of the door, and told of it (docs/reference/rules.md, rule 15)."""

from datetime import datetime

from chalicelib.domain.ingress.ingress_ledger import Ledger, Word, closed, is_blind, opened, proof, to_tell, told
from chalicelib.domain.ingress.ingress_outage import IngressOutage
from tests.builders import minutes, utc


def at(clock: str) -> datetime:
    return utc(f"2026-03-01T{clock}Z")


EMPTY = Ledger()
BLIND = closed(EMPTY, since=at("13:05"), why="no answer")


def test_an_outage_is_told_once_when_it_begins_and_once_when_it_is_over() -> None:
    assert (is_blind(BLIND), to_tell(BLIND, now=at("13:05"))) == (True, (Word.CLOSED,))
    again = closed(told(BLIND, Word.CLOSED), since=at("13:06"), why="no answer")
    assert to_tell(again, now=at("13:06")) == ()
    over = opened(again, at=at("13:30"))
    assert over.blindness == (IngressOutage(at("13:05"), at("13:30")),)
    assert (to_tell(over, now=at("13:34")), to_tell(over, now=at("13:35"))) == ((), (Word.OPEN,))
    assert to_tell(told(over, Word.OPEN), now=at("13:36")) == ()


def test_a_door_that_flaps_is_one_outage() -> None:
    over = opened(told(BLIND, Word.CLOSED), at=at("13:30"))
    again = closed(over, since=at("13:34"), why="no answer")
    assert again.blindness == (IngressOutage(at("13:05"), None),)
    assert to_tell(again, now=at("14:00")) == ()
    assert to_tell(opened(again, at=at("14:00")), now=at("14:05")) == (Word.OPEN,)


def test_a_door_that_has_been_open_for_five_minutes_begins_another() -> None:
    over = told(opened(told(BLIND, Word.CLOSED), at=at("13:30")), Word.OPEN)
    again = closed(over, since=at("13:35"), why="no answer")
    assert [each.since for each in again.blindness] == [at("13:05"), at("13:35")]
    assert to_tell(again, now=at("13:35")) == (Word.CLOSED,)


def test_what_could_not_be_told_in_time_is_told_in_order() -> None:
    assert to_tell(opened(BLIND, at=at("13:30")), now=at("13:40")) == (Word.CLOSED, Word.OPEN)


def test_an_open_door_needs_no_note() -> None:
    assert opened(EMPTY, at=at("13:30")) == EMPTY
    assert to_tell(EMPTY, now=at("13:30")) == ()


def test_only_the_last_twenty_intervals_are_kept() -> None:
    ledger = EMPTY
    for number in range(30):
        ledger = opened(
            closed(ledger, since=at("00:00") + minutes(20 * number), why=""), at=at("00:01") + minutes(20 * number)
        )
    assert len(ledger.blindness) == 20
    assert ledger.blindness[-1].since == at("09:40")


def test_a_nonce_is_answered_by_who_knows_the_secret() -> None:
    assert proof(b"secret", "00" * 16) == proof(b"secret", "00" * 16)
    assert len({proof(b"secret", "00" * 16), proof(b"other", "00" * 16), proof(b"secret", "11" * 16)}) == 3
