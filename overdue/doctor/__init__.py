"""Check whether a stage on AWS is complete and works. Reads only; nothing is changed. Start at `run`."""
