"""What the fields of a request make of a configuration, version by version."""

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.channels import Channel
from chalicelib.domain.config import Config, Filters, Step
from chalicelib.domain.field_errors import FieldError
from chalicelib.domain.schedule.occurrences import Cron, Every, OnCalendar
from chalicelib.domain.schedule.parse import lines_of
from chalicelib.domain.slugs import slug_of
from chalicelib.fields.merge import Lookup, require_future_first_ping, resolved_channels
from chalicelib.fields.table import BY_NAME
from chalicelib.web.api.call import Json, Refused
from chalicelib.web.api.merged import merged
from chalicelib.web.api.schema.fields import read
from chalicelib.web.api.schema.wire_errors import refused
from chalicelib.web.api.versions import VERSIONS

CHANNELS = tuple(
    Channel(id=each, name=name, kind="email", target="", subscription="")
    for each, name in (("id-2", "beta"), ("id-1", "alpha"), ("id-3", "twin"), ("id-4", "twin"))
)

POLICIES = {"nights": (Step(after=timedelta(minutes=15), channels=("id-1",)),)}


def after(said: Json, *, config: Config | None = None, version: str = "v3") -> Config:
    found = VERSIONS[version]
    try:
        fields = read(said, has_extras=found.has_extras)
        return merged(config or Config(), fields, version=found, channels=CHANNELS, policies=POLICIES)
    except FieldError as error:
        raise refused(error) from error


def chosen(identifiers: str) -> tuple[str, ...]:
    said = BY_NAME["channels"].kind.read("channels", identifiers)
    try:
        return resolved_channels(said, Lookup(channels=CHANNELS))
    except FieldError as error:
        raise refused(error) from error


@pytest.mark.parametrize(
    ("said", "version", "slug"),
    [
        pytest.param({"name": "New Name"}, "v1", "new-name", id="v1 makes one of a new name"),
        pytest.param({"name": "New Name"}, "v2", "new-name", id="so does v2"),
        pytest.param({"name": "New Name"}, "v3", "chosen", id="v3 does not"),
        pytest.param({"name": "Old Name"}, "v1", "chosen", id="the same name leaves it"),
        pytest.param({"name": "New Name", "slug": "given"}, "v1", "given", id="one that is given wins"),
        pytest.param({"slug": "given"}, "v3", "given", id="in v3, too"),
    ],
)
def test_a_slug_follows_a_new_name_in_old_versions_only(said: Json, version: str, slug: str) -> None:
    assert after(said, config=Config(name="Old Name", slug="chosen"), version=version).slug == slug


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Nightly Backup", "nightly-backup"),
        ("Ünïcode Näme", "unicode-name"),
        ("a_b-c.d/e", "a_b-cde"),
        ("  --x--  ", "x"),
        ("__x__", "x"),
        ("a  -- \t b", "a-b"),
        ("!!!", ""),
        ("日本語", ""),
        ("Straße №5", "strae-no5"),
        ("⒇" * 100, "20" * 50),
    ],
)
def test_a_slug_is_made_of_what_is_left_of_a_name(name: str, slug: str) -> None:
    assert slug_of(name) == slug


HOURLY = Every(timedelta(hours=1))


@pytest.mark.parametrize(
    ("before", "said", "schedule", "tz"),
    [
        pytest.param(HOURLY, {"timeout": 60}, Every(timedelta(seconds=60)), "UTC", id="a timeout is a period"),
        pytest.param(
            HOURLY, {"schedule": "0 5 * * *", "timeout": 60}, Cron("0 5 * * *"), "UTC", id="a schedule wins over it"
        ),
        pytest.param(HOURLY, {"tz": "Europe/Kiev"}, HOURLY, "Europe/Kyiv", id="a simple check remembers a zone"),
        pytest.param(HOURLY, {"schedule": "daily"}, OnCalendar("daily"), "UTC", id="fewer than five words: OnCalendar"),
        pytest.param(
            HOURLY,
            {"schedule": "0 5 * * *", "tz": "US/Pacific"},
            Cron("0 5 * * *", "America/Los_Angeles"),
            "America/Los_Angeles",
            id="both, by the zone's present name",
        ),
        pytest.param(
            Cron("0 5 * * *"), {"tz": "Asia/Tokyo"}, Cron("0 5 * * *", "Asia/Tokyo"), "Asia/Tokyo", id="a zone alone"
        ),
        pytest.param(Cron("0 5 * * *"), {"desc": "x"}, Cron("0 5 * * *"), "UTC", id="neither"),
    ],
)
def test_schedule_timeout_and_zone_go_together(
    before: Every | Cron, said: Json, schedule: Every | Cron | OnCalendar, tz: str
) -> None:
    config = after(said, config=Config(schedule=before))
    assert (config.schedule, config.tz) == (schedule, tz)


def test_several_schedules_go_before_one_as_that_goes_before_a_timeout() -> None:
    several = {"schedules": ["0 9 * * *", "0 12 * * 6"], "schedule": "0 2 * * *", "timeout": 3600}
    assert lines_of(after(several).schedule) == ("0 9 * * *", "0 12 * * 6")
    assert after({"schedule": "0 2 * * *", "timeout": 3600}).schedule == Cron("0 2 * * *", "UTC")


def test_a_zone_is_remembered_while_a_check_is_simple() -> None:
    simple = after({"timeout": 60}, config=after({"schedule": "0 5 * * *", "tz": "Asia/Tokyo"}))
    assert after({"schedule": "0 6 * * *"}, config=simple).schedule == Cron("0 6 * * *", "Asia/Tokyo")


@pytest.mark.parametrize(
    ("said", "filters"),
    [
        pytest.param({"subject": "ok"}, Filters(subject=True, success_kw="ok"), id="subject turns its filter on"),
        pytest.param({"subject": ""}, Filters(), id="none turns it off"),
        pytest.param(
            {"subject_fail": "bad", "subject": "ok"},
            Filters(subject=True, success_kw="ok", failure_kw="bad"),
            id="both of the old names",
        ),
        pytest.param(
            {"subject": "ok", "success_kw": "new", "filter_subject": False},
            Filters(success_kw="new"),
            id="the new names win",
        ),
        pytest.param(
            {"filter_http_body": True, "filter_default_fail": True, "methods": "POST", "start_kw": "go"},
            Filters(http_body=True, default_fail=True, methods="POST", start_kw="go"),
            id="the new names",
        ),
    ],
)
def test_filters_have_old_names_and_new_ones(said: Json, filters: Filters) -> None:
    assert after(said).filters == filters


@pytest.mark.parametrize(
    ("identifiers", "ids"),
    [
        ("", ()),
        ("*", ("*",)),
        ("beta,id-1", ("id-1", "id-2")),
        ("alpha,id-1,alpha", ("id-1",)),
        ("id-3", ("id-3",)),
    ],
)
def test_channels_are_chosen_by_id_or_name(identifiers: str, ids: tuple[str, ...]) -> None:
    assert chosen(identifiers) == ids


@pytest.mark.parametrize(
    ("identifiers", "error"),
    [
        (",", "empty channel identifier"),
        ("alpha,", "empty channel identifier"),
        ("alpha, beta", "invalid channel identifier:  beta"),
        ("alpha,*", "invalid channel identifier: *"),
        ("twin", "non-unique channel identifier: twin"),
    ],
)
def test_a_channel_that_is_not_one_is_refused(identifiers: str, error: str) -> None:
    with pytest.raises(Refused) as refusal:
        chosen(identifiers)
    assert str(refusal.value) == error


@pytest.mark.parametrize("said", [{"min_count": 5}, {"count_window": 60}])
def test_a_minimum_and_its_window_go_together(said: Json) -> None:
    with pytest.raises(Refused, match="min_count and count_window go together"):
        after(said)


def test_null_takes_a_limit_away() -> None:
    limited = after({"max_runtime": 60, "min_count": 5, "count_window": 300})
    assert limited.max_runtime == timedelta(seconds=60)
    assert after({"max_runtime": None, "min_count": None, "count_window": None}, config=limited) == Config()


@pytest.mark.parametrize(
    ("before", "said"), [({"max_runtime": 60}, {"min_runtime": 61}), ({}, {"min_runtime": 90, "max_runtime": 60})]
)
def test_no_run_may_have_to_take_longer_than_it_may(before: Json, said: Json) -> None:
    with pytest.raises(Refused, match="min_runtime is above max_runtime"):
        after(said, config=after(before))


NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("2020-01-01T00:00:00Z", 'first_ping_by "2020-01-01T00:00:00Z" has passed: use an instant in the future'),
        ("2026-03-01T13:00:00+01:00", 'first_ping_by "2026-03-01T12:00:00Z" has passed: use an instant in the future'),
    ],
)
def test_an_instant_that_has_passed_is_no_first_ping_to_wait_for(by: str, told: str) -> None:
    with pytest.raises(FieldError) as passed:
        require_future_first_ping(after({"first_ping_by": by}), before=Config(), now=NOON)
    wire = refused(passed.value)
    assert (str(wire), wire.detail) == ("json validation error: first_ping_by has passed", told)


@pytest.mark.parametrize(
    ("by", "kept"),
    [
        pytest.param("2026-03-01T12:00:01Z", None, id="one to come"),
        pytest.param(60, None, id="a time span"),
        pytest.param(None, NOON, id="none any more"),
        pytest.param("2026-03-01T11:00:00Z", NOON - timedelta(hours=1), id="the one that it has"),
        pytest.param(
            "2026-03-01T11:00:00Z", NOON - timedelta(minutes=59, seconds=59.5), id="as the API shows the one it has"
        ),
    ],
)
def test_a_first_ping_to_come_and_the_one_that_is_there_are_taken(by: str | int | None, kept: datetime | None) -> None:
    before = Config(first_ping_by=kept)
    require_future_first_ping(after({"first_ping_by": by}, config=before), before=before, now=NOON)


def test_steps_are_taken_by_name_or_id_and_put_in_order() -> None:
    said: Json = {"escalation": [{"after": 3600, "channels": "alpha,id-2"}, {"after": 900, "channels": "*"}]}
    config = after(said)
    assert config.escalation == (
        Step(after=timedelta(minutes=15), channels=("*",)),
        Step(after=timedelta(hours=1), channels=("id-1", "id-2")),
    )
    assert config.escalation_policy == ""


def test_a_policy_brings_its_steps_and_wins_over_those_that_are_sent_back_with_it() -> None:
    config = after({"escalation_policy": "nights", "escalation": [{"after": 60, "channels": "*"}]})
    assert (config.escalation, config.escalation_policy) == (POLICIES["nights"], "nights")
    assert after({"grace": 60}, config=config).escalation_policy == "nights"


@pytest.mark.parametrize("said", [{"escalation": []}, {"escalation": None}, {"escalation_policy": None}])
def test_an_escalation_can_be_taken_away(said: Json) -> None:
    config = after(said, config=Config(escalation=POLICIES["nights"], escalation_policy="nights"))
    assert (config.escalation, config.escalation_policy) == ((), "")


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"escalation_policy": "days"}, "there is no such escalation_policy"),
        ({"escalation": [{"after": 60, "channels": "gamma"}]}, "invalid channel identifier: gamma"),
        ({"escalation": [{"after": 60, "channels": "*"}, {"after": 60, "channels": "alpha"}]}, "contradicts itself"),
        ({"escalation": [{"after": 59, "channels": "*"}]}, "an item in 'escalation' is too small"),
        ({"escalation": [{"after": 60}]}, "an item in 'escalation' lacks a field"),
        ({"escalation": [{"after": 60, "channels": ""}]}, "an item in 'escalation' has an empty text"),
        ({"escalation": [{"after": 60, "channels": "*", "when": 1}]}, "has a field that is not known"),
        ({"escalation": "15m oncall"}, "escalation is not an array"),
    ],
)
def test_an_escalation_that_cannot_be_is_refused(said: Json, why: str) -> None:
    with pytest.raises(Refused, match=why):
        after(said)


def test_a_limit_can_be_learnt_and_said_again() -> None:
    learning = after({"max_runtime": "auto"}, config=Config(max_runtime=timedelta(hours=1)))
    assert (learning.max_runtime, learning.learns_max_runtime) == (None, True)
    assert after({"grace": 60}, config=learning).learns_max_runtime
    for said, expected in ((600, timedelta(minutes=10)), (None, None)):
        config = after({"max_runtime": said}, config=learning)
        assert (config.max_runtime, config.learns_max_runtime) == (expected, False)


def test_no_other_word_is_a_limit() -> None:
    with pytest.raises(Refused, match="max_runtime does not match pattern"):
        after({"max_runtime": "automatic"})


IN_A_GAP = "Sun *-03-25..31 02:*:*"  # in Berlin


@pytest.mark.parametrize(
    ("said", "before"),
    [
        pytest.param({"schedule": IN_A_GAP, "tz": "Europe/Berlin"}, Config(), id="schedule and zone"),
        pytest.param({"schedules": [IN_A_GAP, "*-02-30"], "tz": "Europe/Berlin"}, Config(), id="several schedules"),
        pytest.param({"schedule": IN_A_GAP}, Config(tz="Europe/Berlin"), id="in the zone that the check has"),
        pytest.param({"tz": "Europe/Berlin"}, Config(schedule=OnCalendar(IN_A_GAP)), id="only the zone"),
    ],
)
def test_a_schedule_whose_times_clocks_skip_in_its_zone_is_refused(said: Json, before: Config) -> None:
    with pytest.raises(Refused, match="schedule is not a valid cron or OnCalendar expression"):
        after(said, config=before)


def test_a_schedule_that_never_occurs_and_is_stored_already_stays() -> None:
    never = Config(schedule=OnCalendar("*-02-30"))
    assert after({"tags": "x"}, config=never).schedule == never.schedule


def test_a_check_that_costs_too_much_to_evaluate_is_refused_and_says_why() -> None:
    december = ["*/2 * 1-30 12 * for 60s", "1-59/2 * 1-30 12 * for 60s"]
    with pytest.raises(Refused, match="windows cost too much") as refusal:
        after({"schedule": "* * * * *", "windows": december})
    assert "use fewer, longer windows" in str(refusal.value.detail)
    with pytest.raises(Refused, match="misses_before_alert costs too much") as refusal:
        after({"schedule": "\n".join(["*:0"] * 25), "misses_before_alert": 100})
    assert "lower it, or use fewer schedules" in str(refusal.value.detail)


def test_a_check_that_costs_too_much_and_is_stored_already_can_be_edited_otherwise() -> None:
    before = Config(schedule=Cron("* * * * *"), windows=("0 * * * * for 59m", "1 * * * * for 59m"))
    assert after({"tags": "x"}, config=before).windows == before.windows
    with pytest.raises(Refused, match="windows leave nothing of the schedule"):
        after({"grace": 60}, config=before)


def test_recurring_windows_that_hide_all_of_a_schedule_are_refused() -> None:
    with pytest.raises(Refused, match="windows leave nothing of the schedule"):
        after({"schedule": "30 2 * * *", "windows": ["0 2 * * * for 1h"]})
    assert after({"schedule": "30 2 * * *", "windows": ["2026-03-10T10:00 to 2199-01-01T00:00"]}).windows
    assert after({"schedule": "30 2,3 * * *", "windows": ["0 2 * * * for 1h"]}).windows
    assert after({"timeout": 3600, "windows": ["0 2 * * * for 1h"]}).windows
