import pytest

from overdue.checks_file.imports.naming import name_of, unique


@pytest.mark.parametrize(
    ("command", "slug"),
    [
        ("/usr/local/bin/backup.sh --full >> /var/log/backup.log 2>&1", "backup"),
        ("cd /srv/app && nice -n 10 ionice -c 3 /usr/bin/python3 manage.py send_mail", "manage-send_mail"),
        ("flock -n /tmp/l.lock -c 'php artisan schedule:run'", "artisan-schedule-run"),
        ("sh -c 'pg_dump app | gzip > /b/app.gz'", "pg_dump"),
        ("bash -lc 'cd /a && rake db:clean'", "rake-db-clean"),
        ("[ -x /usr/bin/certbot ] && certbot -q renew", "certbot-renew"),
        ("FOO=bar timeout 10m python -m invoices.send", "send"),
        ("curl -fsS https://example.com/wp-cron.php?doing_wp_cron", "wp-cron"),
        ("test -x /usr/sbin/anacron || { cd / && run-parts --report /etc/cron.daily; }", "cron-daily"),
        ("if [ -x /a ]; then /usr/sbin/logrotate /etc/l.conf; fi", "logrotate"),
        ("php /var/www/nextcloud/cron.php", "nextcloud-cron"),
        ("/opt/app/bin/run.sh", "app-run"),
        ("sudo -u www-data /srv/shop/Sync_Stock.py", "sync_stock"),
        ("bundle exec rake db:clean", "rake-db-clean"),
        ("java -jar /opt/ledger.jar", "ledger"),
        ("perl -e 'print 1'", "perl"),
        ("overdue exec nightly -- /usr/local/bin/backup.sh", "nightly"),
        ("(cd /srv && ./deploy.rb)", "deploy"),
        ("echo 'without an end", "echo"),
        ("curl -fsS https://example.com/poll > /dev/null 2>&1", "poll"),
        ("wget -q -O /dev/null https://example.com/cron/tick", "tick"),
        (">/var/log/x.log 2>&1 /opt/report.sh", "report"),
        ("backup-$(hostname) --date=$(date +%F)", "backup"),
        ("command -v debian-sa1 > /dev/null && debian-sa1 1 1", "debian-sa1"),
        ("test -x /usr/bin/certbot -a \\! -d /run && perl -e 'sleep 9' && certbot -q renew", "certbot-renew"),
        ("su - www-data -c 'php /srv/shop/bin/stock.php'", "stock"),
        ("su -s /bin/sh -c /srv/nightly.sh nobody", "nightly"),
        ("runuser -u app -- /srv/app/reindex", "reindex"),
        ("runuser -l app -c '/srv/app/reindex --all'", "reindex"),
        (
            "if [ -x /usr/share/mdadm/checkarray ] && [ $(date +\\%d) -le 7 ]; then /usr/share/mdadm/checkarray; fi",
            "checkarray",
        ),
        ("> /tmp/x", "job"),
        ("cd /tmp", "job"),
    ],
)
def test_a_job_is_called_by_what_it_runs_in_the_end(command: str, slug: str) -> None:
    assert name_of(command) == slug


def test_the_second_of_a_name_gets_a_number_that_fits() -> None:
    assert unique("backup", ["other"]) == "backup"
    assert unique("backup", ["backup", "backup-2"]) == "backup-3"
    assert unique("x" * 100, ["x" * 100]) == "x" * 96 + "-2"
