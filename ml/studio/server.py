"""The server: static files of the page, requests of its panels, one WebSocket."""

import asyncio
import contextlib
import mimetypes
import signal
import socket
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from ml.cli import in_a_line
from ml.errors import UserError
from ml.files import inside
from ml.served.guard import HEADERS, Guard
from ml.served.listening import PAGE as SHARED
from ml.studio import uploading
from ml.studio.panels import Bytes, Handler, classify, data, fleet, judge, label, live, record
from ml.studio.said import MOST_BODY, Said
from ml.studio.state import Studio
from ml.studio.uplot import FOLDER as UPLOT

PAGE = Path(__file__).with_name("page")
PANELS = (live, record, label, data, judge, classify, fleet)
BAD, TOO_LARGE, MISSING = 400, 413, 404
SHUTDOWN_S = 2


def application(studio: Studio, token: str, hosts: frozenset[str]) -> Guard:
    """ASGI, with everything behind the guard."""
    routes: list[Any] = [WebSocketRoute("/stream", _stream(studio))]
    for panel in PANELS:
        routes += [Route(path, _get(studio, one)) for path, one in panel.GET.items()]
        routes += [Route(path, _post(studio, one), methods=["POST"]) for path, one in panel.POST.items()]
    routes += [uploading.recording(studio), uploading.update(studio)]
    routes.append(Route("/{file:path}", _file))
    return Guard(Starlette(routes=routes), token, hosts, "studio", "`python -m ml studio`")


def _stream(studio: Studio):
    async def stream(socket: WebSocket) -> None:
        await studio.hub.serve(socket)

    return stream


def _get(studio: Studio, handler: Handler):
    async def get(request: Request) -> Response:
        return await answer(studio, handler, Said(dict(request.query_params)))

    return get


def _post(studio: Studio, handler: Handler):
    async def post(request: Request) -> Response:
        body = bytearray()
        async for piece in request.stream():
            body += piece
            if len(body) > MOST_BODY:
                return JSONResponse({"error": f"expected at most {MOST_BODY} bytes, found more"}, TOO_LARGE)
        try:
            said = Said.of_json(bytes(body))
        except UserError as error:
            return JSONResponse({"error": str(error)}, BAD, HEADERS)
        return await answer(studio, handler, said)

    return post


async def answer(studio: Studio, handler: Handler, said: Said) -> Response:
    """What the handler returns, or its error in a line."""
    try:
        made = await run_in_threadpool(handler, studio, said)
    except (UserError, OSError) as error:
        return JSONResponse({"error": in_a_line(error)}, BAD, HEADERS)
    if isinstance(made, Bytes):
        named = {"Content-Disposition": f'attachment; filename="{made.name}"'} if made.name else {}
        return Response(made.data, headers=HEADERS | named, media_type=made.kind)
    return JSONResponse(made, headers=HEADERS)


async def _file(request: Request) -> Response:
    """The page, and uPlot where the set-up has put it."""
    name = request.path_params["file"] or "index.html"
    folder = SHARED if name in ("style.css", "api.js") else PAGE
    folder, name = (UPLOT, name.removeprefix("uplot/")) if name.startswith("uplot/") else (folder, name)
    try:
        path = inside(folder, name)
        data = await run_in_threadpool(path.read_bytes)
    except (UserError, OSError):
        return PlainTextResponse("not there\n", MISSING, HEADERS)
    return Response(data, headers=HEADERS, media_type=mimetypes.guess_type(path.name)[0] or "text/plain")


def serve(studio: Studio, listening: socket.socket, token: str, hosts: frozenset[str]) -> None:
    """Until it is interrupted."""
    config = uvicorn.Config(
        application(studio, token, hosts),
        log_level="warning",
        ws="websockets-sansio",
        ws_max_size=1 << 16,
        ws_per_message_deflate=False,  # samples hardly become smaller, and it costs more than all the rest
        timeout_graceful_shutdown=SHUTDOWN_S,
        lifespan="off",
    )
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # uvicorn raises it again at its end: as Ctrl-C
    try:
        with contextlib.suppress(KeyboardInterrupt):  # how it ends
            asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))
    finally:
        studio.close()
