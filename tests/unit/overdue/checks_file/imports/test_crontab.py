from textwrap import dedent

import pytest

from overdue.checks_file.file import read
from overdue.checks_file.imports.crontab import Format, format_of, imported, jobs, plain, wrapped

USER = """\
# m h dom mon dow command
SHELL=/bin/bash
MAILTO="ops@example.com"
TZ=America/New_York
0 2 * * * /usr/local/bin/backup.sh --full >> /var/log/backup.log 2>&1
@daily php artisan schedule:run
@reboot /usr/bin/tmux new -d
CRON_TZ=Asia/Tokyo
15 3 * * 1-5 pg_dump app > /b/$(date +\\%F).sql
0 4 * * * /usr/local/bin/backup.sh --incremental
99 4 * * * /bin/bad
garbage
"""
SYSTEM = """\
SHELL=/bin/sh
17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly
*/10 * * * * www-data php /var/www/nextcloud/cron.php
"""


def test_a_users_crontab_becomes_a_file_that_can_be_applied() -> None:
    found = imported(USER, name="crontab", system=False, zone="Europe/Berlin")
    checks = {each.slug: (*each.settings["schedule"], each.settings["tz"]) for each in read(found.text, name="x")}
    assert checks == {
        "backup": ("0 2 * * *", "Europe/Berlin"),
        "artisan-schedule-run": ("0 0 * * *", "Europe/Berlin"),
        "pg_dump": ("15 3 * * 1-5", "Asia/Tokyo"),
        "backup-2": ("0 4 * * *", "Asia/Tokyo"),
    }


def test_what_could_not_be_taken_over_is_told_by_its_line() -> None:
    assert imported(USER, name="crontab", system=False, zone="UTC").notes == (
        "crontab:4: TZ=America/New_York is for the jobs only: it does not move cron's schedule",
        "crontab:7: left out: /usr/bin/tmux new -d runs at reboot, at no time that could be expected",
        'crontab:11: left out: schedule "99 4 * * *": minute 99 is not within 0–59',
        "crontab:12: is no job: garbage",
    )


def test_the_file_shows_each_job_above_its_check_and_says_the_zone_once() -> None:
    source = "CRON_TZ=Asia/Tokyo\n0 2 * * * /bin/a.sh\n0 3 * * * /bin/b.sh\n"
    assert imported(source, name="crontab", system=False, zone="UTC").text == dedent("""\
        # Checks of crontab. Look it through, then: overdue apply FILE
        version: 1

        defaults:
          tz: Asia/Tokyo

        checks:
          # crontab:2: /bin/a.sh
          a:
            schedule: "0 2 * * *"

          # crontab:3: /bin/b.sh
          b:
            schedule: "0 3 * * *"
        """)


def test_a_zone_that_is_none_leaves_its_jobs_out() -> None:
    found = imported("CRON_TZ=Mars/Base\n0 2 * * * a\n", name="crontab", system=False, zone="Asia/Tokyo")
    assert read(found.text, name="x") == ()
    assert 'time zone "Mars/Base" is not known' in found.notes[0]


def test_of_a_system_crontab_the_user_is_no_part_of_the_command() -> None:
    found, notes = jobs(SYSTEM, system=True)
    assert [(job.user, job.command) for job in found] == [
        ("root", "cd / && run-parts --report /etc/cron.hourly"),
        ("www-data", "php /var/www/nextcloud/cron.php"),
    ]
    assert notes == []
    assert "(as www-data): php" in imported(SYSTEM, name="crontab", system=True, zone="UTC").text


def test_a_line_without_a_command_is_told() -> None:
    assert [note.text for note in jobs("0 2 * * * root\n", system=True)[1]] == ["has no command: 0 2 * * * root"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (SYSTEM, Format.SYSTEM),
        (USER, Format.USER),
        ("0 2 * * * root\n", Format.USER),
        ("0 2 * * * make all\n", Format.USER),
        ("0 2 * * * git pull\n", Format.USER),
        ("0 2 * * * root /bin/a\n0 3 * * * /bin/b c\n", Format.UNCLEAR),
        ("0 3 * * * backup /srv/data\n", Format.UNCLEAR),
        ("@daily root /bin/a\n", Format.SYSTEM),
        ("", Format.USER),
    ],
)
def test_a_system_crontab_is_known_by_a_user_before_every_command(text: str, found: Format) -> None:
    assert format_of(text) is found


@pytest.mark.parametrize(
    "line",
    [
        "30 7-23 * * * root\t[ -x /etc/init.d/anacron ] && /usr/sbin/invoke-rc.d anacron start >/dev/null",
        "5-55/10 * * * * root command -v debian-sa1 > /dev/null && debian-sa1 1 1",
        "*/5 * * * * munin if [ -x /usr/bin/munin-cron ]; then /usr/bin/munin-cron; fi",
        "0 8 * * * list [ -x /usr/lib/mailman/cron/checkdbs ] && /usr/lib/mailman/cron/checkdbs",
        "18 */3 * * * amavis test -e /usr/sbin/amavisd-new-cronjob && /usr/sbin/amavisd-new-cronjob sa-sync",
        "*/10 * * * * www-data [ -x /usr/share/awstats/tools/update.sh ] && /usr/share/awstats/tools/update.sh",
        "*/5 * * * * www-data php /usr/share/cacti/site/poller.php",
        "2 * * * * logcheck if [ -x /usr/sbin/logcheck ]; then nice -n10 /usr/sbin/logcheck; fi",
        "50 2 * * * daemon test -x /usr/bin/debsecan && /usr/bin/debsecan --cron",
        "*/20 * * * * somebody cd /srv/app && ./run",
    ],
)
def test_a_line_as_debian_packages_install_it_is_of_a_system_crontab(line: str) -> None:
    assert format_of(f"SHELL=/bin/sh\n{line}\n") is Format.SYSTEM


def test_an_account_of_this_machine_is_a_user() -> None:
    assert format_of("0 2 * * * deploy ./nightly\n") is Format.USER
    assert format_of("0 2 * * * deploy ./nightly\n", accounts=["deploy"]) is Format.SYSTEM


@pytest.mark.parametrize(("command", "shell"), [("a %b", "a"), ("date +\\%F", "date +%F"), ("a", "a")])
def test_a_percent_sign_ends_the_command(command: str, shell: str) -> None:
    assert plain(command) == shell


def test_a_crontab_can_be_printed_with_its_jobs_watched() -> None:
    source = dedent("""\
        # kept
        MAILTO=ops@example.com
        0 2 * * *   /bin/backup.sh --level=1
        @reboot /bin/first
        0 3 * * *\tcd /srv && echo 'it is' > /tmp/$(date +\\%F)
        0 4 * * * cat > /tmp/x%line one%line two
        0 5 * * * overdue exec nightly -- /bin/x
        """)
    assert wrapped(source, name="crontab", system=False, zone="UTC").text == dedent("""\
        # kept
        MAILTO=ops@example.com
        0 2 * * *   overdue exec backup -- /bin/backup.sh --level=1
        @reboot /bin/first
        0 3 * * *\toverdue exec echo -- "$SHELL" -c 'cd /srv && echo '"'"'it is'"'"' > /tmp/$(date +\\%F)'
        0 4 * * * overdue exec cat -- "$SHELL" -c 'cat > /tmp/x'%line one%line two
        0 5 * * * overdue exec nightly -- /bin/x
        """)


@pytest.mark.parametrize("builtin", ["exec", "cd", ".", "source", "ulimit", "umask", "eval", ":"])
def test_a_command_that_begins_with_a_shell_builtin_is_run_by_the_shell(builtin: str) -> None:
    found = wrapped(f"0 2 * * * {builtin} /srv/job.sh\n", name="crontab", system=False, zone="UTC")
    assert f""" -- "$SHELL" -c '{builtin} /srv/job.sh'""" in found.text


def test_a_comment_that_a_command_would_break_stays_on_its_line() -> None:
    found = imported("0 2 * * * a\x0c\x1b[31m\u2028b: c\n", name="crontab", system=False, zone="UTC")
    assert len(read(found.text, name="x")) == 1
