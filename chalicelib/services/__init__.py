"""Use cases: what the edges (web, sweep, probes, handlers) do to checks and projects."""
