"""The words and numbers that people read, the same in alerts, pages, CLI and API."""
