"""A badge's picture is well-formed, whatever its label is."""

import xml.etree.ElementTree as ElementTree

import pytest

from chalicelib.web.anonymous.svg import badge_svg


@pytest.mark.parametrize("label", ["prod", "<b>&\"'", "日本語 🚀", "a\x00\x1b\ufffeb", "", "]]>", "x" * 500])
@pytest.mark.parametrize("state", ["up", "late", "down"])
def test_any_label_is_well_formed(label: str, state: str) -> None:
    found = ElementTree.fromstring(badge_svg(label, state))
    assert [text.text for text in found.iter("{http://www.w3.org/2000/svg}text")][1] == state


def test_a_state_is_a_word_before_it_is_a_colour() -> None:
    picture = badge_svg("prod", "late")
    assert ">late<" in picture
    assert 'aria-label="prod: late"' in picture
