"""Record: takes with label, subject, session, length, countdown, repeat, trigger; as tools/collect.py records them."""

from ml.capture.last import Last
from ml.capture.names import checked
from ml.capture.options import MOST_SECONDS, Options, remark, who
from ml.capture.settings import Settings
from ml.capture.trigger import Rule
from ml.errors import UserError
from ml.studio.live import PATIENCE_S, PRE_ROLL_S
from ml.studio.panels import Handler
from ml.studio.said import Said
from ml.studio.state import Studio


def options(studio: Studio, said: Said) -> Options:
    """The page's form, checked as the command line is."""
    labels = tuple(checked("label", one.strip()) for one in said.text("labels").split(",") if one.strip())
    if not labels:
        raise UserError("expected a label, found none; say what is recorded")
    seconds = said.number("seconds", 0, MOST_SECONDS)
    trigger = said.text("trigger", "")
    settings = who(studio.root, said.text("subject", ""), said.text("session", ""), None)
    return Options(
        root=studio.root,
        labels=labels,
        subject=settings.subject,
        session=settings.session,
        source=remark("source", said.text("source", "")),
        licence=remark("licence", said.text("licence", "")),
        seconds=seconds or None,
        repeat=said.whole("repeat", 1, 100_000, 1),
        countdown=said.number("countdown", 0, 60, 0),
        rule=Rule.parse(trigger) if trigger else None,
        before_s=said.number("before", 0, PRE_ROLL_S, 0),
        patience_s=PATIENCE_S,
        plot=False,
    )


def sit(studio: Studio, said: Said) -> dict:
    """Takes over the form; nothing is recorded yet."""
    studio.board.sit(options(studio, said))
    return studio.board.status()


def toggle(studio: Studio, said: Said) -> dict:
    """Space: begins, or ends what runs."""
    live = studio.board
    if live.sitting is None:
        raise UserError("expected what to record, found nothing; fill in the form")
    live.call(live.sitting.toggle)
    return live.status()


def choose(studio: Studio, said: Said) -> dict:
    """Another of the labels, between two takes."""
    live = studio.board
    if live.sitting is not None and not live.recorder.recording:
        live.sitting.label = said.one_of("label", live.sitting.options.labels)
    return live.status()


def relabel(studio: Studio, said: Said) -> dict:
    label = said.name("label")
    with studio.manifest() as manifest:
        last = Last.of(manifest)
        last.relabel(label)
    return {"said": f"take {last.number}: {last.label} is now {label}"}


def discard(studio: Studio, said: Said) -> dict:
    with studio.manifest() as manifest:
        last = Last.of(manifest)
        label, number = last.label, last.number
        last.discard()
    return {"said": f"take {number} ({label}) discarded"}


def kept(studio: Studio, said: Said) -> dict:
    """Subject and session of the last time."""
    settings = Settings.load(studio.root)
    return {"subject": settings.subject, "session": settings.session}


GET: dict[str, Handler] = {"/api/record/kept": kept}
POST: dict[str, Handler] = {
    "/api/record/sit": sit,
    "/api/record/toggle": toggle,
    "/api/record/choose": choose,
    "/api/record/relabel": relabel,
    "/api/record/discard": discard,
}
