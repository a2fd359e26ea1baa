"""Ingress outages: pings that could not arrive must not count as missed (rule 15)."""
