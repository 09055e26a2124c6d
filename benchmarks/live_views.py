"""Live views in a kernel of their own: opening, editing, following, closing.

The kernel is told of its cells as JupyterLab does, and counts what it sends to a page.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

from jupyter_client.manager import start_new_kernel

PREPARE = """
import gc, json, sys, time, tracemalloc
import ipykernel.comm.comm as kernel_comms
import kit
from kit.widgets.preview import Preview
from kit.widgets.view_registry import open_views

sent = []
def count(kind):
    plain = kind.publish_msg
    def publish_msg(self, msg_type, data=None, *rest, **facts):
        sent.append(len(json.dumps(data, default=str)))
        return plain(self, msg_type, data, *rest, **facts)
    kind.publish_msg = publish_msg
count(next(kind for kind in (kernel_comms.Comm, kernel_comms.BaseComm)
           if "publish_msg" in vars(kind)))

def timed(work):
    start = time.perf_counter()
    result = work()
    return result, 1000 * (time.perf_counter() - start)

def opened():
    view = kit.preview(usual)
    view.widget
    return view
"""
DEFINE = """
@kit.container_task(
    image="ghcr.io/acme/sql:1.4", name="usual", custom={"table": "penguins"},
    requests=kit.Resources(cpu="1", mem="512Mi"), retries=2, environment={"TZ": "UTC"},
)
def usual(tt, species: str, limit: int = 3) -> list[dict[str, float]]:
    return [{"mass": 1.0}] * limit
"""
OPEN = """
first, first_ms = timed(opened)
second, second_ms = timed(opened)
views = [first, second, *(opened() for _ in range(87))]
gc.collect(); tracemalloc.start(); before = tracemalloc.get_traced_memory()[0]
views += [opened() for _ in range(10)]
gc.collect(); memory = (tracemalloc.get_traced_memory()[0] - before) / 10
tracemalloc.stop()
_, hundredth_ms = timed(opened)
"""
EDIT = """
sent.clear()
times = [timed(lambda n=n: first.edit("cpu", str(n + 2)))[1] for n in range(15)]
edit = (sorted(times)[7], len(sent) / 15, sum(sent) / 15)
entered = set(); calls = [0]
def profile(frame, kind, _):
    if kind == "call" and "/kit/" in frame.f_code.co_filename:
        entered.add((frame.f_code.co_filename, frame.f_code.co_qualname
                     if hasattr(frame.f_code, "co_qualname") else frame.f_code.co_name))
sys.setprofile(profile); first.edit("cpu", "99"); sys.setprofile(None)
functions = len(entered)
"""
CLOSE = """
_, closed_ms = timed(lambda: [view.close() for view in open_views(Preview)])
"""
READ = (
    "dict(first=first_ms, second=second_ms, hundredth=hundredth_ms, memory=memory, "
    "edit=edit[0], messages=edit[1], bytes=edit[2], functions=functions, "
    "closed=closed_ms, redefined=redefined)"
)
REDEFINED = "redefined = 1000 * (time.perf_counter() - began)"


def measured() -> dict[str, float]:
    """Open a hundred previews, edit one, define the task again, close all."""
    manager, client = start_new_kernel()
    try:
        kernel = _Kernel(client)
        kernel.run("import kit", "import")
        kernel.run("import time; time.sleep(3)", "reading")  # as a person does
        for cell, code in (("prepare", PREPARE), ("define", DEFINE), ("open", OPEN)):
            kernel.run(code, cell)
        kernel.run(EDIT, "edit")
        kernel.run("first.reset(); began = time.perf_counter()", "begin")
        kernel.run(DEFINE.replace('"1"', '"4"'), "define")
        kernel.run(REDEFINED, "redefined")
        kernel.run(CLOSE, "close")
        found: dict[str, float] = ast.literal_eval(kernel.run("", "read", READ))
        return found
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


class _Kernel:
    def __init__(self, client: Any) -> None:
        self._client = client
        client.iopub_channel.stop()  # nobody reads what is sent to the page

    def run(self, code: str, cell: str, expression: str = "0") -> str:
        """Run a cell, and return the text of an expression after it."""
        content = {
            "code": code,
            "silent": False,
            "store_history": True,
            "user_expressions": {"found": expression},
            "allow_stdin": False,
            "stop_on_error": True,
        }
        session = self._client.session
        message = session.msg("execute_request", content, metadata={"cellId": cell})
        self._client.shell_channel.send(message)
        while True:
            reply = self._client.get_shell_msg(timeout=120)
            if reply["parent_header"]["msg_id"] == message["header"]["msg_id"]:
                break
        if reply["content"]["status"] != "ok":
            raise RuntimeError("\n".join(reply["content"]["traceback"]))
        return str(reply["content"]["user_expressions"]["found"]["data"]["text/plain"])


def rows() -> Iterator[tuple[str, float, str, float]]:
    """Yield what was done, what it took, its unit, and what it may take."""
    found = measured()
    yield "first preview of a kernel", found["first"], "ms", 100
    yield "second preview", found["second"], "ms", 100
    yield "hundredth preview", found["hundredth"], "ms", 100
    yield "… its memory", found["memory"] / 1024, "KiB", 100
    yield "edit of a preview, in the kernel", found["edit"], "ms", 50
    yield "… messages", found["messages"], "", 1
    yield "… bytes", found["bytes"] / 1000, "KB", 60
    yield "… functions of kit entered", found["functions"], "", 1_200
    yield "redefinition with 100 previews open", found["redefined"], "ms", 500
    yield "closing 100 previews", found["closed"], "ms", 2_000
