"""Charts as inline SVG and HTML: status over time, run durations, uptime."""
