"""What may be compared, against what when nothing is said, and what a mistake is answered with: one line."""

import shutil
import tarfile

import pytest

import ml.compare.repository
from ml.compiler.compile import compile_model
from tests.compare.repositories import Repository


def test_on_main_the_base_is_the_commit_before(repository):
    assert "nothing to compare with: no commit before HEAD" in repository.compare().stderr
    repository.slow_down()
    repository.commit("Slower")
    made = repository.figures(status=1)
    assert made["base"].endswith("The beginning")
    assert made["head"].endswith("Slower")


def test_on_a_branch_and_in_a_clone_the_base_is_the_last_commit_on_main(repository, tmp_path):
    repository.git("switch", "--quiet", "--create", "faster")
    for name in ("One", "Two"):
        (repository.folder / "notes.txt").write_text(name)
        repository.commit(name)
    assert repository.figures()["base"].endswith("The beginning")
    repository.git("branch", "--force", "main", "HEAD~1")
    repository.git("clone", "--quiet", repository.folder, tmp_path / "clone")
    clone = Repository(tmp_path / "clone")
    assert clone.git("branch", "--list", "main") == "", "only origin/main is there"
    assert clone.figures()["base"].endswith("One")


def test_a_branch_that_is_behind_main_is_not_blamed_for_it(repository):
    repository.slow_down()
    repository.commit("Slow")
    repository.git("switch", "--quiet", "--create", "docs")
    (repository.folder / "notes.txt").write_text("words")
    repository.commit("Words")
    repository.git("switch", "--quiet", "main")
    repository.git("checkout", "--quiet", "HEAD~1", "--", "lib")
    repository.commit("Fast again")
    repository.git("switch", "--quiet", "docs")
    made = repository.figures()
    assert made["base"].endswith("Slow")
    assert made["changed"] == {}


def test_a_shallow_clone_says_what_it_lacks_and_how_to_get_it(repository, tmp_path):
    first = repository.git("rev-parse", "HEAD")
    (repository.folder / "notes.txt").write_text("words")
    repository.commit("Words")
    repository.git("clone", "--quiet", "--depth", "1", f"file://{repository.folder}", tmp_path / "clone")
    clone = Repository(tmp_path / "clone")
    said = clone.compare().stderr
    assert "nothing to compare with" in said
    assert "shallow" in said
    refused = clone.compare(first, status=1).stderr
    assert len(refused.splitlines()) == 1
    assert "git fetch --unshallow" in refused


def test_two_headers_or_models_of_any_name_are_compared(repository, shared, tmp_path):
    for name, model in (("small", "ad01_int8"), ("large", "str_ww_ref_model")):
        shutil.copy(shared / f"models/{model}.tflite", tmp_path / f"{name}.tflite")
    made = repository.figures(tmp_path / "large.tflite", tmp_path / "small.tflite", status=1)
    assert {row["application"] for row in made["rows"]} == {"large / small"}
    assert made["by_figure"]["large / small", "instructions"]["verdict"] == "better"
    assert made["by_figure"]["large / small", "flash"]["verdict"] == "regression"
    header = compile_model((tmp_path / "small.tflite").read_bytes(), "small", tmp_path / "made").header
    shutil.copy(header, tmp_path / "renamed.h")
    again = repository.figures(tmp_path / "made", tmp_path / "renamed.h")
    assert again["changed"] == {}
    small = made["by_figure"]["large / small", "instructions"]["head"]
    assert again["by_figure"]["small / renamed", "instructions"]["base"] == small


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nothing"], "expected a commit, folder, header or .tflite, found 'nothing'"),
        (["--", "-x"], "expected a commit"),
        (["empty"], "expected lib/nn, a *_model.h or a *.tflite"),
        (["main", "empty/notes.txt"], "expected a generated header"),
        (["both"], "write ./both"),
        (["bare"], "expected the folder lib/ in this commit"),
        (["main", "damaged.tflite"], "damaged"),
        (["main", ".", "--tolerance", "speed=3"], "expected --tolerance"),
        (["main", ".", "--tolerance", "ram=much"], "expected --tolerance"),
        (["main", ".", "--tolerance", "ram=nan"], "expected --tolerance"),
        (["main", ".", "--board", "esp32dev"], "expected a board with a Cortex-M4"),
        (["main", "two"], "that both sides have, found gesture_recognition in"),
    ],
)
def test_a_mistake_is_one_line(crowded, words, said):
    shown = crowded.compare(*words, status=1)
    assert (shown.stdout, len(shown.stderr.splitlines())) == ("", 1), shown.stderr
    assert said in shown.stderr


@pytest.fixture(scope="module")
def crowded(tmp_path_factory, cache) -> Repository:
    """A repository with much in it that is no model."""
    made = Repository(tmp_path_factory.mktemp("crowded"))
    made.git("init", "--quiet", "--initial-branch", "main")
    header = made.header("gesture_recognition")
    for name in ("lib/nn", header.parent):
        (made.folder / name).mkdir(parents=True)
    header.write_text("// a model\n")
    made.commit("A header")
    made.git("branch", "both")
    made.git("switch", "--quiet", "--orphan", "bare")
    made.git("commit", "--quiet", "--allow-empty", "--message", "Nothing")
    made.git("switch", "--quiet", "main")
    for name in ("empty", "both", "two"):
        (made.folder / name).mkdir()
    (made.folder / "empty/notes.txt").write_text("no model")
    for name in ("a", "b"):
        (made.folder / f"two/{name}_model.h").touch()
    (made.folder / "damaged.tflite").write_bytes(b"\0" * 40)
    (made.folder / "words.h").write_bytes(b"\xff no model")
    return made


def test_without_git_two_folders_can_still_be_compared(repository, tmp_path):
    shutil.copytree(repository.folder / "lib", tmp_path / "unpacked" / "lib")
    plain = Repository(tmp_path / "unpacked")
    assert "nothing to compare with: fatal: not a git repository" in plain.compare().stderr
    assert plain.figures(repository.folder, ".")["changed"] == {}
    assert "git says: fatal: not a git repository" in plain.compare("main", status=1).stderr


def test_somebody_elses_repository_is_said_to_be_one(repository, monkeypatch):
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    assert "dubious ownership" in repository.compare().stderr
    refused = repository.compare("main", status=1).stderr
    assert "dubious ownership" in refused
    assert len(refused.splitlines()) == 1


def test_pythons_whose_tarfile_knows_no_filters_unpack_a_commit_too(repository, tmp_path, monkeypatch):
    """Debian 12 has Python 3.11.2."""
    extract = tarfile.TarFile.extractall
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    monkeypatch.setattr(tarfile.TarFile, "extractall", lambda archive, path: extract(archive, path))  # noqa: PLW0108 - takes no filter
    monkeypatch.setattr(ml.compare.repository, "TREES", tmp_path / "trees")
    tree = ml.compare.repository.files_of(repository.folder, repository.git("rev-parse", "HEAD"))
    assert (tree / "lib").is_dir()
