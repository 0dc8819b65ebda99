"""Public data sets from a server on this machine: interrupted, wrong, and hostile."""

import contextlib
import hashlib
import http.server
import io
import signal
import stat
import subprocess
import sys
import tarfile
import threading
import time
import zipfile

import pytest

from ml.data.fetching.catalogue import read_catalogue
from ml.data.fetching.download import download
from ml.data.fetching.unpack import unpack
from ml.errors import UserError
from ml.paths import ROOT


class Server(http.server.ThreadingHTTPServer):
    """One file, in the moods of real servers."""

    def __init__(self, content: bytes) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content, self.etag = content, '"one"'
        self.cut: list[int] = []  # after so many bytes of an answer the connection ends
        self.statuses: list[int] = []  # answers before the file is given
        self.ranges = True
        self.pause_after: int | None = None  # bytes after which the server falls silent
        self.end = threading.Event()
        self.asked: list[str | None] = []  # the Range of each request

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data.zip"


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        start = self._start() if server.ranges and self.headers.get("If-Range") == server.etag else 0
        body = server.content[start:]
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(server.content) - 1}/{len(server.content)}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("ETag", server.etag)
        self.end_headers()
        with contextlib.suppress(OSError):
            if server.pause_after is not None:
                self.wfile.write(body[: server.pause_after])
                server.end.wait()
            self.wfile.write(body[: server.cut.pop(0)] if server.cut else body)
        self.close_connection = True

    def _start(self) -> int:
        asked = self.headers.get("Range", "")
        return int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0

    def log_message(self, *arguments):
        pass


def zipped(**files: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/"), content)
    return made.getvalue()


@pytest.fixture
def server():
    made = Server(zipped(set__manifest="file,label\n" * 50, set__a="a" * 5000, set__b=bytes(range(256)) * 300))
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield made
    made.end.set()
    made.shutdown()
    made.server_close()


def get(server, path, size=None):
    download(server.url, path, size, wait_s=0.01)
    return path.read_bytes()


def test_a_download_that_breaks_off_goes_on_where_it_was(server, tmp_path):
    server.cut = [100, 200, 50]
    assert get(server, tmp_path / "x") == server.content
    assert server.asked == [None, "bytes=100-", "bytes=300-", "bytes=350-"]
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_later_command_goes_on_where_an_earlier_one_was_stopped(server, tmp_path):
    server.cut = [150] + [0] * 20
    with pytest.raises(UserError, match="goes on from 150 bytes"):
        get(server, tmp_path / "x")
    server.cut, server.asked = [], []
    assert get(server, tmp_path / "x") == server.content
    assert server.asked == ["bytes=150-"]


def test_a_file_that_changed_meanwhile_is_fetched_anew(server, tmp_path):
    server.cut = [150] + [0] * 20
    with pytest.raises(UserError):
        get(server, tmp_path / "x")
    server.content, server.etag, server.cut = b"another file altogether" * 40, '"two"', []
    assert get(server, tmp_path / "x") == server.content


def test_a_server_without_ranges_is_asked_for_everything(server, tmp_path):
    server.ranges, server.cut = False, [100]
    assert get(server, tmp_path / "x") == server.content


def test_a_busy_server_is_asked_again_and_a_missing_file_is_one_line(server, tmp_path):
    server.statuses = [503, 429]
    assert get(server, tmp_path / "x") == server.content
    server.statuses = [404]
    with pytest.raises(UserError, match="404"):
        get(server, tmp_path / "y")


@pytest.mark.parametrize("size", [10, 10**6])
def test_a_file_of_another_size_than_the_catalogues_is_refused_before_it_is_fetched(server, tmp_path, size):
    with pytest.raises(UserError, match="another file"):
        get(server, tmp_path / "x", size)
    assert not (tmp_path / "x").exists()


def catalogue(folder, server, **more):
    sum_ = hashlib.sha256(server.content).hexdigest()
    fields = {"url": server.url, "kind": "zip", "unpacked": 10**6, "licence": "MIT", "source": "s", "about": "a"} | more
    fields = {name: value for name, value in ({"sha256": sum_} | fields).items() if value is not None}
    lines = [f"{name} = {value if isinstance(value, int) else repr(value)}" for name, value in fields.items()]
    path = folder / "catalogue.toml"
    path.write_text("\n".join(["[tiny]", *lines, ""]))
    return path


def test_fetch_proves_unpacks_and_says_what_comes_next(server, tmp_path, ml):
    listed = catalogue(tmp_path, server, then="python -m ml data import {folder}", size=len(server.content))
    assert "tiny" in ml("data", "fetch", "--catalogue", listed).stdout
    done = ml("data", "fetch", "tiny", "--catalogue", listed, "--to", tmp_path / "out")
    assert done.stdout.strip().endswith(f"import {tmp_path / 'out'}")
    assert (tmp_path / "out" / "b").read_bytes() == bytes(range(256)) * 300
    assert '"licence": "MIT"' in (tmp_path / "out" / "source.json").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["catalogue.toml", "out"]
    again = ml("data", "fetch", "tiny", "--catalogue", listed, "--to", tmp_path / "out", status=1)
    assert "fetched already" in again.stderr


def test_a_wrong_sum_is_refused_and_nothing_of_it_is_left(server, tmp_path, ml):
    listed = catalogue(tmp_path, server, sha256="0" * 64)
    done = ml("data", "fetch", "tiny", "--catalogue", listed, "--to", tmp_path / "out", status=1)
    assert len(done.stderr.splitlines()) == 2
    assert "0" * 64 in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["catalogue.toml"]


def test_without_a_known_sum_somebody_must_vouch_for_it(server, tmp_path, ml):
    listed = catalogue(tmp_path, server, sha256=None)
    words = ("data", "fetch", "tiny", "--catalogue", listed, "--to", tmp_path / "out")
    right = hashlib.sha256(server.content).hexdigest()
    assert right in ml(*words, status=1).stderr
    assert not (tmp_path / "out").exists()
    assert right in ml(*words, "--accept", "1" * 64, status=1).stderr
    ml(*words, "--accept", right)
    assert len(server.asked) == 1  # what was downloaded was kept
    assert (tmp_path / "out" / "a").exists()


def zip_member(name, mode=stat.S_IFREG, content=b"x"):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        member = zipfile.ZipInfo(name)
        member.external_attr = (mode | 0o644) << 16
        archive.writestr(member, content)
    return made.getvalue()


def tar_member(name, kind=tarfile.REGTYPE, link="", content=b"x", **more):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz", **more) as archive:
        member = tarfile.TarInfo(name)
        member.type, member.linkname, member.size = kind, link, len(content) if kind == tarfile.REGTYPE else 0
        archive.addfile(member, io.BytesIO(content))
    return made.getvalue()


def long_header():
    """A name of two megabytes."""
    return tar_member("x" * (2 << 20), format=tarfile.GNU_FORMAT)


HOSTILE = {
    "absolute zip": ("zip", zip_member("/tmp/evil")),
    "parent zip": ("zip", zip_member("a/../../evil")),
    "backslash zip": ("zip", zip_member("..\\evil")),
    "drive zip": ("zip", zip_member("C:/evil")),
    "link zip": ("zip", zip_member("a", stat.S_IFLNK, b"/etc/passwd")),
    "device zip": ("zip", zip_member("a", stat.S_IFCHR)),
    "bomb zip": ("zip", zipped(a=bytes(3 << 20))),
    "twice zip": ("zip", None),
    "cut zip": ("zip", zipped(a=bytes(range(256)) * 90)[:-30]),
    "no zip": ("zip", b"hello"),
    "absolute tar": ("tar", tar_member("/tmp/evil")),
    "parent tar": ("tar", tar_member("../evil")),
    "symlink tar": ("tar", tar_member("a", tarfile.SYMTYPE, "/etc/passwd")),
    "hard link tar": ("tar", tar_member("a", tarfile.LNKTYPE, "/etc/passwd")),
    "device tar": ("tar", tar_member("a", tarfile.CHRTYPE)),
    "pipe tar": ("tar", tar_member("a", tarfile.FIFOTYPE)),
    "sparse tar": ("tar", tar_member("a", tarfile.GNUTYPE_SPARSE)),
    "bomb tar": ("tar", tar_member("a", content=bytes(3 << 20))),
    "long header tar": ("tar", long_header()),
    "cut tar": ("tar", tar_member("a", content=bytes(range(256)) * 900)[:-300]),
    "no tar": ("tar", b"\x1f\x8bhello"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_or_broken_archive_is_one_line_and_writes_nothing_outside(tmp_path, name):
    kind, content = HOSTILE[name]
    if name == "twice zip":
        with pytest.warns(UserWarning, match="Duplicate"):
            made = io.BytesIO()
            with zipfile.ZipFile(made, "w") as archive:
                archive.writestr("a", b"1")
                archive.writestr("a", b"2")
        content = made.getvalue()
    (tmp_path / "archive").write_bytes(content)
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError) as told:
        unpack(tmp_path / "archive", tmp_path / "in", kind, 1 << 20)
    assert "\n" not in str(told.value)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["archive", "in"]
    assert sum(path.stat().st_size for path in (tmp_path / "in").rglob("*")) <= (1 << 20) + (1 << 18)
    assert not any(path.is_symlink() for path in (tmp_path / "in").rglob("*"))


@pytest.mark.parametrize("compression", ["", "gz", "bz2", "xz"])
def test_honest_tars_are_unpacked_however_they_are_compressed(tmp_path, compression):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=f"w:{compression}") as archive:
        for name in ("./words", "./words/yes"):
            member = tarfile.TarInfo(name)
            member.type, member.mode = tarfile.DIRTYPE, 0o777
            archive.addfile(member)
        member = tarfile.TarInfo("./words/yes/a.wav")
        member.size, member.mode = 3, 0o4755
        archive.addfile(member, io.BytesIO(b"abc"))
    (tmp_path / "archive").write_bytes(made.getvalue())
    (tmp_path / "in").mkdir()
    assert unpack(tmp_path / "archive", tmp_path / "in", "tar", 10**6) == 1
    path = tmp_path / "in" / "words" / "yes" / "a.wav"
    assert path.read_bytes() == b"abc"
    assert not path.stat().st_mode & 0o6111


def test_the_catalogue_is_well_formed_and_names_licence_and_source_of_each():
    entries = read_catalogue()
    assert {"speech_commands", "umafall", "uci_accelerometer", "uhh_gestures"} <= set(entries)
    for entry in entries.values():
        assert entry.url.startswith("https://")
        assert entry.licence
        assert entry.cite
        assert entry.then.format(folder="x")


@pytest.mark.parametrize("line", ["[a]", "a = 1", "[a]\nurl='file:///etc'", "x", "[a]\nsha='1'"])
def test_a_catalogue_that_is_wrong_is_one_line(tmp_path, line):
    (tmp_path / "catalogue.toml").write_text(line)
    with pytest.raises(UserError):
        read_catalogue(tmp_path / "catalogue.toml")


def test_ctrl_c_keeps_what_arrived_and_the_same_command_goes_on_from_there(server, tmp_path, ml):
    listed = catalogue(tmp_path, server)
    server.pause_after = 400
    words = ["data", "fetch", "tiny", "--catalogue", str(listed), "--to", str(tmp_path / "out")]
    running = subprocess.Popen(
        [sys.executable, "-m", "ml", *words],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509  background jobs are deaf to it
    )
    part = tmp_path / "tiny.zip.part"
    until = time.monotonic() + 60
    while not (part.exists() and part.stat().st_size == 400) and time.monotonic() < until:
        time.sleep(0.02)
    running.send_signal(signal.SIGINT)
    told = running.communicate(timeout=60)[1].splitlines()
    assert running.returncode == 1
    assert "interrupted" in told[-1]
    assert part.stat().st_size == 400
    server.pause_after = None
    ml(*words)
    assert server.asked == [None, "bytes=400-"]
    assert (tmp_path / "out" / "a").exists()
