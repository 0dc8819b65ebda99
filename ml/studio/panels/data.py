"""Look at the data: classes by subject, findings, a map of windows."""

from ml.pipeline.apps import APPS
from ml.studio import looking
from ml.studio.panels import Handler
from ml.studio.said import Said
from ml.studio.state import Studio


def findings(studio: Studio, said: Said) -> dict:
    return studio.compute(looking.findings, studio.root)


def chart(studio: Studio, said: Said) -> dict:
    app = said.one_of("app", ["", *APPS], "")
    return studio.compute(looking.chart, studio.root, app, said.one_of("method", ["pca", "tsne"], "pca"))


GET: dict[str, Handler] = {"/api/data/findings": findings, "/api/data/map": chart}
POST: dict[str, Handler] = {}
