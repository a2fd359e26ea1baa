"""The pure core: what a check is and how it decides. No clock, no I/O.

Four functions decide everything: `receive` (a ping came), `advance` (an instant passed), `configure` (an
operator changed something), `deliver` (an alert went out or did not). Values stand in `check` and `alerts`.
"""
