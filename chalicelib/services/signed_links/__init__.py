"""Addresses that prove by a signature who gave them out: sign-in links, acknowledge links, badges."""
