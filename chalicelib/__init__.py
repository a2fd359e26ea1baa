"""Everything that ships to Lambda beside `app.py`. Start at `domain` for the rules, at `web` for the requests."""
