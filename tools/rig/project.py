"""The PlatformIO project whose firmware is tested: its environments, and flashing one of them."""

from __future__ import annotations

import contextlib
import difflib
import functools
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import cast

from ml.rig.errors import RigError

BUILD_LIMIT_S = 1800  # the first build of a board may download its platform and compile a whole framework
# PlatformIO's words on a link to a platform that another one, started at the same moment, writes or points elsewhere:
# all clones of a repository share one
CROSSED, ATTEMPTS = ("InvalidJSONFile", "Unknown development platform 'symlink:"), 3


class Project:
    """The folder of a platformio.ini."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / "platformio.ini").is_file():
            raise RigError(
                f"{folder}: expected a PlatformIO project, found no platformio.ini; "
                "say where it is with hil_project in pytest's settings"
            )

    @functools.cached_property
    def environments(self) -> dict[str, dict[str, str]]:
        """Their names, and the options that the rig reads."""
        from platformio.project.config import ProjectConfig  # noqa: PLC0415 - half a second

        with contextlib.chdir(self.folder):  # PlatformIO finds extra_configs from there
            config = ProjectConfig(str(self.folder / "platformio.ini"))
            return {
                name: {key: cast(str, config.get(f"env:{name}", key, "")) for key in ("board", "custom_usb_ids")}
                for name in config.envs()
            }

    def require(self, environment: str) -> None:
        if environment in self.environments:
            return
        near = ", ".join(difflib.get_close_matches(environment, self.environments, 3)) or "none"
        raise RigError(
            f"expected the environment {environment} in {self.folder / 'platformio.ini'}, found none of this name; "
            f"like it: {near}"
        )

    def usb_ids(self, environment: str) -> str:
        """custom_usb_ids of its board: vendor:product, ..."""
        self.require(environment)
        return self.environments[environment]["custom_usb_ids"]

    def flash(
        self, environment: str, workspace: Path, build: str, flags: str, port: str = "", upload_flags: str = ""
    ) -> None:
        """Builds under a name, with further build flags, and uploads; what PlatformIO says stays in the workspace."""
        self.require(environment)
        command = [sys.executable, "-m", "platformio", "run", "-d", str(self.folder), "-e", environment, "-t", "upload"]
        workspace.mkdir(parents=True, exist_ok=True)
        given = {"PLATFORMIO_WORKSPACE_DIR": str(workspace), "SERVICE_BUILD": build}  # lib/service/build_name.py
        for name, more in (("PLATFORMIO_BUILD_FLAGS", flags), ("PLATFORMIO_UPLOAD_FLAGS", upload_flags)):
            given[name] = f"{os.environ.get(name, '')} {more}".strip()
        environ = os.environ | {name: text for name, text in given.items() if text}
        for _ in range(ATTEMPTS):
            done = run(command + (["--upload-port", port] if port else []), BUILD_LIMIT_S, self.folder, environ)
            if done.returncode == 0 or not any(words in done.stdout for words in CROSSED):
                break
        log = workspace / f"{environment}.log"
        log.write_text(done.stdout, encoding="utf-8")
        if done.returncode:
            raise RigError(f"{environment}: expected it to build and upload, found: {reason(done.stdout)}; see {log}")


def run(
    command: list[str], limit_s: float, folder: Path | None = None, environ: dict[str, str] | None = None
) -> subprocess.CompletedProcess:
    """A command with its output, stderr included; RigError where there is none, or where it does not end."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
            timeout=limit_s,
            cwd=folder,
            env=environ,
        )
    except OSError as error:
        raise RigError(f"{command[0]}: expected a command, found: {error.strerror}; is it installed?") from None
    except subprocess.TimeoutExpired:
        raise RigError(f"{' '.join(command)}: expected it to end within {limit_s:g} s, found it running") from None


def reason(output: str) -> str:
    """The line of a build's output that tells most."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    for telling in (r"(?<!collect2: )\berror: ", r"undefined reference", r"^Error\b", r"^[A-Z]\w+: "):
        found = next((line for line in lines if re.search(telling, line)), None)
        if found:
            return found
    return lines[-1] if lines else "no output"
