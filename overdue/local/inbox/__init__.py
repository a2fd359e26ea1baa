"""The inbox: alerts that the local server received, as a page and in the terminal."""
