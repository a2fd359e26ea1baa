"""The local server: the whole of Overdue on one machine, behind the same events as in the cloud.

`server` takes the HTTP requests (`gateway` makes events of them), `engine` stands in for
AWS, `dynalite` for DynamoDB where `keeping` keeps a folder for the next start, `resources` creates what
`infra/template.yaml` describes, `clock` lets a night pass in minutes, and `inbox` keeps the alerts that would have
gone out (`received` reads them, `inbox_page`, `pages` and `letter` show them).
"""
