"""A browser without a screen: it keeps cookies and sends forms, through the handler that Lambda calls."""

import html
import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from chalicelib.services.signed_links.sessions import Signer, new_link
from chalicelib.store.secure_strings import SESSION_SECRET, get_or_create
from tests.builders import hours
from tests.integration.conftest import Answer, Deployment

STAGE = "test"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass
class Browser:
    """What one reader sees of a deployment."""

    deployment: Deployment
    cookies: dict[str, str] = field(default_factory=dict)

    def link(self, **given: Any) -> str:
        """The path of a fresh link."""
        kept = self.deployment.wiring.session_secret
        secret = get_or_create(kept._ssm, STAGE, SESSION_SECRET)
        kept.forget()  # another deployment's
        asked: dict[str, Any] = {
            "project": "default",
            "may_write": True,
            "now": self.deployment.now,
            "session_lasts": hours(8),
        } | given
        return f"/signin/{Signer(secret).link(new_link(**asked))}"

    def get(self, path: str, **request: Any) -> Answer:
        return self._kept(self.deployment.request("GET", path, headers=self._headers(request), **request))

    def post(self, path: str, fields: dict[str, str] | None = None, **request: Any) -> Answer:
        body = urlencode(fields or {}).encode()
        headers = self._headers(request) | FORM
        return self._kept(self.deployment.request("POST", path, headers=headers, body=body, **request))

    def sign_in(self, **given: Any) -> Answer:
        answer = self.post(self.link(**given))
        assert answer.status == 303, answer
        return answer

    def csrf(self, at: datetime | None = None) -> str:
        """The token that the forms of its pages bear."""
        found = re.search(r'name="csrf" value="([0-9a-f]{32})"', self.get("/", at=at).text)
        assert found is not None
        return found[1]

    def _headers(self, request: dict[str, Any]) -> dict[str, str]:
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        given: dict[str, str] = request.pop("headers", {})
        return {"Cookie": cookies} | given if cookies else given

    def _kept(self, answer: Answer) -> Answer:
        if "Set-Cookie" in answer.headers:
            name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer


def fields_of(text: str) -> dict[str, str]:
    """What a browser would send of a form that nobody has touched."""
    form = text.partition('<form class="form"')[2].partition("</form>")[0]
    found: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        said = {name: html.unescape(value) for name, value in re.findall(r'([a-z-]+)="([^"]*)"', tag)}
        if said["type"] in ("radio", "checkbox") and not tag.rstrip(">").endswith(" checked"):
            continue
        found[said["name"]] = said.get("value", "on")
    for name, content in re.findall(r'<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r"<option([^>]*) selected>([^<]*)", content)
        assert chosen is not None, name
        value = re.search(r'value="([^"]*)"', chosen[1])
        found[name] = html.unescape(value[1] if value else chosen[2])
    for name, content in re.findall(r'<textarea[^>]* name="([^"]*)"[^>]*>\n(.*?)</textarea>', form, re.DOTALL):
        found[name] = html.unescape(content).replace("\n", "\r\n")
    return found


def send(browser: Browser, path: str = "/new", **typed: str) -> Answer:
    """Open a form, type, and send it."""
    return browser.post(path, fields_of(browser.get(path).text) | typed)
