"""Downloads a file. After an interruption it keeps the bytes that it has and asks for the rest with Range.

The server's ETag or date is kept beside it: if the file has changed meanwhile, the download begins again (If-Range).
"""

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential
from urllib3.exceptions import HTTPError

from ml.data.fetching.catalogue import LARGEST
from ml.data.untrusted import read_bytes
from ml.errors import UserError
from ml.files import write_json

BLOCK = 1 << 18
TIMEOUT_S = (15, 60)  # to connect; between two blocks
ATTEMPTS = 6
SPARE = 64 << 20  # bytes that the disk keeps
HEADERS = {"User-Agent": "thimble-data-fetch", "Accept-Encoding": "identity"}

Progress = Callable[[int, int | None], None]  # bytes so far, of how many


class Interrupted(Exception):
    """The connection failed; what arrived is kept."""


def download(url: str, path: Path, size: int | None, progress: Progress = lambda done, size: None, wait_s: float = 1.0):
    """Gets `url` into `path`, going on from `path`'s `.part`. `size`: bytes that there must be, where that is known."""
    part = path.with_name(f"{path.name}.part")
    part.parent.mkdir(parents=True, exist_ok=True)
    try:
        for attempt in Retrying(
            retry=retry_if_exception_type(Interrupted),
            stop=stop_after_attempt(ATTEMPTS),
            wait=wait_exponential(multiplier=wait_s, max=30 * wait_s),
            reraise=True,
        ):
            with attempt:
                _go_on(url, part, size, progress)
    except Interrupted as error:
        raise UserError(
            f"{url}: expected to download it, found: {error}; the same command goes on from "
            f"{part.stat().st_size if part.exists() else 0} bytes"
        ) from None
    part.replace(path)
    _state(part).unlink(missing_ok=True)


def _state(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def _go_on(url: str, part: Path, size: int | None, progress: Progress) -> None:
    done = part.stat().st_size if part.exists() else 0
    if size is not None and done == size:
        return
    if size is not None and done > size:
        part.unlink()
        done = 0
    try:
        with requests.get(url, headers=_asking(part, url, done), stream=True, timeout=TIMEOUT_S) as answer:
            _take(answer, url, part, size, progress)
    except (requests.ConnectionError, requests.Timeout, HTTPError) as error:
        raise Interrupted(_why(error)) from None
    except requests.RequestException as error:
        raise UserError(f"{url}: expected to download it, found: {_why(error)}; check the address") from None


def _asking(part: Path, url: str, done: int) -> dict[str, str]:
    if not done:
        return HEADERS
    try:
        kept = json.loads(read_bytes(_state(part)))
        validator = kept["validator"] if kept["url"] == url else None
    except (UserError, ValueError, KeyError, TypeError, RecursionError):
        validator = None
    if not validator:  # nobody can know whether it is still the same file
        part.unlink()
        return HEADERS
    return HEADERS | {"Range": f"bytes={done}-", "If-Range": str(validator)}


def _take(answer: requests.Response, url: str, part: Path, size: int | None, progress: Progress) -> None:
    done = part.stat().st_size if part.exists() else 0
    if answer.status_code == 416:  # beyond the end: the file became shorter
        part.unlink(missing_ok=True)
        raise Interrupted("the file has changed")
    if answer.status_code in (429, 500, 502, 503, 504):
        raise Interrupted(f"{answer.status_code} {answer.reason}")
    if answer.status_code not in (200, 206):
        raise UserError(f"{url}: expected the file, found {answer.status_code} {answer.reason}; check the address")
    if answer.status_code == 206 and not answer.headers.get("Content-Range", "").startswith(f"bytes {done}-"):
        part.unlink(missing_ok=True)
        raise Interrupted("the server sent another part of the file")
    begun = done if answer.status_code == 206 else 0
    total = _total(answer, begun, size, url)
    _check_disk(part, (total or 0) - begun)
    validator = answer.headers.get("ETag") or answer.headers.get("Last-Modified")
    strong = validator and not validator.startswith("W/")
    write_json(_state(part), {"url": url, "validator": validator if strong else None})
    _write(answer, part, begun, total, progress)


def _total(answer: requests.Response, begun: int, size: int | None, url: str) -> int | None:
    """Bytes of the whole file: as the catalogue says, else as the server does."""
    length = answer.headers.get("Content-Length", "")
    total = begun + int(length) if length.isascii() and length.isdigit() and len(length) < 16 else None
    if size is not None and total is not None and total != size:
        raise UserError(f"{url}: expected {size} bytes, found {total}: it is another file than the catalogue's")
    return size if size is not None else total


def _check_disk(part: Path, needed: int) -> None:
    free = shutil.disk_usage(part.parent).free
    if needed + SPARE > free:
        raise UserError(f"{part.parent}: expected {needed >> 20} MB of free disk, found {free >> 20} MB; make room")


def _write(answer: requests.Response, part: Path, begun: int, total: int | None, progress: Progress) -> None:
    most = total if total is not None else LARGEST
    answer.raw.enforce_content_length = False  # or what arrived before the connection broke would be thrown away
    with part.open("r+b" if begun else "wb") as file:
        file.seek(begun)
        while block := answer.raw.read1(BLOCK):  # what is there, so that Ctrl-C loses nothing that has arrived
            if file.tell() + len(block) > most:
                raise UserError(f"{answer.url}: expected at most {most} bytes, found more; it is another file")
            file.write(block)
            file.flush()  # nor does a kill
            progress(file.tell(), total)
        done = file.tell()
    if total is not None and done < total:
        raise Interrupted(f"the connection ended after {done} of {total} bytes")


def _why(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def sha256(path: Path, progress: Progress = lambda done, size: None) -> str:
    """64 hex digits."""
    digest, done = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            done += len(block)
            progress(done, None)
    return digest.hexdigest()
