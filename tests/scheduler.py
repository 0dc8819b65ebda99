"""Which worker runs which tests: a file's stay together, and so do those that share a board or a project."""

import re

from xdist.scheduler import LoadScopeScheduling

BOARD = re.compile(r"[\[-](virtual(?:-m3)?|host)-([a-z]+_[a-z_]+)[]-]")  # as tools/rig names its parameters

BENCH = ("tests/board/", "tests/platform/")  # one project of PlatformIO, whose programs are built once


class FilesAndBoards(LoadScopeScheduling):
    """`--dist loadfile`, but for what is built and started by one worker: a board of the rig, the bench."""

    def _split_scope(self, nodeid: str) -> str:
        found, file = BOARD.search(nodeid), nodeid.split("::", 1)[0]
        if found:
            return " ".join(found.groups())
        return "bench" if file.startswith(BENCH) else file
