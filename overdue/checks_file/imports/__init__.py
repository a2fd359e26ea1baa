"""Read crontabs and Healthchecks projects as a file of checks."""
