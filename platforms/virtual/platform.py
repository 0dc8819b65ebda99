"""Decides which packages a virtual board needs: none where the cross compiler is already on the PATH."""

import shutil
import sys

from platformio.public import PlatformBase

TOOLCHAIN = "toolchain-gccarmnoneeabi"


class VirtualPlatform(PlatformBase):
    def is_embedded(self):
        return True  # size checks and linker groups, as for any microcontroller

    def configure_default_packages(self, options, targets):
        board = options.get("board")
        if board and self.board_config(board).get("build.core") == "mps2" and not shutil.which("arm-none-eabi-gcc"):
            sys.stderr.write(f"arm-none-eabi-gcc is not on the PATH (make setup installs it): fetching {TOOLCHAIN}\n")
            self.packages[TOOLCHAIN]["optional"] = False
        return super().configure_default_packages(options, targets)
