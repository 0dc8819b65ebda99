"""Gives PlatformIO its `tool-scons` if PlatformIO's registry does not answer.

`pio run` fetches the package tool-scons from PlatformIO's registry on first use. Where that cannot be reached, this
puts a package of the same name and version in its place that calls the SCons installed by pip, which is the same
release. Where the registry answers, or the package is there, it does nothing.

    .venv/bin/python tools/tool_scons.py
"""

import json
import shutil
import sys
from pathlib import Path

import requests
import semantic_version
from platformio import __registry_mirror_hosts__
from platformio.dependencies import get_core_dependencies
from platformio.project.config import ProjectConfig
from SCons import __version__ as scons_version

LAUNCHER = '''"""Stands in for PlatformIO's tool-scons package: runs the SCons that pip installed."""
import sys

try:
    import SCons.Script
except ImportError:
    sys.exit("tool-scons: expected SCons in this Python, found none; run tools/setup.py and use .venv/bin/pio")
SCons.Script.main()
'''


WANTED = get_core_dependencies()["tool-scons"]


def packaged_version() -> str:
    """SCons 4.11.1 as PlatformIO numbers it: 4.41101.0 (major, then the whole version in two digits a part)."""
    major, minor, patch = (int(part) for part in scons_version.split(".")[:3])
    version = f"{major}.{major}{minor:02}{patch:02}.0"
    if not fits(version):
        sys.exit(f"tool-scons: expected {WANTED}, found {version} from pip; run tools/setup.py for the pinned versions")
    return version


def fits(version: str) -> bool:
    return semantic_version.Version(version) in semantic_version.SimpleSpec(WANTED)


def installed(packages: Path) -> bool:
    """True when PlatformIO will find a tool-scons of the version it wants."""
    metas = (json.loads(file.read_text()) for file in packages.glob("tool-scons*/.piopm"))
    return any(fits(meta["version"]) for meta in metas)


def registry_answers() -> bool:
    """True when any of PlatformIO's registry hosts answers within five seconds."""
    for host in __registry_mirror_hosts__:
        try:
            requests.head(f"https://api.{host}", timeout=5)
        except requests.RequestException:
            continue
        return True
    return False


def write_package(folder: Path, version: str) -> None:
    """A package folder as PlatformIO's own package manager would leave it."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    description = {"name": "tool-scons", "version": version, "description": "SCons, as installed by pip"}
    (folder / "package.json").write_text(json.dumps(description, indent=2))
    (folder / "scons.py").write_text(LAUNCHER)
    meta: dict[str, object] = {"type": "tool", "name": "tool-scons", "version": version}
    meta["spec"] = {"owner": "platformio", "id": None, "name": "tool-scons", "requirements": None, "uri": None}
    (folder / ".piopm").write_text(json.dumps(meta))  # last: without it PlatformIO does not see the package


def main() -> None:
    words = sys.argv[1:]
    if words in (["-h"], ["--help"]):
        return print(str(__doc__).strip())
    if words:
        sys.exit(f"tool_scons: expected no words, found {words[0]!r}; see --help")
    packages = Path(ProjectConfig.get_instance().get("platformio", "packages_dir"))
    if installed(packages):
        return print("tool-scons is there")
    if registry_answers():
        return print("PlatformIO's registry answers: it fetches tool-scons by itself")
    write_package(packages / "tool-scons", packaged_version())
    return print("PlatformIO's registry does not answer: put SCons from pip in the place of its tool-scons")


if __name__ == "__main__":
    main()
