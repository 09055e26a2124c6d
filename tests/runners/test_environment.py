from __future__ import annotations

import site
import subprocess
import sys
from pathlib import Path

import pytest
from flyteidl.core.tasks_pb2 import TaskTemplate

from kit.errors import TemplateError
from kit.runners.attempt import container_command, loader_call, local_command
from kit.runners.environment import (
    inherited_environment,
    isolated_environment,
    python_path,
)
from kit.runners.workspace import Workspace


def test_the_import_path_has_what_this_process_added(tmp_path: Path, monkeypatch):
    """Own folders are in it, the installation's are not."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", ["", "relative", *sys.path])
    folders = python_path().split(":")
    assert folders[:2] == [str(tmp_path), str(tmp_path / "relative")]
    assert not any("site-packages" in f or "lib-dynload" in f for f in folders)
    assert len(folders) == len(set(folders))


def test_the_import_path_keeps_the_standard_library_first(tmp_path: Path):
    """A child with it imports the interpreter's own modules."""
    env = {"PYTHONPATH": python_path()}
    code = "import json, flyteidl, kit; print(json.__file__)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=env,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "site-packages" not in done.stdout


def test_variables_of_the_kernel_stay_with_the_kernel():
    """A child is no kernel and draws into no notebook."""
    environ = {
        "HOME": "/h",
        "JPY_PARENT_PID": "1",
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    }
    assert inherited_environment(environ) == {"HOME": "/h"}
    assert inherited_environment({"MPLBACKEND": "agg"}) == {"MPLBACKEND": "agg"}


def test_an_isolated_process_has_a_containers_variables_only(tmp_path: Path):
    """And what its interpreter needs to start, with packages of its user."""
    environ = {"TOKEN": "x", "PYTHONPATH": "/nb", "LD_LIBRARY_PATH": "/lib"}
    found = isolated_environment(environ, tmp_path)
    assert found.pop("PYTHONUSERBASE", site.getuserbase()) == site.getuserbase()
    programs = f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin"
    assert found == {
        "HOME": str(tmp_path),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": "/lib",
        "PATH": programs,
    }


def test_entrypoints_become_this_interpreter():
    """Any other program stays what it is."""
    assert local_command(["kit-execute", "--x"]) == [
        *(sys.executable, "-m", "kit.entrypoint", "--x")
    ]
    assert local_command(["pyflyte-execute", "--x"]) == [
        *(sys.executable, "-m", "flytekit.bin.entrypoint", "pyflyte-execute", "--x")
    ]
    assert local_command(["/bin/echo", "hi"]) == ["/bin/echo", "hi"]


def test_a_template_without_command_is_refused(tmp_path: Path):
    """The error says which template."""
    workspace = Workspace.create(tmp_path, template=b"", inputs=b"")
    template = TaskTemplate()
    template.id.name = "empty"
    with pytest.raises(TemplateError, match="'empty' has no container command"):
        container_command(template, workspace, None)


def test_arguments_without_a_resolver_cannot_run_in_process():
    """The error shows what was expected and the way out."""
    with pytest.raises(TemplateError, match="take the subprocess runner"):
        loader_call("t", ["my-program", "--flag"])
    call = loader_call("t", ["x", "--resolver", "m.r", "--", "a", "b"])
    assert (call.resolver, call.arguments) == ("m.r", ("a", "b"))
