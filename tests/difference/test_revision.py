from __future__ import annotations

import subprocess
import sys
from pathlib import Path, PurePosixPath

import pytest
from diff_tasks import query

from kit.definition.images import Image, ImageConfig
from kit.definition.settings import SerializationSettings
from kit.difference import sources as revisions
from kit.difference.diff import diff
from kit.errors import RevisionError, TargetError
from kit.template.serialize import LOCAL_SETTINGS

MODULE = """
from diff_tasks import query
from acme.limits import LIMIT

load = query(f"SELECT {LIMIT}", image="{{.image.default}}")
"""


def git(folder: Path, *words: str) -> None:
    """Run git as nobody in particular."""
    who = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    command = ["git", "-C", str(folder), *who, *words]
    subprocess.run(command, check=True, capture_output=True)


def commit(folder: Path, files: dict[str, str]) -> None:
    """Write files and commit them."""
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "next")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """Make a repository whose package has two revisions, and stand in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(Path(__file__).parent), *sys.path])
    git(tmp_path, "init", "-q")
    package = {"src/acme/__init__.py": "", "src/acme/tasks.py": MODULE}
    commit(tmp_path, {**package, "src/acme/limits.py": "LIMIT = 1\n"})
    commit(tmp_path, {"src/acme/limits.py": "LIMIT = 2\n"})
    return tmp_path


def queries(old: str, new: str = "git:HEAD:src/acme/tasks.py:load") -> tuple[str, str]:
    """Return the queries that differ between two sides."""
    (change,) = diff(new, against=old).changes
    assert change.path == "custom.query"
    return change.before, change.after


@pytest.mark.usefixtures("repository")
def test_a_task_is_what_its_revision_makes_it():
    """With the modules beside it as they were."""
    assert queries("git:HEAD~1:src/acme/tasks.py:load") == ("SELECT 1", "SELECT 2")
    assert queries("git:HEAD~1:src/acme/tasks.py") == ("SELECT 1", "SELECT 2")


def test_nothing_is_checked_out_or_imported_here(repository):
    """Neither the working tree nor this process has it, and no file is left."""
    (repository / "src/acme/limits.py").write_text("LIMIT = 99\n")
    (repository / "src/acme/tasks.py").unlink()
    before = sorted(path for path in repository.rglob("*") if ".git" not in path.parts)
    assert queries("git:HEAD~1:src/acme/tasks.py:load") == ("SELECT 1", "SELECT 2")
    after = sorted(path for path in repository.rglob("*") if ".git" not in path.parts)
    assert after == before
    assert "acme.tasks" not in sys.modules


def test_paths_start_from_the_current_folder(repository, monkeypatch):
    """Or are absolute."""
    monkeypatch.chdir(repository / "src")
    absolute = repository / "src" / "acme" / "tasks.py"
    found = queries("git:HEAD~1:acme/tasks.py:load", f"git:HEAD:{absolute}:load")
    assert found == ("SELECT 1", "SELECT 2")


def test_the_working_tree_does_not_shadow_the_revision(repository, monkeypatch):
    """Though it is on the import path, as that of an editable installation."""
    monkeypatch.setattr(sys, "path", [str(repository / "src"), *sys.path])
    (repository / "src/acme/limits.py").write_text("LIMIT = 99\n")
    assert queries("git:HEAD~1:src/acme/tasks.py:load") == ("SELECT 1", "SELECT 2")


@pytest.mark.usefixtures("repository")
def test_settings_reach_the_other_process():
    """Images that only they know."""
    image = Image("default", "ghcr.io/acme/base", "7")
    settings = SerializationSettings(image_config=ImageConfig.create_from(image))
    side = "git:HEAD:src/acme/tasks.py:load"
    task = query("SELECT 2", image="ghcr.io/acme/base:7")
    assert not diff(task, against=side, settings=settings)
    assert diff(task, against=side, settings=LOCAL_SETTINGS)


@pytest.mark.parametrize(
    ("side", "message"),
    [
        ("git:nope:src/acme/tasks.py:load", "has no git revision 'nope'"),
        ("git:--help:src/acme/tasks.py:load", "do not start with a dash"),
        ("git:HEAD:src/acme/gone.py:load", "has no file 'src/acme/gone.py'"),
        ("git:HEAD:../../outside.py:load", "is not in the git repository"),
        ("git:HEAD:src/acme/tasks.py:laod", "no task 'laod'. Did you mean 'load'"),
        ("git:HEAD:src/acme/limits.py", "has 0 tasks"),
    ],
)
@pytest.mark.usefixtures("repository")
def test_what_a_revision_lacks_is_said(side, message):
    """Revision, file or task."""
    with pytest.raises(RevisionError) as caught:
        diff(query(), against=side)
    assert message in str(caught.value)


def test_a_module_that_fails_tells_its_last_lines(repository):
    """Its own traceback is in the error."""
    commit(repository, {"src/acme/broken.py": "raise ValueError('no table')\n"})
    with pytest.raises(RevisionError, match="ValueError: no table"):
        diff(query(), against="git:HEAD:src/acme/broken.py:load")


def test_a_module_that_never_ends_is_stopped(repository, monkeypatch):
    """With all it started."""
    monkeypatch.setattr(revisions, "_SECONDS", 1)
    commit(repository, {"src/acme/slow.py": "import time\ntime.sleep(60)\n"})
    with pytest.raises(RevisionError, match="ended after 1 s"):
        diff(query(), against="git:HEAD:src/acme/slow.py:load")


def test_a_module_whose_name_is_taken_is_refused(repository):
    """The revision's file would not be the one that is imported."""
    commit(repository, {"src/kit.py": "load = None\n"})
    with pytest.raises(RevisionError, match="The name 'kit' is taken by"):
        diff(query(), against="git:HEAD:src/kit.py:load")


def test_hooks_and_filters_do_not_run(repository):
    """Only the object store is read."""
    trap = repository / "trap"
    git(repository, "config", "filter.trap.smudge", f"touch {trap}")
    git(repository, "config", "core.fsmonitor", f"touch {trap}")
    commit(repository, {".gitattributes": "*.py filter=trap\n"})
    trap.unlink(missing_ok=True)
    assert queries("git:HEAD~2:src/acme/tasks.py:load") == ("SELECT 1", "SELECT 2")
    assert not trap.exists()


def test_too_many_files_are_not_taken_out(repository, monkeypatch):
    """A repository may be huge; the error says what to do."""
    monkeypatch.setattr(revisions, "_MOST_FILES", 2)
    with pytest.raises(RevisionError, match=r"3 Python files .* kit show TASK"):
        diff(query(), against="git:HEAD:src/acme/tasks.py:load")


@pytest.mark.parametrize("path", ["/etc/evil.py", "../evil.py"])
def test_a_crafted_tree_writes_nowhere_else(repository, tmp_path, path):
    """Paths of a revision stay below the folder."""
    found = revisions.open_repository(repository)
    blob = next(iter(found.python_files("HEAD").values()))
    with pytest.raises(RevisionError, match="out of its folder"):
        found.write({PurePosixPath(path): blob}, tmp_path / "tree")
    assert not (tmp_path / "tree").exists()


def test_outside_of_a_repository_there_are_no_revisions(tmp_path, monkeypatch):
    """The error has git's words."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(RevisionError, match="is in no git repository"):
        diff(query(), against="git:HEAD:tasks.py:load")


def test_without_git_it_says_so(tmp_path, monkeypatch):
    """And what to do."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RevisionError, match="git cannot be run"):
        diff(query(), against="git:HEAD:tasks.py:load")


@pytest.mark.parametrize("text", ["git:", "git:HEAD", "git:HEAD:tasks", "git::x.py"])
def test_what_names_no_revision_is_refused(text):
    """With the form that is meant."""
    with pytest.raises(TargetError, match="git:HEAD~1:tasks"):
        diff(query(), against=text)
