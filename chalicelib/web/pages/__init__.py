"""The dashboard: pages that people look at, made on the server. A ping never loads any of it.

Who is there and what he asks for is a `visit`; how a page becomes an answer, `rendering`; what stands around each page,
`frame`. Each page has a room of its own that makes a view: words and numbers ready, so that a template knows no rule.
Drawings are pure functions of numbers: `strip`, `sparkline`, `progress`, `ribbon`.
"""
