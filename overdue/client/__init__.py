"""The client of the Management API and of ping URLs."""
