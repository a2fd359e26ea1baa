"""A door that is open, without a request: what a look at it costs is measured by nobody here."""

from datetime import datetime

from chalicelib.alerts.text import Message


class Open:
    """The way to it."""

    base = "https://overdue.example.com"
    tz = "UTC"

    def why_closed(self, *, now: datetime) -> str | None:  # noqa: ARG002  # as the real one
        """It is open."""
        return None

    def tell(self, message: Message) -> None:
        """There is nothing to tell."""
