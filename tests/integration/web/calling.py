"""The Management API as a client calls it, for tests of its rooms."""

import gzip
import json
from base64 import b64decode
from dataclasses import dataclass
from typing import Any

from chalicelib.domain.keys import Key, Scope
from chalicelib.store.registry import projects
from tests.integration.conftest import Answer, Deployment

KEYS = {"rw": "w" * 32, "ro": "r" * 32, "other": "o" * 32}


@dataclass
class Api:
    """A deployment, asked with one of its keys."""

    deployment: Deployment
    version: str = "v3"
    role: str = "rw"

    def __post_init__(self) -> None:
        for role, scope in (("rw", Scope.READ_WRITE), ("ro", Scope.READ_ONLY), ("other", Scope.READ_WRITE)):
            project = "other" if role == "other" else "default"
            projects.add_key(KEYS[role], Key(project, scope, role), now=self.deployment.now)

    def call(self, verb: str, path: str, *, body: bytes = b"", **request: Any) -> Answer:
        headers = {"X-Api-Key": KEYS[self.role]} | request.pop("headers", {})
        return self.deployment.request(verb, f"/api/{self.version}{path}", body=body, headers=headers, **request)

    def get(self, path: str, **request: Any) -> Any:
        answer = self.call("GET", path, **request)
        assert answer.status == 200, answer
        return json.loads(answer.text)

    def post(self, path: str, fields: Any = None, *, status: int = 200, **request: Any) -> Any:
        body = b"" if fields is None else json.dumps(fields).encode()
        answer = self.call("POST", path, body=body, **request)
        assert answer.status == status, answer
        return json.loads(answer.text)


def unzipped(answer: Answer) -> Any:
    """The JSON of a compressed answer."""
    assert answer.headers["Content-Encoding"] == "gzip"
    return json.loads(gzip.decompress(b64decode(answer.text)))
