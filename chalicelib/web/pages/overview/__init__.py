"""The overview of a project's checks. Start in `overview`."""
