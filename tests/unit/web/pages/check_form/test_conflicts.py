"""A form that is sent after somebody else has changed the check: it tells, reverts nothing, and then may be saved."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config, Group
from chalicelib.domain.schedule.occurrences import Cron, Every
from chalicelib.domain.sources.probe import Probe
from chalicelib.web.pages.check_form.conflicts import Judged, judged, seen
from chalicelib.web.pages.check_form.form_fields import Values, filled
from tests.builders import hours, minutes, utc

CHANNELS = (
    Channel(id="c-1", name="ops-email", kind="email", target="ops@example.com", subscription=""),
    Channel(id="c-2", name="oncall-sms", kind="sms", target="+15550142", subscription=""),
)
NIGHT = utc("2026-10-24T03:12:40Z")
OPENED = Config(name="conf", slug="conf", tags="a", grace=hours(1))


def sent(typed: Values, *, opened: Config = OPENED, stored: Config) -> Judged:
    """What becomes of a form that was opened with a configuration, when another is stored by now."""
    blank = filled(opened, CHANNELS)
    return judged(blank | typed, seen(blank), stored, CHANNELS, now=NIGHT)


def sent_again(found: Judged, *, stored: Config, **typed: str) -> Judged:
    """The form that it was answered with, sent once more."""
    return judged({**found.values, **typed}, found.seen, stored, CHANNELS, now=NIGHT)


def told(found: Judged) -> list[str]:
    return [f"{each.label}: {each.text}{', edited' if each.is_edited else ''}" for each in found.theirs]


def test_what_nobody_else_has_changed_can_be_saved_at_once() -> None:
    found = sent({"tags": "mine"}, stored=OPENED)
    assert (found.reading.config, found.reading.problems, found.theirs) == (replace(OPENED, tags="mine"), {}, ())


def test_a_mistake_in_between_does_not_hide_what_somebody_else_has_changed() -> None:
    stored = replace(OPENED, tags="other")
    mistaken = sent({"slug": "Bad Slug"}, stored=stored)
    assert (list(mistaken.reading.problems), mistaken.theirs) == (["slug"], ())
    corrected = sent_again(mistaken, stored=stored, slug="good")
    assert told(corrected) == ["Tags: “other”"]
    saved = sent_again(corrected, stored=stored)
    assert (saved.theirs, saved.reading.problems) == ((), {})
    assert saved.reading.config == replace(stored, slug="good")


def test_what_was_not_edited_is_shown_and_stays_as_somebody_else_has_made_it() -> None:
    stored = replace(OPENED, tags="other", grace=minutes(90))
    found = sent({"name": "Mine"}, stored=stored)
    assert told(found) == ["Tags: “other”", "Grace: 90 minutes"]
    assert (found.values["name"], found.values["tags"], found.values["grace"]) == ("Mine", "other", "90")
    assert found.reading.config == replace(stored, name="Mine")
    assert sent_again(found, stored=stored).reading.config == replace(stored, name="Mine")


def test_of_what_both_have_edited_mine_is_shown_and_then_saved() -> None:
    stored = replace(OPENED, tags="theirs")
    found = sent({"tags": "mine"}, stored=stored)
    assert (told(found), found.values["tags"]) == (["Tags: “theirs”, edited"], "mine")
    assert sent_again(found, stored=stored).reading.config == replace(OPENED, tags="mine")


def test_who_changes_it_after_the_conflict_was_shown_is_not_lost_either() -> None:
    found = sent({"name": "Mine"}, stored=replace(OPENED, tags="other"))
    assert told(sent_again(found, stored=replace(OPENED, tags="yet another"))) == ["Tags: “yet another”"]


def test_what_both_have_changed_alike_is_no_conflict() -> None:
    found = sent({"tags": "same"}, stored=replace(OPENED, tags="same"))
    assert (found.theirs, found.reading.config.tags) == ((), "same")


def test_a_number_and_its_unit_are_never_mixed_of_two() -> None:
    found = sent({"grace": "2"}, stored=replace(OPENED, grace=minutes(90)))
    assert (found.values["grace"], found.values["grace_unit"]) == ("2", "h")
    assert found.reading.config.grace == hours(2)


CASES: list[tuple[dict[str, Any], str]] = [
    ({"schedule": Cron("0 2 * * *")}, "When it is due: “0 2 * * *”"),
    ({"schedule": Every(hours(36))}, "When it is due: every 36 hours"),
    ({"tz": "Europe/Berlin"}, "Time zone: “Europe/Berlin”"),
    ({"slug": ""}, "Slug: empty"),
    ({"desc": "one\ntwo " + "y" * 90}, f"Description: “one two {'y' * 72}…”"),
    ({"learns_max_runtime": True}, "Maximum runtime: auto"),
    ({"remind_every": hours(4)}, "Reminder: 4 hours"),
    ({"first_ping_by": utc("2026-12-24T20:00Z")}, "First ping: “2026-12-24T20:00”"),
    ({"manual_resume": True}, "Manual resume: yes"),
    ({"channels": ("c-2",)}, "Channels: oncall-sms"),
    ({"channels": ()}, "Channels: nobody"),
]


@pytest.mark.parametrize(("theirs", "words"), CASES, ids=[words.partition(":")[0] for _, words in CASES])
def test_what_somebody_else_has_changed_is_told_in_words(theirs: dict[str, Any], words: str) -> None:
    assert told(sent({"name": "Mine"}, stored=replace(OPENED, **theirs))) == [words]


def test_what_became_a_probe_or_a_group_stays_one() -> None:
    every = minutes(5)
    probe = replace(OPENED, probe=Probe(url="https://example.com/", every=every), schedule=Every(every))
    group = replace(OPENED, group=Group(tag="shop", down_when=2))
    for stored in (probe, group):
        found = sent({"name": "Mine"}, stored=stored)
        assert "How it is known to work" in [each.label for each in found.theirs]
        assert sent_again(found, stored=stored).reading.config == replace(stored, name="Mine")
        back = sent({"name": "Mine"}, opened=stored, stored=OPENED)
        assert sent_again(back, stored=OPENED).reading.config == replace(OPENED, name="Mine")


def test_a_form_that_does_not_say_what_it_was_opened_with_overwrites_nothing_unseen() -> None:
    values = filled(OPENED, CHANNELS) | {"name": "Mine"}
    found = judged(values, "0123456789abcdef", replace(OPENED, tags="other"), CHANNELS, now=NIGHT)
    assert told(found) == ["Name: “conf”, edited", "Tags: “other”, edited"]


NAMES, TAGS, SPANS = st.sampled_from(["a", "b"]), st.sampled_from(["", "x y"]), st.sampled_from([minutes(5), hours(2)])
configs = st.builds(Config, name=NAMES, tags=TAGS, grace=SPANS, schedule=st.builds(Every, SPANS), channels=st.just(()))


@settings(deadline=None, max_examples=60)
@given(configs, configs, configs)
def test_once_told_it_holds_what_was_edited_and_else_what_is_stored(
    opened: Config, typed: Config, stored: Config
) -> None:
    found = sent(filled(typed, CHANNELS), opened=opened, stored=stored)
    if found.theirs:
        found = sent_again(found, stored=stored)
    assert (found.theirs, found.reading.problems) == ((), {})
    for field in ("name", "tags", "grace", "schedule"):
        was, mine, theirs = (getattr(config, field) for config in (opened, typed, stored))
        assert getattr(found.reading.config, field) == (theirs if mine == was else mine)
