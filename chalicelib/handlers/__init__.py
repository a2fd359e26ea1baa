"""Lambda entry points that are not HTTP routes."""
