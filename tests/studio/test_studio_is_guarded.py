"""Only the page of this server, opened by its address with the token, is answered."""

import json
import socket
from urllib.error import HTTPError
from urllib.request import HTTPRedirectHandler, Request, build_opener

import pytest
from hypothesis import given
from hypothesis import strategies as st
from studio_server import BOARD, Served, serve

from ml.capture.manifest import Manifest
from ml.errors import UserError
from ml.studio.said import Said


class NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def ask(served: Served, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
    """Status and text."""
    request = Request(served.origin + path, body, {name.replace("_", "-"): text for name, text in headers.items()})
    try:
        with build_opener(NoRedirect).open(request, timeout=20) as answer:
            return answer.status, answer.read().decode(errors="replace")
    except HTTPError as error:
        return error.code, error.read().decode(errors="replace")


@pytest.fixture
def cookie(served) -> str:
    return f"thimble_studio={served.token}"


def test_without_the_token_nothing_is_answered(served, cookie):
    for path in ("/", "/main.js", "/api/boards", "/?token=wrong"):
        assert ask(served, path)[0] == 403
    assert ask(served, "/", Cookie="thimble_studio=wrong")[0] == 403
    assert ask(served, "/api/boards", Cookie=cookie)[0] == 200


def test_the_token_leaves_the_address(served):
    assert ask(served, f"/?token={served.token}")[0] == 303


def test_another_host_is_refused_also_with_the_token(served, cookie):
    """DNS rebinding: the browser believes that evil.example is 127.0.0.1."""
    assert ask(served, "/api/boards", Cookie=cookie, Host="evil.example")[0] == 403


def test_a_change_needs_the_origin_of_the_page(served, cookie):
    for origin in ({}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        assert ask(served, "/api/disconnect", b"{}", Cookie=cookie, **origin)[0] == 403
    assert ask(served, "/api/disconnect", b"{}", Cookie=cookie, Origin=served.origin)[0] == 200


def test_a_stream_needs_token_and_origin(served, cookie):
    from websockets.exceptions import InvalidStatus  # noqa: PLC0415
    from websockets.sync.client import connect  # noqa: PLC0415
    from websockets.typing import Origin  # noqa: PLC0415

    address = served.origin.replace("http", "ws") + "/stream"
    own, other = Origin(served.origin), Origin("http://evil.example")
    for headers, origin in (({}, own), ({"Cookie": cookie}, other)):
        with pytest.raises(InvalidStatus), connect(address, additional_headers=headers, origin=origin):
            pass
    with connect(address, additional_headers={"Cookie": cookie}, origin=own) as stream:
        assert json.loads(stream.recv(10))["kind"] == "hello"


@pytest.mark.parametrize("path", ["/../cli.py", "/%2e%2e/cli.py", "/..%5ccli.py", "/uplot/../../../requirements.txt"])
def test_no_path_leads_out_of_the_page(served, cookie, path):
    with socket.create_connection(("127.0.0.1", int(served.origin.rpartition(":")[2]))) as line:
        host = served.origin.removeprefix("http://")
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert b" 404 " in answer.partition(b"\r\n")[0]


@pytest.mark.parametrize(
    "body", [b"[]", b"{", b"\xff", b'{"port": 7}', b'{"port": "socket://10.0.0.1:1"}', b"{" * 9999]
)
def test_nonsense_is_refused_in_one_line(served, cookie, body):
    status, text = ask(served, "/api/connect", body, Cookie=cookie, Origin=served.origin)
    assert status == 400
    assert "expected" in json.loads(text)["error"] and "\n" not in json.loads(text)["error"]


def test_what_is_too_large_is_refused(served, cookie):
    assert ask(served, "/api/connect", b" " * 2_000_000, Cookie=cookie, Origin=served.origin)[0] == 413


json_like = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.integers(), lambda one: st.lists(one, max_size=3)
)


@given(st.dictionaries(st.sampled_from(["label", "seconds", "rows"]), json_like))
def test_any_field_is_taken_or_refused_in_one_line(fields):
    said = Said(fields)
    for take in (
        lambda: said.name("label"),
        lambda: said.text("label"),
        lambda: said.number("seconds", 0, 10),
        lambda: said.whole("seconds", 0, 10),
        lambda: said.rows("rows", 2),
    ):
        try:
            take()
        except UserError as error:
            assert "\n" not in str(error)


def test_other_computers_are_answered_only_when_asked_for(ml):
    done = ml("studio", "--host", "0.0.0.0", status=1)
    assert "--anyone" in done.stderr and len(done.stderr.strip().splitlines()) == 1


def test_a_killed_server_leaves_valid_data_and_the_next_takes_the_folder(tmp_path, board, workspace):
    first = serve(tmp_path, workspace, "--connect", BOARD)
    cookie = f"thimble_studio={first.token}"
    form = {"labels": "wave", "subject": "ann", "session": "s", "seconds": 0, "repeat": 1, "countdown": 0}
    for path in ("/api/record/sit", "/api/record/toggle"):
        status, text = ask(first, path, json.dumps(form).encode(), Cookie=cookie, Origin=first.origin)
        assert status == 200, text
    while not list(tmp_path.rglob("*_imu.csv")):
        pass
    first.process.kill()
    first.process.wait()
    second = serve(tmp_path, workspace, "--connect", BOARD)
    second.stop()
    manifest = Manifest(tmp_path)
    statuses = {row["status"] for row in manifest.rows}
    manifest.close()
    assert statuses == {"cut"}
