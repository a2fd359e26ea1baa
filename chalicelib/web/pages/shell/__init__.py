"""What every page shares: session, guards, layout, rendering, error pages."""
