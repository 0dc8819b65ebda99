"""Live: which boards there are, connecting one, starting a virtual one."""

from ml.link.port import virtual_folder
from ml.studio import boards, playing
from ml.studio.panels import Handler
from ml.studio.said import Said
from ml.studio.state import Studio


def connect(studio: Studio, said: Said) -> dict:
    """Only what was found: a page can open no other file or address."""
    there = boards.found()
    port = said.one_of("port", [one["port"] for one in there["usb"]] + there["running"])
    studio.connect(port)
    return {"port": port}


def disconnect(studio: Studio, said: Said) -> dict:
    studio.disconnect()
    return {}


def start(studio: Studio, said: Said) -> dict:
    return boards.start_virtual(studio, said.one_of("environment", boards.environments()))


def play(studio: Studio, said: Said) -> dict:
    return playing.play(studio, said.text("file"), said.number("rate_hz", 1, 1e6))


def found(studio: Studio, said: Said) -> dict:
    connected = studio.live.port if studio.live is not None and studio.live.is_open else ""
    return boards.found() | {"connected": connected, "folder": str(studio.root), "virtual": str(virtual_folder())}


def jobs(studio: Studio, said: Said) -> dict:
    return {"jobs": studio.jobs.all()}


def stop_job(studio: Studio, said: Said) -> dict:
    studio.jobs.stop(said.whole("job", 1, 10**9))
    return {}


GET: dict[str, Handler] = {"/api/boards": found, "/api/jobs": jobs}
POST: dict[str, Handler] = {
    "/api/connect": connect,
    "/api/disconnect": disconnect,
    "/api/start": start,
    "/api/play": play,
    "/api/jobs/stop": stop_job,
}
