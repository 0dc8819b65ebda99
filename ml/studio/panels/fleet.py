"""Fleet of the shelf: boards with image, slot and last event; update and verify from here."""

import sys

from ml.errors import UserError
from ml.pipeline.apps import APPS
from ml.studio import shelf
from ml.studio.panels import Handler
from ml.studio.said import Said
from ml.studio.state import Studio


def listed(studio: Studio, said: Said) -> dict:
    """What was told when each was asked last."""
    asked = studio.kept.get("shelf", {})
    connected = studio.live.port if studio.live is not None and studio.live.is_open else ""
    found = shelf.shelf(studio.rig)
    more = [{"asked": asked.get(one["port"]), "live": one["port"] == connected != ""} for one in found]
    return {"boards": [one | also for one, also in zip(found, more, strict=True)]}


def ask(studio: Studio, said: Said) -> dict:
    with studio.changing:
        return shelf.ask(studio, said.text("port"))


def verify(studio: Studio, said: Said) -> dict:
    """`ml verify APP --on PORT`: every layer on the board, byte for byte."""
    port = shelf.known_port(studio, said.text("port"))
    with studio.changing:
        app = shelf.ask(studio, port)["app"]
    if app not in APPS:
        raise UserError(f"{port}: expected an application with a model, found {app!r}; there is nothing to verify")
    command = [sys.executable, "-m", "ml", "verify", app, "--on", port]
    return {"job": studio.jobs.start(f"verify {port}", command).number}


GET: dict[str, Handler] = {"/api/fleet": listed}
POST: dict[str, Handler] = {"/api/fleet/ask": ask, "/api/fleet/verify": verify}
