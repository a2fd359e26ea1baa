"""Shorten an alert to what a service accepts, which would otherwise reject it: the alert would be lost.

Each Apprise plugin declares its limits (`body_maxlen`, `title_maxlen`, `body_max_line_count`). Apprise's own
truncation keeps the beginning of a text; here the subject and the links stay, and lines in the middle go. A service
that accepts no more than an SMS gets the alert's SMS text. Start at `fit`.
"""

from collections.abc import Callable
from dataclasses import dataclass

from apprise import NotifyBase, NotifyFormat
from apprise.conversion import convert_between

CUT = "[…]"  # stands for the lines that were left out
LEAST_FOR_TEXT = 300  # characters: with less room, the SMS text says more than the beginning of the long text
MERGED_TITLE = 32  # characters at most that plugins add around a title which they merge into the body


@dataclass(frozen=True, slots=True)
class Message:
    """The message for a service. An empty subject means that only the text is sent."""

    subject: str
    text: str


def fit(service: NotifyBase, subject: str, text: str, sms: str) -> Message:
    """The message for a service: whole if it fits, else shortened. Titles that are too long lose their end."""
    shown = _cut_end(subject, service.title_maxlen) if service.title_maxlen > 0 else subject
    room = _room_for_text(service, shown)
    most_lines = service.body_max_line_count or len(text)
    written = _length_in(service)
    if room < LEAST_FOR_TEXT and written(text) > room:
        shown = "" if service.title_maxlen <= 0 else shown  # a merged title would take the room
        return Message(shown, _shorten(sms, _room_for_text(service, shown), most_lines, written))
    return Message(shown, _shorten(text, room, most_lines, written))


def _room_for_text(service: NotifyBase, subject: str) -> int:
    """The characters that a plugin leaves for the text."""
    if service.title_maxlen <= 0 and subject:
        return int(service.body_maxlen) - len(_converted(service, subject)) - MERGED_TITLE
    if service.overflow_amalgamate_title and subject:
        return int(service.body_maxlen) - len(subject) - MERGED_TITLE
    return int(service.body_maxlen)


def _length_in(service: NotifyBase) -> Callable[[str], int]:
    """Measures a text as the plugin sends it: HTML and Markdown escape characters."""
    return lambda text: len(_converted(service, text))


def _converted(service: NotifyBase, text: str) -> str:
    return str(convert_between(NotifyFormat.TEXT, service.resolve_format(NotifyFormat.TEXT), text))


def _shorten(text: str, room: int, most_lines: int, written: Callable[[str], int]) -> str:
    """The text if it fits. Else its first lines, CUT, and each later line with a link; at least the last link."""
    if written(text) <= room and text.count("\n") < most_lines:
        return text
    lines = text.split("\n")
    for kept in range(min(len(lines), most_lines) - 1, 0, -1):
        head, links = lines[:kept], [line for line in lines[kept:] if "://" in line]
        shortened = "\n".join([*head, CUT, *links])
        if len(head) + 1 + len(links) <= most_lines and len(shortened) <= room and written(shortened) <= room:
            return shortened
    links = [word for line in lines for word in line.split() if "://" in word]
    for end in (f"\n{links[-1]}" if most_lines > 1 else f" {links[-1]}", "") if links else ("",):
        for length in range(min(len(lines[0]), room), 0, -1):
            shortened = _cut_end(lines[0], length) + end
            if written(shortened) <= room:
                return shortened
    return ""


def _cut_end(text: str, most: int) -> str:
    """The beginning of a text, with an ellipsis if the end is missing."""
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
