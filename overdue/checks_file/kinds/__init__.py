"""How values of each kind are written in and read from a YAML file."""
