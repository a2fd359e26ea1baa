"""What Lambda calls: a table from each path, schedule and event to its handler (`chalicelib.entry_points`).

Handlers are imported when they are first called, and those of pings at once: before its first request, Lambda gives a
function a whole CPU.
"""

from chalice.app import Cron, Rate

from chalicelib.entry_points import on_event, on_invoke, on_schedule, routes
from chalicelib.web import ping

app = routes(
    {
        "/": "chalicelib.web.pages.overview.overview:answered",
        "/ack/{token}": "chalicelib.web.pages.acknowledge:answered",
        "/api/{rest}": "chalicelib.web.api.routes:answered",
        "/b/{rest}": "chalicelib.web.anonymous.badges:of_check",
        "/badge/{rest}": "chalicelib.web.anonymous.badges:of_tag",
        "/checks/{name}": "chalicelib.web.pages.check.check_page:answered",
        "/checks/{name}/edit": "chalicelib.web.pages.check_form.form_page:edited",
        "/checks/{name}/{action}": "chalicelib.web.pages.check.actions:acted",
        "/new": "chalicelib.web.pages.check_form.form_page:new",
        "/ping/{first}": ping.by_code,
        "/ping/{first}/{second}": ping.by_code,
        "/ping/door/{nonce}": "chalicelib.web.anonymous.self_ping:answered",
        "/ping/{first}/{second}/{third}": ping.by_slug,
        "/projects/{rest}": "chalicelib.web.anonymous.prometheus:page",
        "/signin/{token}": "chalicelib.web.pages.shell.sign_in:answered",
        "/signout": "chalicelib.web.pages.shell.sign_in:signed_out",
        "/static/{name}": "chalicelib.web.pages.shell.static_files:answered",
        "/status/{name}": "chalicelib.web.pages.status.status_page:answered",
    },
    error_page="chalicelib.web.pages.shell.error_pages:instead",
)

EVERY_MINUTE = Rate(1, unit=Rate.MINUTES)
ALARM = {"source": ["aws.cloudwatch"], "detail-type": ["CloudWatch Alarm State Change"]}

sweep = on_schedule(app, "sweep", EVERY_MINUTE, "chalicelib.sweep.loop:invoked")
storm = on_invoke(app, "storm", "chalicelib.sweep.loop:invoked_part")
prober = on_schedule(app, "prober", EVERY_MINUTE, "chalicelib.probes.probing:invoked")
alarms = on_event(app, "alarms", ALARM, "chalicelib.handlers.cloudwatch_alarms:invoked")
canary = on_schedule(app, "canary", Cron(0, 10, "*", "*", "?", "*"), "chalicelib.handlers.canary:invoked")
