"""The Management API, v1 to v3 in one: start at `routes`; what differs between the versions stands in `versions`."""
