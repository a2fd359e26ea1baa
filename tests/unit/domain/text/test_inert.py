"""A text that does nothing where it is shown."""

import pytest

from chalicelib.domain.text.inert import inert


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("Größe 日本 👩\u200d💻", "Größe 日本 👩\u200d💻", id="what can be seen stays, a joined emoji too"),
        pytest.param("\x1b[1;31mred\x1b[0m \x1b]0;title\x07", "red ", id="colours and titles are taken out"),
        pytest.param("a\x07\x9b\x00b", "a\\x07\\x9b\\x00b", id="controls"),
        pytest.param("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066", id="changes of direction"),
        pytest.param("a\r\nb\rc", "a\nb\nc", id="no line is written over another"),
        pytest.param("x" * 20_000, "x" * 20_000, id="nothing is cut"),
    ],
)
def test_a_text_is_shown_and_does_nothing(text: str, shown: str) -> None:
    assert inert(text) == shown
