"""The page of one check, a module per section. Start in `check_page`."""
