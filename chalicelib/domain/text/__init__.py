"""The words and numbers that people read, the same in alerts, pages, command line and API."""
