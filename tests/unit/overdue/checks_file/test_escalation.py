"""Escalation in a file of checks: a policy's name, or steps; wrong ones are told by their line."""

from textwrap import dedent
from typing import Any

import pytest

from chalicelib.domain.config import Step
from overdue.checks_file.file import InvalidFile, read
from overdue.checks_file.plan import names_channels, plan, with_labels
from overdue.checks_file.wire import Labels, body_of
from overdue.checks_file.writing import written
from tests.builders import hours, minutes

ONCALL = Step(after=minutes(15), channels=("oncall",))
LABELS = Labels({"id-1": "oncall", "id-2": "manager"})


def escalation(said: str) -> Any:
    source = f"checks:\n  backup:\n    escalation: {said}\n"
    return read(source, name="checks.yaml")[0].settings["escalation"]


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("nights", "nights"),
        ("off", ()),
        ("[{after: 15m, channels: [oncall]}]", (ONCALL,)),
        (
            '[{after: 1h, channels: "*"}, {after: 900, channels: oncall}]',
            (ONCALL, Step(after=hours(1), channels=("*",))),
        ),
    ],
)
def test_it_is_a_policy_or_steps_or_off(said: str, meant: Any) -> None:
    assert escalation(said) == meant
    assert escalation(written("escalation", meant)) == meant


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("[]", "checks.yaml:3: backup: escalation takes the name of a policy, or a list"),
        ("[oncall]", "checks.yaml:3: backup: escalation: a step has two fields"),
        ("[{after: 15m}]", "checks.yaml:3: backup: escalation: a step needs channels"),
        ("[{channels: [oncall]}]", "checks.yaml:3: backup: escalation: a step needs after"),
        ("[{after: 1s, channels: [a]}]", "checks.yaml:3: backup: escalation.after"),
        ("\n      - after: 15m\n        channel: a", "checks.yaml:5: backup: escalation: there is no field"),
        ("two words", 'checks.yaml:3: backup: "two words" cannot be a policy'),
    ],
)
def test_what_is_wrong_is_told_by_its_line(said: str, why: str) -> None:
    with pytest.raises(InvalidFile) as caught:
        escalation(said)
    assert why in str(caught.value).splitlines()[-1]


def test_channels_of_steps_are_looked_up_and_sent_by_id() -> None:
    source = """
        checks:
          backup:
            escalation:
              - {after: 15m, channels: [id-1, manager]}
              - {after: 1h, channels: [nobody]}
        """
    wanted = read(dedent(source), name="checks.yaml")
    assert names_channels(wanted, [])
    found, problems = with_labels(wanted, LABELS)
    assert [(problem.line, problem.text) for problem in problems] == [
        (4, 'there is no channel "nobody". There are: manager, oncall')
    ]
    assert body_of(found[0].settings, ["escalation"], LABELS) == {
        "escalation": [{"after": 900, "channels": "id-1,id-2"}, {"after": 3600, "channels": "nobody"}]
    }


def test_a_policy_is_sent_by_its_name() -> None:
    [wanted] = read("checks: {backup: {escalation: nights}}", name="checks.yaml")
    [create] = plan([wanted], [], LABELS, prune=False).steps
    assert getattr(create, "body")["escalation_policy"] == "nights"  # noqa: B009  # only a Create and an Update have it
