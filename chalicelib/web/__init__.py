"""The HTTP edge: parse a request, call a decision, answer."""
