"""A plan and its outcome in words: styled lines for people, one document for programs. Pure; start at `lines`."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, assert_never

from overdue.checks_file.apply import Outcome
from overdue.checks_file.plan import Change, Create, Delete, Plan, Step, Update
from overdue.checks_file.quoting import quoted
from overdue.checks_file.writing import written

Style = Literal["green", "yellow", "red", "dim", ""]
NAMED = 5  # in a list, before it says how many more
LONGEST = 60  # characters of a value: a description may have 20,000


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and its colour."""

    text: str
    style: Style = ""


def lines(plan: Plan) -> Iterator[Line]:
    """Each step with its settings, then the sum."""
    for step in plan.steps:
        yield from _lines_of(step)
    if plan.steps:
        yield Line("")
    yield Line(summary(plan))
    if plan.left_alone:
        yield Line(f"Not in the file, and left alone: {some([quoted(name) for name in plan.left_alone])}.", "dim")


def _lines_of(step: Step) -> Iterator[Line]:
    match step:
        case Create():
            yield Line(f"+ create {step.slug}", "green")
            yield from _settings([(change.name, _shown(change.name, change.new)) for change in step.said])
        case Update():
            yield Line(f"~ change {step.slug}", "yellow")
            yield from _settings([pair for change in step.changes for pair in _becomes(change)])
        case Delete():
            named = "" if step.name in ("", step.slug) else f"{quoted(step.name)}, "
            pings = "1 ping" if step.n_pings == 1 else f"{step.n_pings:,} pings"
            yield Line(f"- delete {step.slug} ({named}{pings})", "red")
        case _:
            assert_never(step)


def _settings(pairs: Sequence[tuple[str, str]]) -> Iterator[Line]:
    widest = max((len(name) for name, _ in pairs), default=0)
    for name, text in pairs:
        if text:
            yield Line(f"    {name:<{widest}}  {text}")


def _becomes(change: Change) -> list[tuple[str, str]]:
    """On one line, or on two where that would be a long one."""
    old, new = _shown(change.name, change.old), f"→ {_shown(change.name, change.new)}"
    if len(old) + len(new) <= LONGEST:
        return [(change.name, f"{old} {new}")]
    return [(change.name, old), ("", new)]


def _shown(name: str, value: Any) -> str:
    text = written(name, value)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def summary(plan: Plan) -> str:
    """How many of each."""
    if not plan.steps:
        return f"Nothing to do: {_checks(plan.unchanged)} as the file says."
    counts = [
        (sum(isinstance(step, kind) for step in plan.steps), word)
        for kind, word in ((Create, "to create"), (Update, "to change"), (Delete, "to delete"))
    ]
    return f"{', '.join(f'{number} {word}' for number, word in counts if number)}, {plan.unchanged} unchanged."


def _checks(number: int) -> str:
    return "1 check is" if number == 1 else f"{number:,} checks are"


def some(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def done(outcome: Outcome) -> str:
    """What has been applied, when all of it was."""
    counts = [
        (sum(isinstance(step, kind) for step in outcome.done), word)
        for kind, word in ((Create, "created"), (Update, "changed"), (Delete, "deleted"))
    ]
    return f"Applied: {', '.join(f'{number} {word}' for number, word in counts if number)}."


def stopped(outcome: Outcome) -> str:
    """Where it stopped and why, what is applied and what is not."""
    assert outcome.failed is not None, "else it was done"
    step = f"{verb(outcome.failed)} {outcome.failed.slug}"
    unknown = ", and whether it was done is not known" if outcome.is_unknown else ""
    applied = "; ".join(f"{verb(each)} {each.slug}" for each in outcome.done) or "nothing"
    left = "; ".join(f"{verb(each)} {each.slug}" for each in outcome.left)
    return "\n".join(
        filter(
            None,
            (
                f"Stopped at: {step}{unknown}. {outcome.why}",
                f"Applied ({len(outcome.done)}): {applied}.",
                f"Not tried ({len(outcome.left)}): {left}." if left else "",
                "Apply the file again: it goes on from there.",
            ),
        )
    )


def verb(step: Step) -> str:
    """What a step does."""
    return {Create: "create", Update: "change", Delete: "delete"}[type(step)]


def document(plan: Plan, outcome: Outcome | None) -> dict[str, Any]:
    """All of it for programs; settings as the file has them. `outcome` is None when nothing was to be applied."""
    found: dict[str, Any] = {
        "create": [step.slug for step in plan.steps if isinstance(step, Create)],
        "change": [
            {
                "slug": step.slug,
                "fields": {
                    change.name: {"old": written(change.name, change.old), "new": written(change.name, change.new)}
                    for change in step.changes
                },
            }
            for step in plan.steps
            if isinstance(step, Update)
        ],
        "delete": [step.slug for step in plan.deletes],
        "unchanged": plan.unchanged,
        "left_alone": list(plan.left_alone),
        "applied": [] if outcome is None else [_named(step) for step in outcome.done],
    }
    if outcome is not None and outcome.failed is not None:
        found["failed"] = {**_named(outcome.failed), "why": outcome.why, "may_be_done": outcome.is_unknown}
        found["not_tried"] = [_named(step) for step in outcome.left]
    return found


def _named(step: Step) -> dict[str, str]:
    return {"step": verb(step), "slug": step.slug}
