"""What the Management API refuses: a clear 4xx in JSON each time, and nothing has changed."""

import json
from typing import Any

import pytest

from tests.integration.conftest import PING_KEY, Deployment
from tests.integration.web.calling import KEYS, Api

PARSE = "could not parse request body"


@pytest.fixture
def api(deployment: Deployment) -> Api:
    return Api(deployment)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        pytest.param(b"[" * 100_000, PARSE, id="nested too deeply"),
        pytest.param(b'{"name": ' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001, PARSE, id="an object nested too deeply"),
        pytest.param(b'{"timeout": NaN}', PARSE, id="NaN"),
        pytest.param(b'{"wat": -Infinity}', PARSE, id="an infinity, even where it would be ignored"),
        pytest.param(b'{"timeout": 1' + b"0" * 5_000 + b"}", PARSE, id="a number of 5,000 digits"),
        pytest.param(b'{"name": "\xff\xfe"}', PARSE, id="no UTF-8"),
        pytest.param("\ufeff{}".encode(), PARSE, id="a byte order mark"),
        pytest.param('{"name": "x"}'.encode("utf-16"), PARSE, id="UTF-16"),
        pytest.param(b'{"timeout": 1e400}', "json validation error: timeout is not a number", id="beyond a float"),
        pytest.param(b'{"timeout": 60.0}', "json validation error: timeout is not a number", id="a float"),
        pytest.param(
            b'{"timeout": 100000000000000000000}', "json validation error: timeout is too large", id="a huge number"
        ),
        pytest.param(b'{"name": "\\ud800"}', "json validation error: name is not a string", id="half a surrogate pair"),
        pytest.param(
            b'{"tz": "\\udfff"}', "json validation error: tz is not a valid timezone", id="half a pair as a zone"
        ),
        pytest.param(b'{"channels": "\\ud800"}', "invalid channel identifier: \ud800", id="half a pair as a channel"),
        pytest.param(b'{"name": "a\\u0000b"}', "json validation error: name contains a NUL character", id="NUL"),
        pytest.param(
            json.dumps({"tags": "t" * 501}).encode(), "json validation error: tags is too long", id="501 characters"
        ),
        pytest.param(
            json.dumps({"desc": "d" * 20_001}).encode(), "json validation error: desc is too long", id="too much desc"
        ),
        pytest.param(
            b'{"min_runtime": true}',
            "json validation error: min_runtime is not a number",
            id="an extra of a wrong type",
        ),
    ],
)
def test_a_bad_body_is_a_400_and_changes_nothing(api: Api, body: bytes, error: str) -> None:
    code = api.deployment.add(name="backup")
    before = api.deployment.check(code)
    for path in ("/checks/", f"/checks/{code}"):
        answer = api.call("POST", path, body=body)
        assert answer.status == 400, answer
        assert json.loads(answer.text)["error"] == error
    assert api.deployment.check(code) == before
    assert len(api.get("/checks/")["checks"]) == 1


def test_what_is_no_utf_8_but_says_it_is_json_is_refused_as_api_gateway_hands_it_over(api: Api) -> None:
    replaced = b'{"name": "\xff"}'.decode("utf-8", "replace").encode()
    answer = api.call("POST", "/checks/", body=replaced, headers={"Content-Type": "application/json"})
    assert (answer.status, json.loads(answer.text)["error"]) == (400, PARSE)


def test_a_body_of_ten_megabytes_is_a_413(api: Api) -> None:
    answer = api.call("POST", "/checks/", body=b'{"name": "x", "wat": "' + b"x" * 10_000_000 + b'"}')
    assert answer.status == 413
    assert json.loads(answer.text) == {"error": "the request body is too large: 1024 kB at most"}
    assert api.get("/checks/") == {"checks": []}


def test_of_duplicate_keys_the_last_counts(api: Api) -> None:
    answer = api.call("POST", "/checks/", body=b'{"name": 1, "name": "two"}')
    assert (answer.status, json.loads(answer.text)["name"]) == (201, "two")


@pytest.mark.parametrize(
    "path",
    [
        "/api/v4/checks/",
        "/api/v03/checks/",
        "/api/V3/checks/",
        "/api/checks/",
        "/api/",
        "/api",
        "/api/v3",
        "/api/v3/checks//pause",
        "/api/v3/checks/x/y/z/a/b/c",
        "/api/v3/openapi.yaml",
        "/api/v1/openapi.json",
        "/api/v3/checks/0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11/pings/1234567890123/body",
        "/api/v3/checks/0f3a1b3c-7a51-4ac1-8d6f-1f6f5c1f0a11/pings/x/body",
    ],
)
def test_what_is_no_route_is_a_404(api: Api, path: str) -> None:
    assert api.deployment.request("GET", path, headers={"X-Api-Key": KEYS["rw"]}).status == 404


@pytest.mark.parametrize(
    ("key", "error"),
    [
        pytest.param("", "missing api key", id="none"),
        pytest.param("x" * 31, "missing api key", id="too short"),
        pytest.param("é" * 32, "wrong api key", id="32 characters that no key has"),
        pytest.param("x" * 32, "wrong api key", id="unknown"),
        pytest.param(KEYS["ro"], "wrong api key", id="read-only"),
        pytest.param(PING_KEY, "missing api key", id="a ping key"),
    ],
)
@pytest.mark.parametrize("path", ["/checks/{code}", "/checks/00000000-0000-0000-0000-000000000000"])
def test_without_a_key_that_may_write_nothing_is_told_of_a_check(api: Api, path: str, key: str, error: str) -> None:
    code = api.deployment.add(name="backup")
    answer = api.call("POST", path.format(code=code), body=b'{"name": "x"}', headers={"X-Api-Key": key})
    assert (answer.status, json.loads(answer.text)) == (401, {"error": error})
    assert api.deployment.check(code).config.name == "backup"


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ({"seconds": "9" * 400}, 400),
        ({"start": "١"}, 400),
        ({"end": "1e3"}, 400),
        ({"start": "-0"}, 400),
        ({"start": " 0 "}, 200),
        ({"seconds": "0"}, 200),
        ({"wat": "x"}, 200),
    ],
)
def test_flips_take_whole_numbers_only(api: Api, query: dict[str, str], status: int) -> None:
    code = api.deployment.add(name="backup")
    assert api.call("GET", f"/checks/{code}/flips/", query=query).status == status


@pytest.mark.parametrize("slug", ["#", "x" * 3000, "\x00", "a b"])
def test_a_slug_that_no_check_can_have_finds_none(api: Api, slug: str) -> None:
    api.deployment.add(name="unnamed", slug="")
    assert api.get("/checks/", query={"slug": slug}) == {"checks": []}


def test_a_failure_of_ours_is_told_in_json_without_a_trace(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_: Any) -> Any:
        raise RuntimeError("a bug")

    code = api.deployment.add(name="backup")
    client: Any = api.deployment.wiring.ports.tables.client
    monkeypatch.setattr(client, "get_item", fail)
    answer = api.call("GET", f"/checks/{code}")
    assert answer.status == 500
    assert "bug" not in answer.text
    assert json.loads(answer.text)
