"""The function that delivers alerts where SNS itself cannot: chats, pagers, push, by Apprise.

A package of its own, with its own role: it knows the URLs of channels and nothing else of Overdue, nor does anything
of Overdue import it. What it is told is the JSON document of docs/reference/alerts.md. Start at `handler`.
"""
