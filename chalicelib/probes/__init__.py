"""Uptime probes: asking a URL, and what its answer means. A probe's finding then is a ping as any other."""
