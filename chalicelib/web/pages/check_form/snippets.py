"""Ready-made lines that let a job report, each with the address of its check. Start at `snippets`.

They are for people to copy, so they must run as they stand, but for the name of the job; tests run some of them. A
schedule is written where the place has one; what has no cron expression says what is expected instead.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from chalicelib.domain.config import Config
from chalicelib.domain.schedule.describe import in_words
from chalicelib.domain.schedule.occurrences import AnyOf, Cron, Every

_UNKNOWN = "M H * * *"
_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Snippet:
    """One tab."""

    id: str
    label: str
    text: str


def snippets(config: Config, url: str) -> tuple[Snippet, ...]:
    """All of them; `url` is the check's own."""
    job = config.slug or "job"
    told = (
        ("bash", _bash(config, url, job)),
        ("cron", _cron(config, url, job)),
        ("systemd", _systemd(config, url, job)),
        ("Kubernetes", _kubernetes(config, url, job)),
        ("GitHub Actions", _github(url, job)),
        ("Python", _python(config, url)),
        ("Node", _node(config, url)),
        ("PowerShell", _powershell(config, url, job)),
    )
    return tuple(Snippet(f"snip-{label.lower().replace(' ', '-')}", label, text) for label, text in told)


def crons_of(config: Config) -> tuple[str, ...]:
    """The expressions that start a job at the right times; none where cron cannot say it."""
    match config.schedule:
        case Cron(expression):
            return (expression.strip(),)
        case AnyOf(lines) if all(isinstance(line, Cron) for line in lines):
            return tuple(line.expression for line in lines)
        case Every(period):
            return tuple(text for fits, text in _cron_of_periods(period) if fits)[:1]
        case _:
            return ()


def _cron_of_periods(period: timedelta) -> Iterator[tuple[bool, str]]:
    """What comes as often as a period, if it divides an hour, a day, or is a week."""
    minutes, hours = period // _MINUTE, period // _HOUR
    yield period == _MINUTE, "* * * * *"
    yield not period % _MINUTE and not _HOUR % period, f"*/{minutes} * * * *" if minutes < 60 else "0 * * * *"
    yield not period % _HOUR and not _DAY % period, f"0 */{hours} * * *" if hours < 24 else "0 0 * * *"
    yield period == 7 * _DAY, "0 0 * * 0"


def _bash(config: Config, url: str, job: str) -> str:
    counted = "&count=$items" if config.min_count is not None else ""
    items = "items=$(wc -l < done.list)  # how many were done\n" if counted else ""
    return f"""#!/bin/sh
ping={url}
rid=$(uuidgen 2>/dev/null || cat /proc/sys/kernel/random/uuid)
tell() {{ curl -fsS -m 10 --retry 5 -o /dev/null "$@"; }}
tell "$ping/start?rid=$rid"
out=$(./{job}.sh 2>&1); status=$?
{items}printf '%s\\n' "$out" | tail -c 10000 | tell --data-binary @- "$ping/$status?rid=$rid{counted}"
exit $status"""


def _cron(config: Config, url: str, job: str) -> str:
    line = f"/usr/local/bin/{job}.sh; curl -fsS -m 10 --retry 5 -o /dev/null {url}/$?"
    zone = [] if isinstance(config.schedule, Every) else [f"CRON_TZ={config.tz}"]
    known = crons_of(config)
    lines = [f"{expression}  {line}" for expression in known] or [f"# {_to_write(config)}", f"{_UNKNOWN}  {line}"]
    return "\n".join((*zone, *lines))


def _to_write(config: Config) -> str:
    return f"expected {_one_line(in_words(config.schedule))}: write that instead of {_UNKNOWN}"


def _one_line(text: str) -> str:
    return text.replace("\n", " ")


def _systemd(config: Config, url: str, job: str) -> str:
    curl = "curl -fsS -m 10 --retry 5 -o /dev/null"
    return f"""[Unit]
Description={job}: expected {_one_line(in_words(config.schedule))}

[Service]
Type=oneshot
ExecStartPre=-{curl} {url}/start
ExecStart=/usr/local/bin/{job}.sh
ExecStartPost=-{curl} {url}
ExecStopPost=-/bin/sh -c '[ "$$SERVICE_RESULT" = success ] || {curl} {url}/fail'"""


def _kubernetes(config: Config, url: str, job: str) -> str:
    known = crons_of(config)
    words = f"  # {_to_write(config)}" if not known else "  # and a CronJob for each other time" * (len(known) > 1)
    schedule = f'schedule: "{known[0] if known else _UNKNOWN}"{words}'
    zone = "" if isinstance(config.schedule, Every) else f"\n  timeZone: {config.tz}"
    return f"""apiVersion: batch/v1
kind: CronJob
metadata:
  name: {job.strip("-_").replace("_", "-")[:52] or "job"}
spec:
  {schedule}{zone}
  concurrencyPolicy: Forbid
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers:
            - name: job
              image: example/{job.strip("-_") or "job"}
              command: [sh, -c, './job.sh; s=$?; curl -fsS -m 10 --retry 5 "$PING/$s"; exit $s']
              env: [{{name: PING, value: "{url}"}}]"""


def _github(url: str, job: str) -> str:
    secret = "OVERDUE_" + "".join(char if char.isalnum() else "_" for char in job.upper())
    return f"""# keep {url}
# as the secret {secret} of the repository
- name: Tell Overdue
  if: always()
  run: curl -fsS -m 10 --retry 5 "$PING/${{{{ job.status == 'success' && '0' || 'fail' }}}}"
  env:
    PING: ${{{{ secrets.{secret} }}}}"""


def _python(config: Config, url: str) -> str:
    counts = config.min_count is not None
    run, end = ("items = job()", 'PING + f"?count={items}"') if counts else ("job()", "PING")
    return f"""from contextlib import suppress
from urllib.request import urlopen

PING = "{url}"

def tell(url, data=None):
    with suppress(OSError):  # a job shall not fail because it could not tell
        urlopen(url, data=data, timeout=10).close()

tell(PING + "/start")
try:
    {run}
except BaseException as error:
    tell(PING + "/fail", repr(error).encode())
    raise
tell({end})"""


def _node(config: Config, url: str) -> str:
    counts = config.min_count is not None
    run, end = ("const items = await job();", "`${ping}?count=${items}`") if counts else ("await job();", "ping")
    return f"""const ping = "{url}";
const tell = (url, body) =>
  fetch(url, {{ method: "POST", body, signal: AbortSignal.timeout(10_000) }}).catch(() => {{}});

await tell(`${{ping}}/start`);
try {{
  {run}
  await tell({end});
}} catch (error) {{
  await tell(`${{ping}}/fail`, String(error));
  throw error;
}}"""


def _powershell(config: Config, url: str, job: str) -> str:
    counted = "?count=$items" if config.min_count is not None else ""
    items = "$items = (Get-Content done.list).Count\n" if counted else ""
    return f"""$ping = "{url}"
function tell($url) {{ try {{ Invoke-RestMethod $url -TimeoutSec 10 | Out-Null }} catch {{ Write-Warning $_ }} }}
tell "$ping/start"
& .\\{job}.ps1
{items}tell "$ping/$LASTEXITCODE{counted}\""""
