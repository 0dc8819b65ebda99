"""Asks git: which commit a word means, its files in a cache folder, how a work tree differs. Nothing is written
to the repository or its work tree."""

import io
import shutil
import subprocess
import tarfile
import textwrap
from pathlib import Path

from ml.errors import UserError
from ml.kept import made_once
from ml.paths import CACHE

TREES = CACHE / "compare" / "trees"
NEEDED = ("lib", "apps", "boards", "platforms", "platformio.ini")  # what models and firmware are built from
MAIN = ("origin/main", "main")


def git(folder: Path, *words: str) -> bytes | None:
    """What git says in a folder, None where it refuses."""
    if shutil.which("git") is None:
        raise UserError("expected git on the PATH, found none; install it, or compare two folders")
    done = subprocess.run(["git", "-C", str(folder), *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


def text(folder: Path, *words: str) -> str:
    """The same as text without the end of the line; "" where git refuses."""
    return (git(folder, *words) or b"").decode(errors="replace").strip()


def commit(folder: Path, word: str) -> str:
    """The full hash of a commit, "" where the word means none."""
    return "" if word.startswith("-") else text(folder, "rev-parse", "--verify", "--quiet", f"{word}^{{commit}}")


def described(folder: Path, found: str) -> str:
    """`1a2b3c4 What it does`, no longer than a heading should be."""
    return textwrap.shorten(text(folder, "log", "-1", "--format=%h %s", found), 72, placeholder=" ...")


def trailers(folder: Path, base: str, head: str, key: str) -> list[str]:
    """What commits that `head` has and `base` has not say behind `key:` at the end of their messages."""
    said = text(folder, "log", f"--format=%(trailers:key={key},valueonly)", f"{base}..{head}")
    return [line.strip() for line in said.splitlines() if line.strip()]


def is_work_tree(folder: Path) -> bool:
    top = text(folder, "rev-parse", "--show-toplevel")
    return bool(top) and Path(top) == folder.resolve()


def unknown(folder: Path, word: str) -> UserError:
    """Why a word is neither a commit nor a file."""
    refused = refusal(folder)
    if refused:
        return UserError(f"expected a folder, header or .tflite, found {word!r}, and git says: {refused}; check it")
    if text(folder, "rev-parse", "--is-shallow-repository") == "true":
        how = "git fetch --unshallow (fetch-depth: 0 in a workflow)"
        return UserError(f"expected the commit {word!r}, found a shallow clone without it; get it: {how}")
    return UserError(f"expected a commit, folder, header or .tflite, found {word!r}, which is none; check the spelling")


def refusal(folder: Path) -> str:
    """Why git knows no repository here: none, or somebody else's. "" where it does."""
    done = subprocess.run(["git", "-C", str(folder), "rev-parse", "--git-dir"], capture_output=True, check=False)
    said = done.stderr.decode(errors="replace").strip().splitlines() or ["no message"]
    return said[0] if done.returncode else ""


def main_before(folder: Path) -> tuple[str, str]:
    """The last commit on main that HEAD has in it, on main itself the one before; or "" and why there is none."""
    head = commit(folder, "HEAD")
    if not head:
        return "", refusal(folder) or "no commit here"
    main = next((found for name in MAIN if (found := commit(folder, name))), "")
    if not main:
        return "", f"no {' or '.join(MAIN)} here"
    shallow = " in this shallow clone" if text(folder, "rev-parse", "--is-shallow-repository") == "true" else ""
    base = text(folder, "merge-base", "HEAD", main)
    if base and base != head:
        return base, ""
    if not base:
        return "", f"no commit that HEAD and main have in common{shallow}"
    return commit(folder, "HEAD~1"), f"no commit before HEAD{shallow}"


def changed(folder: Path) -> int:
    """Files of a work tree that are not as its HEAD has them, of those that are measured."""
    return len(text(folder, "status", "--porcelain", "--untracked-files=all", "--", *NEEDED).splitlines())


def files_of(folder: Path, found: str) -> Path:
    """The folder with a commit's files, written now or before."""
    tree = TREES / found
    made_once(tree, lambda scratch: _extract(folder, found, scratch))
    return tree


def _extract(folder: Path, found: str, tree: Path) -> None:
    top = Path(text(folder, "rev-parse", "--show-toplevel") or folder)
    there = set(text(top, "ls-tree", "--name-only", found).splitlines())
    packed = git(top, "archive", "--format=tar", found, "--", *(name for name in NEEDED if name in there))
    if packed is None or "lib" not in there:
        raise UserError(f"{found[:7]}: expected the folder lib/ in this commit, found none; compare another")
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Python before 3.11.4 (Debian 12) has none
        archive.extractall(tree)
