"""A progress bar: how long a run has been open, against the usual and its limit (docs/reference/pages.md, Drawings).

A pure function of durations, title included. Beyond the limit it is twice as thick, and red.
"""

from datetime import timedelta

from markupsafe import Markup

from chalicelib.domain.text.time_format import duration, duration_range

_FULL = 128.4  # pixels


def progress(so_far: timedelta, *, limit: timedelta, usual: tuple[timedelta, timedelta] | None) -> Markup:
    """132 × 10 pixels."""
    most = max(so_far, limit, timedelta(microseconds=1))

    def x(span: timedelta) -> float:
        return span / most * _FULL

    band = over = ""
    if usual is not None:
        low, high = min(usual[0], most), min(usual[1], most)
        band = f'<rect class="band" x="{_px(x(low))}" y="3" width="{_px(x(high) - x(low))}" height="4"/>'
    if so_far > limit:
        over = f'<rect class="over" x="{_px(x(limit))}" width="{_px(x(so_far) - x(limit))}" height="10"/>'
    return Markup(  # noqa: S704  # numbers, and a title of our own words
        f'<svg class="progress" role="img" width="132" height="10"><title>{_title(so_far, limit, usual)}</title>'
        f'<rect class="track" x=".5" y="2.5" width="131" height="5"/>{band}'
        f'<rect class="so-far" x="1" y="3" width="{_px(x(min(so_far, limit)))}" height="4"/>{over}'
        f'<path class="limit" d="M{_px(x(limit))} 0v10"/></svg>'
    )


def _px(number: float) -> str:
    return f"{number:.1f}".removesuffix(".0")


def _title(so_far: timedelta, limit: timedelta, usual: tuple[timedelta, timedelta] | None) -> str:
    usually = "not enough runs yet for a usual duration" if usual is None else f"usual {duration_range(*usual)}"
    return f"{duration(so_far)} so far; {usually}; limit {duration(limit)}"
