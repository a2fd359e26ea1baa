"""Texts as the file writes them: every reader of YAML reads the same text. Start at `quoted`."""

from typing import Any

import yaml

_SIGNS = set(" _./+-@()'")
_TRUTHS = {"y", "n", "Y", "N"}  # true and false in YAML 1.1, though not for PyYAML 6
_RESOLVER: Any = yaml.resolver.Resolver()


def quoted(text: str) -> str:
    """A text on one line: plain where no YAML takes it for anything else, in double quotes otherwise."""
    return text if _is_plain(text) else f'"{"".join(map(_escaped, text))}"'


def _is_plain(text: str) -> bool:
    if not text or not (text[0].isalpha() or text[0] == "/") or text[-1] == " " or text in _TRUTHS:
        return False
    if not all((char.isalnum() and char.isprintable()) or char in _SIGNS for char in text):
        return False
    tag: str = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
    return tag == "tag:yaml.org,2002:str"


def _escaped(char: str) -> str:
    if char in '"\\':
        return f"\\{char}"
    if char == "\n":
        return "\\n"
    if char.isprintable():
        return char
    code = ord(char)
    if code <= 0xFF:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def block(text: str, *, indent: str) -> str | None:
    """A text of several lines as a literal block; None where a block would not give it back."""
    lines = text.removesuffix("\n").split("\n")
    is_block = (
        len(lines) > 1
        and all(line.isprintable() and line == line.rstrip() for line in lines)
        and lines[0] == lines[0].lstrip() != ""
        and lines[-1] != ""
    )
    if not is_block:
        return None
    head = "|" if text.endswith("\n") else "|-"
    return "\n".join([head, *(f"{indent}{line}" if line else "" for line in lines)])
