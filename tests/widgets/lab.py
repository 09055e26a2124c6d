"""A real JupyterLab in a real browser, for tests that drive one.

Playwright keeps an event loop in its thread, and tests that call ``asyncio.run`` could
not run after it: scripts that use this are processes of their own.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Browser, Page, sync_playwright

__all__ = ["CHROMIUM", "Lab", "browser", "jupyter", "write_notebook"]

CHROMIUM = "/usr/bin/chromium"
_ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
_READY_SECONDS = 60
_SERVERS = {"lab": "lab", "notebook": "notebook", "voila": "server"}  # its extension
_EXPOSED = {"lab": "LabApp", "notebook": "JupyterNotebookApp"}
_NEWS = "@jupyterlab/apputils-extension/notification.jupyterlab-settings"
_CONNECTED = """async () => {
  const app = window.jupyterapp; await app.restored;
  const context = app.shell.currentWidget.context;
  await context.ready; await context.sessionContext.ready;
  const kernel = context.sessionContext.session.kernel;
  while (kernel.connectionStatus !== 'connected') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await kernel.info;
}"""
_RUN_CELL = """async (index) => {
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index; notebook.deselectAll();
  return await window.jupyterapp.commands.execute('notebook:run-cell');
}"""
_SET_CELL = """([index, source]) => window.jupyterapp.shell.currentWidget.content
  .widgets[index].model.sharedModel.setSource(source)"""
_THEME = """async (name) => {
  await window.jupyterapp.commands.execute('apputils:change-theme', {theme: name});
  while (document.body.dataset.jpThemeName !== name) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}"""


def write_notebook(path: Path, *cells: str) -> None:
    """Write a notebook of code cells."""
    python = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = new_notebook(
        cells=[new_code_cell(cell) for cell in cells],
        metadata={"kernelspec": python, "language_info": {"name": "python"}},
    )
    write(notebook, str(path))


@contextlib.contextmanager
def jupyter(folder: Path, application: str = "lab") -> Iterator[tuple[str, str]]:
    """Start a server of its own on a folder, and yield its address and its token."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="kit-jupyter-") as home:
        news = Path(home, "settings", _NEWS)
        news.parent.mkdir(parents=True)
        news.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
        log = Path(home, "server.log")
        with log.open("wb") as out:
            server = subprocess.Popen(
                _command(folder, application, port, token),
                stdout=out,
                stderr=subprocess.STDOUT,
                env=_environment(home),
                start_new_session=True,
                preexec_fn=_die_with_parent,  # noqa: PLW1509 - one thread
            )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_until_ready(server, f"{address}/api/status?token={token}", log)
            yield address, token
        finally:
            _stop(server)


def _command(folder: Path, application: str, port: int, token: str) -> list[str]:
    words = [
        *(sys.executable, "-m", "jupyter", _SERVERS[application], "--no-browser"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"),
        *("--ServerApp.port_retries=0", f"--IdentityProvider.token={token}"),
        *(f"--ServerApp.root_dir={folder}", "--ServerApp.allow_root=True"),
    ]
    if application in _EXPOSED:
        words.append(f"--{_EXPOSED[application]}.expose_app_in_browser=True")
    return words


def _environment(home: str) -> dict[str, str]:
    folders = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTER_DATA_DIR": "data",
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
    }
    made = {name: f"{home}/{folder}" for name, folder in folders.items()}
    scripts = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, **made, "JUPYTER_PLATFORM_DIRS": "0", "PATH": scripts}


def _die_with_parent() -> None:
    """Let Linux stop the server when the test's process is killed."""
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _wait_until_ready(server: subprocess.Popen, address: str, log: Path) -> None:
    end = time.monotonic() + _READY_SECONDS
    while not _answers(address):
        if server.poll() is not None or time.monotonic() > end:
            raise RuntimeError(log.read_text()[-3000:])
        time.sleep(0.05)


def _answers(address: str) -> bool:
    try:
        urllib.request.urlopen(address, timeout=2).read()  # noqa: S310 - of this server
    except OSError:
        return False
    return True


def _stop(server: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """Start the machine's own Chromium."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=CHROMIUM, headless=True, args=_ARGUMENTS
        )
        yield started
        started.close()


class Lab:
    """A notebook that is open in JupyterLab, its kernel connected.

    Args:
        page: A page of the browser.
        server: The server's address and token.
        notebook: The notebook's name.
        place: Where the application shows one notebook by itself.
    """

    def __init__(
        self,
        page: Page,
        server: tuple[str, str],
        notebook: str,
        place: str = "doc/tree",
    ) -> None:
        self.page = page
        address, token = server
        page.goto(f"{address}/{place}/{notebook}?token={token}&reset")
        page.wait_for_function(
            "() => window.jupyterapp?.shell.currentWidget?.context", timeout=60_000
        )
        page.evaluate(_CONNECTED)  # the indicator says idle before that

    def run(self, index: int) -> bool:
        """Run a cell until it has ended; False if it raised."""
        return bool(self.page.evaluate(_RUN_CELL, index))

    def rewrite(self, index: int, source: str) -> None:
        """Write other source into a cell."""
        self.page.evaluate(_SET_CELL, [index, source])

    def run_all(self) -> bool:
        """Run all cells; False if one raised."""
        return bool(
            self.page.evaluate(
                "() => window.jupyterapp.commands.execute('notebook:run-all-cells')"
            )
        )

    def use_theme(self, name: str) -> None:
        """Change the theme, and wait for it."""
        self.page.evaluate(_THEME, name)
