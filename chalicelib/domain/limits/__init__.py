"""Limits on what one check, key or caller may cost: CPU steps, stored bytes, pings, quotas."""
