"""What people have been told of an outage: by the verdict of a check's page, and at each change of its status.

Start at `about_alerts` and `told`. Names of channels are for who may write, as in the API: others see how many.
"""

from collections.abc import Iterator, Sequence

from chalicelib.domain.alerts import Kind, Told
from chalicelib.domain.check import Check, Status, waits_for
from chalicelib.domain.rules.due import next_reminder, next_step
from chalicelib.domain.text.amounts import quantity
from chalicelib.domain.text.time_format import WallClock, ago, duration
from chalicelib.store.history import StoredFlip
from chalicelib.web.pages.check.queries import Past
from chalicelib.web.pages.overview.position import shown_text


def about_alerts(
    check: Check, past: Past, clock: WallClock, *, names_channels: bool, remedy: str = ""
) -> Iterator[str]:
    """Of a check that is down: since when, who knows, who sees to it, what comes next. `remedy`: how to tell people."""
    if check.status is not Status.DOWN or check.since is None:
        return
    flip = next((stored for stored in past.flips if stored.flip.number == check.n_flips), None)
    first = next((told for told in (flip.sent if flip is not None else ()) if told.kind is Kind.DOWN), None)
    said = [f"Down since {clock.minute(check.since)}."]
    if first is not None and not first.to:
        said.append(f"Nobody was notified: the check had no channel. {remedy}".rstrip())
    elif first is not None:
        were = "was" if len(first.to) == 1 else "were"
        said.append(f"{_names(first.to, names_channels, last=' and ')} {were} notified at {clock.second(first.at)}.")
    elif waits_for(check):
        said.append(f"Nobody has been notified: the alert is held for {', '.join(map(shown_text, waits_for(check)))}.")
    elif any(alert.flip == check.n_flips for alert in check.alerts):
        said.append("Nobody has been notified yet: the alert is waiting.")
    said.append(_seen_to(check, clock))
    reminder, step = next_reminder(check), next_step(check)
    if reminder is not None:
        said.append(f"Next reminder {clock.minute(reminder)}.")
    if step is not None:
        said.append(f"Next escalation step {clock.minute(step)}.")
    yield " ".join(said)


def _seen_to(check: Check, clock: WallClock) -> str:
    if check.acknowledged_at is None:
        return "Nobody has acknowledged it."
    by = f" by {shown_text(check.acknowledged_by)}" if check.acknowledged_by else ""
    return f"Acknowledged {ago(check.acknowledged_at, now=clock.now)}{by}."


def told(check: Check, stored: StoredFlip, *, names_channels: bool) -> str:
    """Who was told of a change: "ops-email, oncall-sms · 1 s later · 2 reminders"; "" where nobody had to be."""
    sent, flip = stored.sent, stored.flip
    first = next((each for each in sent if each.kind in (Kind.DOWN, Kind.UP)), None)
    if first is None and not sent:
        waits = any(alert.flip == flip.number for alert in check.alerts)
        return "not notified yet" if waits else ("nobody" if flip.new is Status.DOWN else "")
    said = []
    if first is not None and not first.to:
        said.append("nobody: it had no channel")
    elif first is not None:
        said += [_names(first.to, names_channels), f"{duration(first.at - flip.at)} later"]
    said += [words for kind in (Kind.REMINDER, Kind.ESCALATION) if (words := _repeats(sent, kind))]
    return " · ".join(said)


def _repeats(sent: Sequence[Told], kind: Kind) -> str:
    number = len({each.id for each in sent if each.kind is kind})
    return quantity(number, "reminder" if kind is Kind.REMINDER else "escalation") if number else ""


def _names(to: Sequence[str], names_channels: bool, *, last: str = ", ") -> str:
    if not names_channels:
        return quantity(len(to), "channel")
    *others, end = map(shown_text, to)
    return f"{', '.join(others)}{last}{end}" if others else end
