from typing import Any

import pytest
from werkzeug.wrappers import Request

from overdue.local import gateway
from tests import wsgi


def a_request(*, target: str = "/ping/x", body: bytes = b"", headers: tuple[tuple[str, str], ...] = ()) -> Request:
    headers = (("Host", "localhost"), *headers)
    return wsgi.a_request(target, method="POST", headers=headers, body=body, peer="192.0.2.7")


def an_event(request: Request) -> dict[str, Any]:
    return gateway.event(request, epoch_ms=1_793_000_000_123, base="http://127.0.0.1:8000")


def test_an_event_is_that_of_the_default_route_with_payload_1_0() -> None:
    event = an_event(a_request(headers=(("User-Agent", "curl/8"),)))
    context = event["requestContext"]
    assert (event["version"], event["resource"], event["path"], event["httpMethod"]) == (
        "1.0",
        "$default",
        "/ping/x",
        "POST",
    )
    assert (event["pathParameters"], event["stageVariables"], event["body"]) == (None, None, None)
    assert (event["queryStringParameters"], event["multiValueQueryStringParameters"]) == (None, None)
    assert (context["resourcePath"], context["stage"], context["httpMethod"]) == (
        "$default",
        "$default",
        "POST",
    )
    assert context["requestTimeEpoch"] == 1_793_000_000_123
    assert context["identity"] == {"sourceIp": "192.0.2.7", "userAgent": "curl/8"}


@pytest.mark.parametrize(
    ("content_type", "body", "is_base64"),
    [
        pytest.param("text/plain", "é", False, id="text"),
        pytest.param("Application/JSON; charset=utf-8", "é", False, id="JSON in any case"),
        pytest.param("application/x-www-form-urlencoded", "w6k=", True, id="a form, as curl -d sends"),
        pytest.param("application/octet-stream", "w6k=", True, id="bytes"),
        pytest.param(None, "w6k=", True, id="no type at all"),
    ],
)
def test_a_body_is_base64_unless_its_type_is_text(content_type: str | None, body: str, *, is_base64: bool) -> None:
    headers = (("content-type", content_type),) if content_type else ()
    event = an_event(a_request(body="é".encode(), headers=headers))
    assert (event["body"], event["isBase64Encoded"]) == (body, is_base64)


def test_a_text_body_that_is_no_utf_8_is_decoded_with_replacement() -> None:
    event = an_event(a_request(body=b"\xff!", headers=(("Content-Type", "text/plain"),)))
    assert event["body"] == "\N{REPLACEMENT CHARACTER}!"


def test_a_question_mark_that_was_encoded_cuts_the_path_as_api_gateway_does() -> None:
    assert an_event(a_request(target="/ping/x%3Fy?a=1"))["path"] == "/ping/x"


def test_parameters_keep_their_repeats_and_empty_values() -> None:
    event = an_event(a_request(target="/ping/x?tag=a&tag=b&create&msg=%C3%A9+%FF"))
    expected = {"tag": ["a", "b"], "create": [""], "msg": ["é \N{REPLACEMENT CHARACTER}"]}
    assert event["multiValueQueryStringParameters"] == expected
    assert event["queryStringParameters"]["tag"] == "b"


def test_what_a_client_claims_to_be_forwarded_for_stands_before_its_true_address() -> None:
    claims = (("x-forwarded-for", "203.0.113.1"), ("X-Forwarded-For", "evil"))
    headers = an_event(a_request(headers=claims))["headers"]
    assert headers["X-Forwarded-For"] == "203.0.113.1, evil, 192.0.2.7"
    assert "x-forwarded-for" not in headers


def test_a_proxy_before_the_local_server_may_have_ended_the_encryption() -> None:
    headers = an_event(a_request(headers=(("x-forwarded-proto", "https"), ("X-Forwarded-Port", "1"))))["headers"]
    assert (headers["X-Forwarded-Proto"], headers["X-Forwarded-Port"]) == ("https", "8000")
    assert an_event(a_request())["headers"]["X-Forwarded-Proto"] == "http"


def test_a_header_in_two_spellings_is_one_header() -> None:
    event = an_event(a_request(headers=(("X-Tag", "a"), ("x-tag", "b"))))
    assert event["multiValueHeaders"]["X-Tag"] == ["a", "b"]
    assert event["headers"]["X-Tag"] == "b"


def test_an_answer_has_all_values_of_its_headers_and_its_decoded_body() -> None:
    answer = gateway.answer(
        {
            "statusCode": 201,
            "headers": {"Content-Type": "image/png", "Set-Cookie": "lost"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
            "body": "AP8=",
            "isBase64Encoded": True,
        }
    )
    assert answer.status_code == 201
    assert answer.get_data() == b"\x00\xff"
    assert answer.headers.getlist("Set-Cookie") == ["a=1", "b=2"]
    assert answer.headers["Content-Type"] == "image/png"


def test_an_answer_has_no_type_that_the_app_has_not_set() -> None:
    assert "Content-Type" not in gateway.answer({"statusCode": 200, "body": "OK"}).headers


@pytest.mark.parametrize(
    "response",
    [
        pytest.param({}, id="no status"),
        pytest.param({"statusCode": 99}, id="a status below 200"),
        pytest.param({"statusCode": "soon"}, id="a status in words"),
        pytest.param({"statusCode": 200, "body": "%", "isBase64Encoded": True}, id="a body that is no base64"),
    ],
)
def test_a_response_that_api_gateway_could_not_send_is_an_error(response: dict[str, Any]) -> None:
    with pytest.raises((KeyError, ValueError)):
        gateway.answer(response)
