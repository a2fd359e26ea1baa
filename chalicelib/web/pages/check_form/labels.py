"""What the fields of a form are called, which of them say one thing together, and what they say, for people.

A number and its unit are one rule, so are the ways to say when a check is due: whoever changes one of them has changed
the rule. Start at `rules`.
"""

from collections.abc import Sequence
from hashlib import sha256

from chalicelib.domain.channels import Channel
from chalicelib.fields.table import FIELDS
from chalicelib.web.pages.check_form.form_fields import ON, PROBE_INPUTS, SPANS, UNITS, Values, channel_field
from chalicelib.web.pages.overview.position import shown_text

LABELS = {field.form_name: field.label for field in FIELDS if field.form_name is not None} | {
    "kind": "How it is known to work",
    "url": "URL",
    "method": "Asked by",
    "expect_status": "Good is status",
    "expect_text": "It must contain",
    "timeout": "Good within",
    "slow": "It is slow from",
    "every": "Asked every",
    "certificate_days": "Its certificate must be good for",
    "follow_redirects": "Follow redirects",
    "schedule_kind": "When it is due",
    "first_ping_at": "First ping by",
}  # by input; units and boxes of single channels belong to another
_IDS = {"kind": "k-job", "schedule_kind": "s-every", "all_channels": "c-all"}  # where they are not the field's name
_TOGETHER = (
    ("schedule_kind", "period", "period_unit", "schedule"),
    ("first_ping_by", "first_ping_by_unit", "first_ping_at"),
)
_NOT_OF_A_GROUP = frozenset({*PROBE_INPUTS, "schedule_kind", "zone", "grace"})
_FLAGS = ("follow_redirects", "manual_resume", "post_only")
_LONGEST = 80  # characters of a value that are told

Rule = tuple[str, ...]  # its fields; the first of them names it


def rules(values: Values) -> tuple[Rule, ...]:
    """The rules that a form holds, in its order. That of a group shows neither a probe nor when it is due."""
    is_group = values["kind"] == "group"
    later = {field for together in _TOGETHER for field in together[1:]}
    heads = (field for field in values if field in LABELS and field not in later)
    return tuple(_rule(field, values) for field in heads if not (is_group and field in _NOT_OF_A_GROUP))


def _rule(head: str, values: Values) -> Rule:
    if head == "all_channels":
        return (head, *(field for field in values if field.startswith("channel.")))
    together = next((fields for fields in _TOGETHER if fields[0] == head), (head,))
    return (*together, f"{head}_unit") if head in SPANS and len(together) == 1 else together


def mark(rule: Rule, values: Values) -> str:
    """By which it is told later whether a rule still is what it was. With every channel, no box says anything."""
    held: list[str] = [values[field] for field in rule]
    if rule[0] == "all_channels":
        held = [ON] if values["all_channels"] == ON else [field for field in sorted(rule) if values[field] == ON]
    return sha256(repr(held).encode("utf-8", "surrogatepass")).hexdigest()[:10]


def anchor(field: str) -> str:
    """Where on the page a field stands."""
    return _IDS.get(field, field)


def in_words(rule: Rule, values: Values, channels: Sequence[Channel]) -> str:
    """What a rule says."""
    head = rule[0]
    match head:
        case "all_channels":
            return _channels(values, channels)
        case "schedule_kind":
            return f"every {_span('period', values)}" if values[head] == "every" else _quoted(values["schedule"])
        case "first_ping_by":
            return _quoted(values["first_ping_at"]) if values["first_ping_at"] else _span(head, values)
        case "kind":
            return {"probe": "Overdue asks a URL", "group": "a group"}.get(values[head], "the job pings Overdue")
        case _ if head in SPANS:
            return _span(head, values)
        case _ if head in _FLAGS:
            return "yes" if values[head] == ON else "no"
        case _:
            return _quoted(values[head])


def _span(name: str, values: Values) -> str:
    text = values[name]
    return f"{text} {UNITS[values[f'{name}_unit']]}" if text.isdigit() else text or "empty"


def _quoted(text: str) -> str:
    if not text:
        return "empty"
    line = shown_text(" ".join(text.split("\n")))
    return f"“{line if len(line) <= _LONGEST else line[:_LONGEST] + '…'}”"


def _channels(values: Values, channels: Sequence[Channel]) -> str:
    if values["all_channels"] == ON:
        return "every channel"
    names = [shown_text(each.name) for each in channels if values[channel_field(each)] == ON]
    return ", ".join(names) or "nobody"
