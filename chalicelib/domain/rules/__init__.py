"""The rules that decide when a check is due, down, held or escalated; pure functions over a check."""
