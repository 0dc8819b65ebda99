"""The page shows nodes, outputs and rollouts, to whoever has its address; what nodes say is never more than text."""

import asyncio
import json
import time
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from ml.gateway.outbox import Outbox
from ml.gateway.plans import FAILED, STOPPED, Limits, Plans
from tests.chromium import chromium
from tests.gateway.running import Running, until

HOSTILE = "<img src=x onerror=alert(1)>"
SETTINGS = """
[[board]]
name = "press"
port = "/dev/nothing"
[http]
url = "http://127.0.0.1:1/events"
[page]
listen = "127.0.0.1:0"
"""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """One that knows 250 nodes from before, one of them hostile, and a rollout that has stopped."""
    folder = tmp_path_factory.mktemp("page")
    outbox, now = Outbox(folder / "gateway.db", 10, ["http"]), time.time()
    told = {"app": "fall_detection", "version": "v7", "last": "fall", "score": 220, "at": int(now) - 90}
    told |= {"seen": int(now), "lost": 0, "battery_mv": 3712}
    about = [(f"n{at:03}", json.dumps(told)) for at in range(249)]
    about.append(("evil", json.dumps(told | {"last": HOSTILE, "fault": HOSTILE, "lost": 12})))
    outbox.tell_about(about)
    outbox.close()
    plans = Plans(folder / "gateway.db")
    number = plans.add("fall_detection v8", b"image", ("n*",), Limits())
    plans.mark(number, "n001", FAILED, "the signature is wrong")
    plans.switch(number, STOPPED, "1 of 1 nodes have failed")
    plans.close()
    with Running(folder, SETTINGS) as running:
        yield running


def ask(gateway: Running, path: str, body: bytes | None = None, cookie: bool = True, **headers: str) -> tuple[int, str]:
    address = gateway.gateway.page.address
    origin, _, token = address.partition("/?token=")
    given = ({"Cookie": f"thimble_gateway={token}", "Origin": origin} if cookie else {}) | headers
    try:
        with urlopen(Request(origin + path, body, given), timeout=20) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        return error.code, error.read().decode()


def test_only_who_has_the_address_is_answered_and_only_its_own_page_may_change_something(gateway):
    assert ask(gateway, "/api/nodes", cookie=False)[0] == 403
    assert ask(gateway, "/api/nodes")[0] == 200
    go = json.dumps({"number": 1, "action": "resume"}).encode()
    assert ask(gateway, "/api/rollout", go, Origin="http://evil.example")[0] == 403
    assert ask(gateway, "/../service.py")[0] == 404 and ask(gateway, "/%2e%2e/service.py")[0] == 404


WRONG = (b"", b"[]", b"{", b"null", b'{"number": 1}', b'{"number": true, "action": "stop"}', b"[" * 2000)


@pytest.mark.parametrize("body", [*WRONG, b'{"number": 99, "action": "stop"}'])
def test_a_request_that_makes_no_sense_is_one_line(gateway, body):
    status, text = ask(gateway, "/api/rollout", body)
    assert status == 400 and json.loads(text)["error"].startswith("expected")


def test_nodes_come_in_parts_those_in_trouble_first_and_are_found_by_name(gateway):
    said = json.loads(ask(gateway, "/api/nodes")[1])
    assert said["count"] == 251 and len(said["nodes"]) == 100
    assert {one["name"] for one in said["nodes"][:2]} == {"evil", "press"}
    assert json.loads(ask(gateway, "/api/nodes?find=n24")[1])["nodes"][0]["name"] == "n240"
    assert len(json.loads(ask(gateway, "/api/nodes?first=200")[1])["nodes"]) == 51
    assert json.loads(ask(gateway, "/api/nodes?first=-1x")[1])["count"] == 251


def test_the_page_shows_them_and_goes_on_with_a_rollout(gateway):
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1100, "height": 700})
        thrown: list[str] = []
        page.on("pageerror", lambda error: thrown.append(str(error)))
        page.on("dialog", lambda dialog: thrown.append(dialog.message))
        page.goto(gateway.gateway.page.address)
        page.wait_for_selector("body[data-ready=yes]")
        evil = page.inner_text("[data-node=evil]")
        assert HOSTILE in evil and "12" in evil and "3.71 V" in evil
        assert "the signature is wrong" in page.inner_text("#rollouts")
        assert page.inner_text("#line").startswith("gateway · http: ")
        page.fill("#find", "n007")
        page.wait_for_selector("#nodes tr:nth-child(2)[data-node=n007]")
        assert "fall 220/255" in page.inner_text("[data-node=n007]")
        page.click("text=Go on")
        page.wait_for_selector("text=Stop")
        page.screenshot(path=str(gateway.path.with_name("page.png")))
        assert not thrown
    until(lambda: gateway.gateway.rollouts.plans.all()[0].state == "running")


def test_many_requests_at_once_are_all_answered(gateway):

    async def many() -> list[int]:
        asked = [asyncio.to_thread(ask, gateway, "/api/nodes") for _ in range(30)]
        return [status for status, _ in await asyncio.gather(*asked)]

    assert set(asyncio.run(many())) == {200}
