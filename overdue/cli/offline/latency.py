"""Durations below a second, which only probes need: `800ms`, `1.5s`, `10`. Start at `latency`."""

from chalicelib.domain.errors import BadInput

MOST_S = 20


def latency(name: str, text: str) -> int | float:
    """Seconds. Raises BadInput."""
    number, factor = (text[:-2], 0.001) if text.endswith("ms") else (text.removesuffix("s"), 1.0)
    try:
        found = float(number) * factor
    except ValueError:
        found = 0.0
    if not 0 < found <= MOST_S:
        raise BadInput(f'{name} "{text[:40]}": write a duration up to {MOST_S} s, such as 800ms, 1.5s or 10s')
    return int(found) if found.is_integer() else round(found, 3)


def spelt(seconds: float) -> str:
    """The same as text."""
    return f"{seconds:g}s" if seconds >= 1 else f"{seconds * 1000:g}ms"
