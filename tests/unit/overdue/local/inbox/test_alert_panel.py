from datetime import UTC, datetime
from io import StringIO

from rich.console import Console

from chalicelib.domain.alerts import Kind
from overdue.local.inbox.alert_panel import tell
from overdue.local.inbox.sns_message import ReceivedAlert

ALERT = ReceivedAlert(
    id="1",
    kind=Kind.DOWN,
    sent_at=datetime(2026, 10, 24, 3, 0, 1, tzinfo=UTC),
    channels=("ops-email", "inbox"),
    subject="DOWN [red]backup[/red]: missed",
    text="backup is down.\n\n[bold]not markup[/bold] :warning: " + "long " * 40,
    sms="",
    message={},
)


def test_a_letter_on_no_terminal_is_plain_text_with_its_lines_unbroken() -> None:
    out = StringIO()
    tell(ALERT, console=Console(file=out, width=40))
    assert out.getvalue() == (
        "DOWN [red]backup[/red]: missed\n  03:00:01 UTC to ops-email, inbox\n\n"
        "    backup is down.\n\n    [bold]not markup[/bold] :warning: " + "long " * 40 + "\n\n"
    )


def test_a_letter_on_a_terminal_is_framed_and_its_text_is_no_markup() -> None:
    out = StringIO()
    tell(ALERT, console=Console(file=out, width=80, force_terminal=True, color_system=None))
    first, *_, last = out.getvalue().strip().split("\n")
    assert "DOWN [red]backup[/red]: missed" in first
    assert "03:00:01 UTC to ops-email, inbox" in last
    assert "[bold]not markup[/bold] :warning: long" in out.getvalue()
