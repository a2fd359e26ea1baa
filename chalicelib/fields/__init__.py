"""The field table: every configuration field of a check, declared once. Start at `table.FIELDS`."""
