"""The gateway's page: nodes, outputs, rollouts; served in the gateway's own loop, behind the guard of local pages."""

from __future__ import annotations

import contextlib
import json
import mimetypes
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from ml.errors import UserError
from ml.files import inside
from ml.gateway.plans import RUNNING, STOPPED, UPDATED, told
from ml.served.guard import HEADERS, Guard
from ml.served.listening import PAGE as SHARED
from ml.served.listening import listen, names_of

if TYPE_CHECKING:
    from ml.gateway.service import Gateway

PAGE = Path(__file__).with_name("page")
AT_ONCE = 100  # nodes of an answer
MOST_BODY = 1000
QUIET_S = 300.0  # without a word
SHOWN = ("app", "version", "last", "score", "at", "battery_mv", "health", "fault", "problem", "update")


class Server(uvicorn.Server):
    """Who runs the gateway hears of signals, not this server."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Page:
    """Listens at once; `run` serves."""

    def __init__(self, gateway: Gateway, address: tuple[str, int]) -> None:
        self._gateway = gateway
        self._socket = listen(*address)
        host, port = self._socket.getsockname()[:2]
        self._token = secrets.token_urlsafe(24)
        self.address = f"http://{f'[{host}]' if ':' in host else host}:{port}/?token={self._token}"
        routes = [
            Route("/api/nodes", self._nodes),
            Route("/api/state", self._state),
            Route("/api/rollout", self._rollout, methods=["POST"]),
            Route("/{file:path}", _file),
        ]
        app = Guard(Starlette(routes=routes), self._token, names_of(host, port), "gateway", "the gateway")
        self._server = Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))

    async def run(self) -> None:
        """Until it is cancelled."""
        await self._server.serve(sockets=[self._socket])

    def close(self) -> None:
        self._socket.close()

    async def _nodes(self, request: Request) -> Response:
        """A part of the nodes, those in trouble first. `find`: what their names contain; `first`: where it begins."""
        find, first = request.query_params.get("find", "")[:100], request.query_params.get("first", "0")
        begin = int(first) if first.isdecimal() and len(first) < 9 else 0
        rows = [row(name, node) for name, node in self._known() if find in name]
        rows.sort(key=lambda one: (one["state"] == "good", one["name"]))
        return JSONResponse({"nodes": rows[begin : begin + AT_ONCE], "count": len(rows)}, headers=HEADERS)

    def _known(self) -> Iterator[tuple[str, dict[str, Any]]]:
        intake = self._gateway.intake
        for name in intake.names():
            node = intake.nodes.get(name)
            yield name, node.told() if node is not None else self._gateway.about[name]

    async def _state(self, request: Request) -> Response:
        """What waits, and what is rolled out."""
        gateway = self._gateway
        outputs = [
            {"name": name, "waiting": waiting, "problem": gateway.problem_of(name)}
            for name, waiting in (await gateway.store.call(gateway.store.outbox.waiting)).items()
        ]
        said = {"name": gateway.config.name, "outputs": outputs, "full": gateway.writer.full}
        return JSONResponse(said | {"rollouts": await self._rollouts()}, headers=HEADERS)

    async def _rollouts(self) -> list[dict[str, Any]]:
        plans, call, found = self._gateway.rollouts.plans, self._gateway.store.call, []
        for plan in (await call(plans.all))[:5]:
            states = await call(plans.states, plan.number)
            open_ = [f"{one.node}: {one.state} {one.note}" for one in states.values() if one.state != UPDATED]
            found.append({"number": plan.number, "told": told(plan, states), "state": plan.state, "open": open_[:50]})
        return found

    async def _rollout(self, request: Request) -> Response:
        """Stop one, or go on with it."""
        try:
            number, go = await _asked(request)
            plans = self._gateway.rollouts.plans
            why = "" if go else "a person stopped it"
            await self._gateway.store.call(plans.switch, number, RUNNING if go else STOPPED, why)
        except UserError as error:
            return JSONResponse({"error": str(error)}, 400, HEADERS)
        return JSONResponse({}, headers=HEADERS)


async def _asked(request: Request) -> tuple[int, bool]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > MOST_BODY:
            raise UserError(f"expected at most {MOST_BODY} bytes, found more")
    try:
        said = json.loads(bytes(body))
        number, action = said["number"], said["action"]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UserError("expected a number and an action, found something else; load the page again") from None
    if type(number) is not int or abs(number) > 1 << 53 or action not in ("stop", "resume"):
        raise UserError("expected a number, and stop or resume, found something else; load the page again")
    return number, action == "resume"


def row(name: str, told: dict[str, Any]) -> dict[str, Any]:
    """A node as the page shows it."""
    silent = time.time() - told.get("seen", 0) > QUIET_S
    wrong = told.get("problem") or told.get("fault") or ", ".join(told.get("health") or [])
    state = "silent" if silent else "trouble" if wrong else "good"
    shown = {key: told[key] for key in SHOWN if told.get(key) not in (None, "", [])}
    return {
        "name": name,
        "state": state,
        "wrong": wrong,
        "seen": told.get("seen", 0),
        "lost": told.get("lost", 0),
    } | shown


async def _file(request: Request) -> Response:
    name = request.path_params["file"] or "index.html"
    try:
        path = inside(SHARED if name in ("style.css", "api.js") else PAGE, name)
        data = path.read_bytes()
    except (UserError, OSError):
        return PlainTextResponse("not there\n", 404, HEADERS)
    return Response(data, headers=HEADERS, media_type=mimetypes.guess_type(path.name)[0] or "text/plain")
