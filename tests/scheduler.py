"""Which worker runs which tests: a file's stay together, and so do those of one board of the rig."""

import re

from xdist.scheduler import LoadScopeScheduling

BOARD = re.compile(r"[\[-](virtual(?:-m3)?|host)-([a-z]+_[a-z_]+)[]-]")  # as tools/rig names its parameters


class FilesAndBoards(LoadScopeScheduling):
    """`--dist loadfile`, but for the rig's boards: each is built and started by one worker."""

    def _split_scope(self, nodeid: str) -> str:
        found = BOARD.search(nodeid)
        return " ".join(found.groups()) if found else nodeid.split("::", 1)[0]
