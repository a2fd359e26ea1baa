import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from werkzeug.wrappers import Response

from overdue.local.clock import Clock
from overdue.local.engines import moto, resources
from overdue.local.inbox.layout import NavLink
from overdue.local.inbox.received_alerts import Inbox
from overdue.local.inbox.sns_message import ReceivedAlert
from overdue.local.server import Server, serve

VOID = {"meta", "link", "br", "hr", "img", "input"}


@dataclass(frozen=True)
class Post:
    """An inbox on a real server, and how people and SNS reach it."""

    server: Server
    clock: Clock
    told: list[ReceivedAlert]
    session: requests.Session = field(default_factory=requests.Session)

    def deliver(self, message: object, *, kind: str = "Notification", **headers: str) -> requests.Response:
        text = message if isinstance(message, str) else json.dumps(message)
        envelope = json.dumps({"Type": kind, "MessageId": "m", "Subject": "s", "Message": text})
        return self.post("/inbox/deliver", envelope.encode(), **headers)

    def post(self, path: str, body: bytes = b"", **headers: str) -> requests.Response:
        return self.session.post(self.server.base + path, body, headers=headers, allow_redirects=False)

    def get(self, path: str) -> requests.Response:
        return self.session.get(self.server.base + path)


@pytest.fixture
def post() -> Iterator[Post]:
    told: list[ReceivedAlert] = []
    clock = Clock(60)
    inbox = Inbox(clock=clock, on_alert=told.append, nav=[NavLink("/inbox", "Alerts")])
    server = serve(
        lambda _event, _context: {"statusCode": 404, "body": "not found"},
        host="127.0.0.1",
        port=0,
        clock=clock,
        local_routes={
            "/inbox": inbox.page,
            "/inbox.json": inbox.as_json,
            "/inbox/deliver": inbox.deliver,
            "/static/style.css": lambda _: Response("the pages' own\n"),
            "/static/pages.js": lambda _: Response("the pages' own\n"),
            "/static/note.svg": lambda _: Response("the pages' own\n"),
        },
    )
    with requests.Session() as session:
        session.trust_env = False  # no proxy
        yield Post(server, clock, told, session)
    server.stop()


def a_message(**changes: Any) -> dict[str, Any]:
    return {
        "version": 1,
        "id": "0f0e0d0c-0b0a-4908-8706-050403020100",
        "kind": "down",
        "reason": "missed",
        "ordinal": 0,
        "at": "2026-10-24T00:30:00Z",
        "sent_at": "2026-10-24T00:30:01Z",
        "check": {"name": "backup", "slug": "backup", "tags": ["db"], "url": "http://127.0.0.1/checks/backup"},
        "channels": ["inbox", "ops-email"],
        "subject": "DOWN backup: missed, expected 02:00",
        "text": "backup is down: missed.\n\nNo success arrived by 02:30.",
        "sms": "DOWN backup: missed",
        "expected": "2026-10-24T00:00:00Z",
    } | changes


class Page(HTMLParser):
    """A page read strictly: every element is closed in turn, no id is used twice, no style or script is inline."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: list[str] = []
        self.hrefs: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        assert html.startswith("<!doctype html>\n<html lang=")
        self.feed(html)
        self.close()
        assert self.open == []
        assert len(self.ids) == len(set(self.ids))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        assert len(found) == len(attrs), f"an attribute of <{tag}> is given twice"
        assert tag != "style"
        assert tag != "script" or found == {"src": "/static/pages.js", "defer": None}
        assert not any(name == "style" or name.startswith("on") for name in found)
        self.attributes.append((tag, found))
        self.ids += [str(found["id"])] if "id" in found else []
        self.hrefs += [str(found["href"])] if "href" in found else []
        if tag not in VOID:
            self.open.append(tag)
            self.texts.setdefault(tag, []).append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        for tag in set(self.open):
            self.texts[tag][-1] += data

    def only(self, tag: str) -> str:
        [text] = self.texts[tag]
        return text


def test_an_alert_published_to_the_topic_arrives_over_http(post: Post) -> None:
    running = moto.start({})
    topics, tables = moto.sns(running.endpoint), moto.dynamodb(running.endpoint)
    topic = resources.create(tables, topics, stage="local").alerts
    topics.subscribe(TopicArn=topic, Protocol="http", Endpoint=f"{post.server.base}/inbox/deliver")
    topics.publish(TopicArn=topic, Subject="DOWN", Message=json.dumps(a_message()))
    topics.close()
    tables.close()
    running.stop()
    assert [alert.subject for alert in post.told] == ["DOWN backup: missed, expected 02:00"]
    assert post.get("/inbox.json").json() == [a_message(deliveries=1)]


def test_an_alert_is_told_and_shown_as_people_would_get_it(post: Post) -> None:
    assert post.deliver(a_message()).status_code == 200
    page = Page(post.get("/inbox").text)
    assert page.only("h1") == "1 alert would have gone out since Sat 24 Oct"
    assert page.only("title") == "(1) Alerts · Overdue"
    assert page.only("summary") == "00:30:01DOWN backup: missed, expected 02:00inbox, ops-email"
    assert page.texts["dd"] == [
        "Overdue <no-reply@sns.amazonaws.com>",
        "inbox, ops-email",
        "DOWN backup: missed, expected 02:00",
    ]
    assert page.only("pre") == "backup is down: missed.\n\nNo success arrived by 02:30."
    assert "SMS 19 of 160 characters" in page.texts["h2"]
    assert [alert.text for alert in post.told] == ["backup is down: missed.\n\nNo success arrived by 02:30."]


def test_an_empty_inbox_says_so_and_has_nothing_to_empty(post: Post) -> None:
    page = Page(post.get("/inbox").text)
    assert page.only("h1") == "No alert would have gone out yet"
    assert "Each alert will stand here as people would get it" in page.only("main")
    assert "the service’s clock runs 60 times as fast" in page.only("main")
    assert "form" not in page.texts
    assert post.get("/inbox.json").json() == []


def test_alerts_stand_newest_first_under_the_day_they_went_out(post: Post) -> None:
    for name, sent_at in (
        ("b", "2026-10-24T12:00:00Z"),
        ("c", "2026-10-25T01:00:00+02:00"),
        ("a", "2026-10-23T12:00:00Z"),
    ):
        post.deliver(a_message(id=name, subject=name, sent_at=sent_at, sms=""))
    page = Page(post.get("/inbox").text)
    assert page.texts["b"][-3:] == ["c", "b", "a"]
    assert page.texts["h2"] == ["Sat 24 Oct", "Fri 23 Oct"]
    assert [message["subject"] for message in post.get("/inbox.json").json()] == ["c", "b", "a"]


def test_times_are_shown_in_the_zone_that_is_asked_for(post: Post) -> None:
    post.deliver(a_message())
    page = Page(post.get("/inbox?tz=Europe/Berlin&kind=down").text)
    assert ("time", {"datetime": "2026-10-24T02:30:01+02:00"}) in page.attributes
    assert "02:30:01" in page.only("summary")
    assert "Times in Europe/Berlin (show UTC)" in page.only("footer")
    assert "/inbox?kind=down" in page.hrefs
    assert "/inbox?kind=down&tz=Europe%2FBerlin&refresh=off" in page.hrefs


@pytest.mark.parametrize(
    "query",
    [
        "tz=Mars/Base",
        "tz=Europe",
        "tz=../../etc/passwd",
        "tz=",
        "tz=%00",
        "tz=" + "a" * 5000,
        "kind=bogus",
        "kind=DOWN",
    ],
)
def test_a_zone_or_kind_that_does_not_exist_is_refused(post: Post, query: str) -> None:
    answer = post.get(f"/inbox?{query}")
    assert answer.status_code == 400
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"


def test_a_kind_can_be_picked_and_the_tally_counts_all(post: Post) -> None:
    for name, kind in (("a", "down"), ("b", "up"), ("c", "down"), ("d", "reminder"), ("e", "digest")):
        post.deliver(a_message(id=name, kind=kind, subject=f"{kind} {name}"))
    page = Page(post.get("/inbox?kind=down").text)
    assert page.only("ul").split() == ["All", "5", "Down", "2", "Reminder", "1", "Up", "1", "Digest", "1"]
    assert page.texts["b"][5:] == ["down c", "down a"]
    assert page.only("h1").startswith("5 alerts ")
    assert Page(post.get("/inbox?kind=test").text).texts["p"][2] == "No alert of this kind."


def test_an_alert_delivered_twice_stands_there_once_and_is_told_once(post: Post) -> None:
    for _ in range(3):
        assert post.deliver(a_message()).status_code == 200
    assert [message["deliveries"] for message in post.get("/inbox.json").json()] == [3]
    assert "delivered 3 times" in Page(post.get("/inbox").text).only("summary")
    assert len(post.told) == 1


def test_the_page_renews_itself_until_it_is_told_not_to(post: Post) -> None:
    page = Page(post.get("/inbox").text)
    assert ("body", {"data-refresh": "10"}) in page.attributes
    assert "/inbox?refresh=off" in page.hrefs
    still = Page(post.get("/inbox?refresh=off").text)
    assert ("body", {}) in still.attributes
    assert "resume updates" in still.texts["header"][0]


def test_posting_to_the_page_empties_it(post: Post) -> None:
    post.deliver(a_message())
    answer = post.post("/inbox?tz=Europe/Berlin&kind=down")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/inbox?tz=Europe%2FBerlin")
    assert post.get("/inbox.json").json() == []


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:1"])
@pytest.mark.parametrize("path", ["/inbox", "/inbox/deliver"])
def test_a_page_of_another_origin_posts_nothing_from_a_browser_without_fetch_metadata(
    post: Post, path: str, origin: str
) -> None:
    post.deliver(a_message())
    assert post.post(path, b"{}", Origin=origin, **{"Content-Type": "text/plain"}).status_code == 403
    assert len(post.get("/inbox.json").json()) == 1


def test_the_inbox_is_emptied_by_its_own_page_in_a_browser_without_fetch_metadata(post: Post) -> None:
    post.deliver(a_message())
    assert post.post("/inbox", Origin=post.server.base).status_code == 303
    assert post.get("/inbox.json").json() == []


@pytest.mark.parametrize("path", ["/inbox", "/inbox/deliver"])
def test_a_page_of_another_site_can_neither_empty_nor_fill_the_inbox(post: Post, path: str) -> None:
    post.deliver(a_message())
    envelope = json.dumps({"Type": "Notification", "Message": json.dumps(a_message(id="forged"))})
    answer = post.post(path, envelope.encode(), **{"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert [message["id"] for message in post.get("/inbox.json").json()] == [a_message()["id"]]


@pytest.mark.parametrize(
    ("verb", "path", "allowed"),
    [
        ("PUT", "/inbox", "GET, HEAD, POST"),
        ("POST", "/inbox.json", "GET, HEAD"),
        ("GET", "/inbox/deliver", "POST"),
    ],
)
def test_another_verb_is_refused_with_those_that_are_taken(post: Post, verb: str, path: str, allowed: str) -> None:
    answer = post.session.request(verb, post.server.base + path)
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


HOSTILE = (
    "<script>alert(1)</script>",
    "</pre></details></main><img src=x onerror=alert(1)>",
    '" onmouseover="alert(1)" x="',
    "{{ 7 * 7 }}{% raw %}",
    "&amp;&lt;!-- -->",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_names_and_outputs_stand_there_as_text(post: Post, text: str) -> None:
    post.deliver(a_message(subject=text, text=text, sms=text, channels=[text]))
    page = Page(post.get("/inbox").text)
    assert page.only("pre") == text
    assert page.texts["dd"][1:] == [text, text]
    assert text in page.texts["p"]
    assert "img" not in page.texts
    assert page.texts["script"] == [""]


def test_characters_that_steer_a_terminal_or_break_a_page_are_replaced(post: Post) -> None:
    evil = "a\x1b[31m\x00\x9b\ud800\u202eb\r\n\tc"
    post.deliver(a_message(subject=evil, text=evil, sms=evil, channels=[evil]))
    assert Page(post.get("/inbox").text).only("pre") == "a�[31m����b\n\tc"
    assert post.told[0].subject == "a�[31m����b c"
    assert post.get("/inbox.json").json()[0]["text"] == evil


def test_the_page_may_load_nothing_but_its_own_style(post: Post) -> None:
    answer = post.get("/inbox")
    assert answer.headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; connect-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"


def test_every_link_of_the_page_leads_somewhere(post: Post) -> None:
    post.deliver(a_message())
    links = {href for href in Page(post.get("/inbox").text).hrefs if not href.startswith("#")}
    assert "/static/style.css" in links
    assert {urlsplit(link).path: post.get(link).status_code for link in links} == {
        "/inbox": 200,
        "/inbox.json": 200,
        "/static/note.svg": 200,
        "/static/style.css": 200,
    }


@pytest.mark.parametrize("kind", ["SubscriptionConfirmation", "UnsubscribeConfirmation"])
def test_a_confirmation_is_answered_and_is_no_alert(post: Post, kind: str) -> None:
    answer = post.deliver("You have chosen to subscribe", kind=kind)
    assert answer.status_code == 200
    assert post.get("/inbox.json").json() == []


@pytest.mark.parametrize(
    ("message", "why"),
    [
        pytest.param("no JSON", "the message is not JSON", id="no JSON"),
        pytest.param("[" * 100_000, "the message is not JSON", id="JSON without a bottom"),
        pytest.param([], "no alert of version 1", id="a list"),
        pytest.param(a_message(version=2), "no alert of version 1", id="another version"),
        pytest.param(a_message(kind="sideways"), "no alert of version 1", id="an unknown kind"),
        pytest.param(a_message(text=None), "no alert of version 1", id="no text"),
        pytest.param(a_message(channels="inbox"), "no alert of version 1", id="channels that are no list"),
        pytest.param(a_message(sent_at="yesterday"), "sent_at 'yesterday' is not an instant", id="no instant"),
        pytest.param(a_message(sent_at="2026-10-24T00:30:01"), "has no zone", id="an instant without zone"),
        pytest.param(a_message(sent_at="0001-01-01T00:00:00+14:00"), "has no zone, or lies", id="long ago"),
    ],
)
def test_a_message_that_is_no_alert_is_refused_and_logged(
    post: Post, message: object, why: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = post.deliver(message)
    assert answer.status_code == 400
    assert why in answer.text
    assert why in caplog.text
    assert post.get("/inbox.json").json() == []


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"{}", b"[]", b'{"Type": "Notification"}', b'{"Type": 5}'])
def test_what_is_no_envelope_of_sns_is_refused(post: Post, body: bytes) -> None:
    assert post.post("/inbox/deliver", body).status_code == 400


@pytest.mark.parametrize("path", ["/inbox", "/inbox.json", "/nothing-here"])
def test_no_answer_of_the_local_server_is_sniffed_and_no_page_framed(post: Post, path: str) -> None:
    headers = post.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "Strict-Transport-Security" not in headers
    assert headers.get("X-Frame-Options") == ("DENY" if path == "/inbox" else None)
