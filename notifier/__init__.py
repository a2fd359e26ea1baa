"""The Lambda function that delivers alerts with Apprise, to services that SNS does not support: chat, pagers, push.

It is a package of its own, with a role of its own. It reads the URLs of channels and imports nothing from Overdue, nor
does Overdue import it. Its input is the JSON document of docs/reference/alerts.md. Start at `handler`.
"""
