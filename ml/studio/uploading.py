"""Files of one's own, dropped on the page: taken piece by piece, read as a data set's, and only then part of it."""

from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ml.capture.names import checked
from ml.cli import in_a_line
from ml.data.audio import read_audio
from ml.data.reading import SOUND, read_file
from ml.errors import UserError
from ml.served.guard import HEADERS
from ml.studio import folder, shelf
from ml.studio.panels import label
from ml.studio.said import Said
from ml.studio.state import Studio
from ml.update.package import MOST as MOST_UPDATE

MOST_BYTES = 1 << 30
KINDS = (*SOUND, ".csv")


def recording(studio: Studio) -> Route:
    """POST /api/label/upload?name=...&label=...&subject=...&session=...&rate_hz=... with the file as the body."""

    async def take(request: Request) -> Response:
        scratch: Path | None = None
        try:
            said = Said(dict(request.query_params))
            path, file = _place(studio, said)
            scratch = path.with_name(f".{path.name}.new")
            await _receive(request, scratch)
            made = await run_in_threadpool(_add, studio, said, scratch, path, file)
        except (UserError, OSError, ClientDisconnect) as error:
            text = "the upload was broken off" if isinstance(error, ClientDisconnect) else in_a_line(error)
            return JSONResponse({"error": text}, 400, HEADERS)
        finally:
            if scratch is not None:
                scratch.unlink(missing_ok=True)
        return JSONResponse(made, headers=HEADERS)

    return Route("/api/label/upload", take, methods=["POST"])


def update(studio: Studio) -> Route:
    """POST /api/fleet/update?port=... with an update file as the body."""

    async def take(request: Request) -> Response:
        body = bytearray()
        try:
            async for piece in request.stream():
                body += piece
                if len(body) > MOST_UPDATE:
                    raise UserError(f"expected an update file of at most {MOST_UPDATE} bytes, found more")
            port = Said(dict(request.query_params)).text("port")
            made = await run_in_threadpool(shelf.install, studio, port, bytes(body))
        except (UserError, OSError, ClientDisconnect) as error:
            text = "the upload was broken off" if isinstance(error, ClientDisconnect) else in_a_line(error)
            return JSONResponse({"error": text}, 400, HEADERS)
        return JSONResponse(made, headers=HEADERS)

    return Route("/api/fleet/update", take, methods=["POST"])


def _place(studio: Studio, said: Said) -> tuple[Path, str]:
    name = said.text("name")
    stem, suffix = Path(name).stem, Path(name).suffix.lower()
    if suffix not in KINDS:
        raise UserError(f"expected a file of {', '.join(KINDS)}, found {name[-40:]!r}")
    subject, session = said.name("subject"), said.name("session")
    name = checked("name of a file", stem) + suffix
    path = folder.upload_place(studio.root, subject, session, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path, f"{subject}/{session}/{name}"


async def _receive(request: Request, scratch: Path) -> None:
    taken = 0
    with scratch.open("wb") as out:
        async for piece in request.stream():
            taken += len(piece)
            if taken > MOST_BYTES:
                raise UserError(f"expected at most {MOST_BYTES} bytes, found more; cut the file into pieces")
            out.write(piece)


def _add(studio: Studio, said: Said, scratch: Path, path: Path, file: str) -> dict:
    """UserError, and nothing is there, where it cannot be read as a recording."""
    readable = scratch.with_name(f".{path.stem}.checked{path.suffix}")  # readers go by the suffix
    scratch.replace(readable)
    try:
        if path.suffix in SOUND:
            rate_hz = float(read_audio(readable)[1])
        else:
            rate_hz = read_file(readable, said.number("rate_hz", 1, 100_000)).rate_mhz / 1000
        with studio.changing:
            if path.exists():
                raise UserError(f"{file}: expected a new file, found one of that name; rename yours")
            readable.replace(path)
        try:
            return label.add(studio, path, file, said, rate_hz)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    except UserError as error:
        raise UserError(str(error).replace(str(readable), file)) from None
    finally:
        readable.unlink(missing_ok=True)
