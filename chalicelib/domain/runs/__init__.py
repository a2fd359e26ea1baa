"""Runs: how starts and ends of one job are paired, and how long its runs usually take."""
