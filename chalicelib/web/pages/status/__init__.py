"""Status pages for the public, and the page about the monitor itself."""
