"""Commands for people to copy, quoted for a shell and with the right --stage."""

import shlex

NO_CHANNEL = "No channel yet, so nobody is notified. Add one with: overdue channels add NAME TARGET"


def to_copy(*words: str, stage: str | None) -> str:
    """`overdue` with these words, options before any `--`. No stage: none was named, and none need be."""
    end = words.index("--") if "--" in words else len(words)
    named = () if stage is None else ("--stage", stage)
    return shlex.join(["overdue", *words[:end], *named, *words[end:]])


def operand(name: str) -> tuple[str, ...]:
    """A name as a command takes it, be it like an option."""
    return ("--", name) if name.startswith("-") else (name,)
