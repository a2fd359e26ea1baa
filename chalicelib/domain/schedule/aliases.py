"""The aliases of cron, such as @daily, and the five fields that each stands for."""

CRON_ALIASES = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}


def without_alias(text: str) -> str:
    """The five fields that an alias stands for; any other text as it is."""
    return CRON_ALIASES.get(text.strip().lower(), text)
