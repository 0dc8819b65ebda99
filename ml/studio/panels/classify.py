"""Live classification: what the board's model says; what was wrong becomes a take."""

from ml.capture.options import who
from ml.capture.take import Naming
from ml.link.messages import Command
from ml.studio.live import PRE_ROLL_S
from ml.studio.panels import Handler
from ml.studio.said import Said
from ml.studio.state import Studio

SESSION, NOBODY = "that_was_wrong", "unknown"


def wrong(studio: Studio, said: Said) -> dict:
    """The window that ended at `time_us` of the board's clock (0: now), with its pre-roll, as a take."""
    live = studio.board
    label = said.name("label")
    window, before = said.number("window", 0.1, 30, 2), said.number("before", 0, 30, 1)
    end_us = said.whole("time_us", 0, 2**53, 0) or live.recorder.now_us
    subject = who(studio.root, said.text("subject", "") or NOBODY, SESSION, None).subject
    live.keep(Naming(label, subject, SESSION), round(end_us - (window + before) * 1e6), window + before)
    return {"label": label, "seconds": window + before, "most": PRE_ROLL_S}


def seen(studio: Studio, said: Said) -> dict:
    """Events so far, and the thresholds that the board has now."""
    live = studio.board
    return {"events": list(live.events), "thresholds": list(live.ask(Command.GET_THRESHOLDS))}


GET: dict[str, Handler] = {"/api/classify": seen}
POST: dict[str, Handler] = {"/api/classify/wrong": wrong}
