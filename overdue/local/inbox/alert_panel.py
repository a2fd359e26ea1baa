"""An alert in the terminal, as people would get it: a framed letter, plain text when it is no terminal.

Start at `tell`. Texts stand as they are: no markup of rich is read in them.
"""

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from chalicelib.domain.alerts import Kind
from overdue.local.inbox.sns_message import ReceivedAlert

COLOURS = {
    Kind.DOWN: "red",
    Kind.UP: "green",
    Kind.REMINDER: "yellow",
    Kind.ESCALATION: "red",
    Kind.DIGEST: "red",
    Kind.TEST: "blue",
}


def tell(alert: ReceivedAlert, *, console: Console) -> None:
    """Print one alert: when and to whom it would have gone out, its subject, its text."""
    envelope = f"{alert.sent_at:%H:%M:%S} UTC to {', '.join(alert.channels)}"
    if console.is_terminal:
        letter = Panel(
            Text(alert.text),
            title=Text(alert.subject, style="bold"),
            title_align="left",
            subtitle=Text(envelope),
            subtitle_align="left",
            border_style=COLOURS[alert.kind],
        )
        console.print(Padding(letter, (1, 0, 0, 0)))
        return
    body = "".join(f"    {line}\n" if line else "\n" for line in alert.text.split("\n"))
    console.out(f"{alert.subject}\n  {envelope}\n\n{body}", highlight=False)
