"""The form that creates and edits a check. Start in `form_page`."""
