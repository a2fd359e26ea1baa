"""What a page must be wherever it is read: within its window at each width, and closed to nobody as axe-core sees it.

What decides is asked once. A theme changes colours and nothing else (the tokens of style.css), so the dark one is asked
about colours alone; a width changes the layout, so the phone's is asked about everything once more. Start at
`troubles`.
"""

from typing import Any, Literal

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

NARROW, MIDDLE, WIDE = 360, 900, 1440
HEIGHT = 900
COLOURS = ("color-contrast", "link-in-text-block")
IN_OTHER_COLOURS: dict[str, Any] = {"runOnly": COLOURS}
RUN = """(options) => axe.run({...options, resultTypes: ["violations"]})
  .then(({violations}) => violations
    .filter(({impact}) => ["serious", "critical"].includes(impact))
    .map(({id, nodes}) => `${id}: ${nodes[0].html}`))"""


def troubles(page: Page, *, leaving_out: str | None = None) -> list[str]:
    """What is wrong at any width and in either theme. `leaving_out` selects what axe-core need not look at.

    All that can be unfolded is unfolded, and what is left out is gone afterwards.
    """
    folded = too_wide(page, WIDE, MIDDLE, NARROW)
    open_all(page)
    unfolded = too_wide(page, NARROW, MIDDLE, WIDE)
    if leaving_out is not None:  # of its own `exclude` it is as slow as ever
        page.eval_on_selector_all(leaving_out, "all => { for (const each of all) each.remove(); }")
    dark, light, narrow = serious(page, theme="dark"), serious(page), serious(page, at=NARROW)
    return [*folded, *unfolded, *dark, *light, *narrow]


def too_wide(page: Page, *widths: int) -> list[str]:
    """Those of these windows that the page does not fit."""
    found = []
    for width in widths:
        _at(page, width)
        excess: int = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        if excess:
            found.append(f"{excess} px too wide for {width} px")
    return found


def serious(page: Page, *, at: int = WIDE, theme: Literal["light", "dark"] = "light") -> list[str]:
    """What axe-core finds that keeps people out; in the dark, of colours."""
    _at(page, at)
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # else colours are on their way to the theme's
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: list[str] = page.evaluate(RUN, {} if theme == "light" else IN_OTHER_COLOURS)
    return [f"{theme}, {at} px: {each}" for each in found]


def open_all(page: Page) -> None:
    """Unfold all that can be."""
    page.eval_on_selector_all("details", "all => { for (const each of all) each.open = true; }")


def _at(page: Page, width: int) -> None:
    size: ViewportSize = {"width": width, "height": HEIGHT}
    if page.viewport_size != size:  # a change takes 0.1 s
        page.set_viewport_size(size)
