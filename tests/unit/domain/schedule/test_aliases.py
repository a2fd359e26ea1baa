"""The aliases of cron."""

from chalicelib.domain.schedule.aliases import CRON_ALIASES, without_alias
from chalicelib.domain.schedule.occurrences import Cron, parse_schedule


def test_every_alias_is_a_schedule() -> None:
    assert {alias: parse_schedule(text, "UTC") for alias, text in CRON_ALIASES.items()} == {
        "@hourly": Cron("0 * * * *"),
        "@daily": Cron("0 0 * * *"),
        "@midnight": Cron("0 0 * * *"),
        "@weekly": Cron("0 0 * * 0"),
        "@monthly": Cron("0 0 1 * *"),
        "@yearly": Cron("0 0 1 1 *"),
        "@annually": Cron("0 0 1 1 *"),
    }


def test_only_aliases_are_replaced() -> None:
    assert without_alias("@hourly") == "0 * * * *"
    assert without_alias("5 4 * * *") == "5 4 * * *"
