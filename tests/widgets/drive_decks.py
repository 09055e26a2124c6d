"""Look at the decks of a run in JupyterLab, and say as JSON what was seen.

python drive_decks.py FOLDER
"""

from __future__ import annotations

import json
import sys
import threading
from http.server import ThreadingHTTPServer
from pathlib import Path

from browse_decks import Listener, inner, left
from hostile_deck import hostile_html
from lab import Lab, browser, jupyter, write_notebook

TASK = """
import kit

@kit.container_task(image="i:1", enable_deck=True, deck_fields=["Input"])
def plotted(tt, html: str) -> int:
    from kit import Deck
    Deck("evil", html)
    Deck("bars", "<p>second</p>")
    return 1
"""
SHOWN = "kit.run(plotted, html={html!r}, runner='in-process').decks"


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    counter = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    threading.Thread(target=counter.serve_forever, daemon=True).start()
    html = hostile_html(f"http://127.0.0.1:{counter.server_port}")
    write_notebook(folder / "decks.ipynb", TASK, SHOWN.format(html=html))
    with jupyter(folder) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1200, "height": 1000})
        lab = Lab(page, server, "decks.ipynb")
        address = page.url
        seen: dict[str, object] = {"ran": [lab.run(0), lab.run(1)]}
        page.locator(".kit-live .kit-tabs").wait_for()
        frame = inner(page, within=".kit-live")
        frame.wait_for_function("document.body.dataset.found?.includes('evaluated')")
        page.wait_for_timeout(500)
        seen["found"] = json.loads(frame.evaluate("document.body.dataset.found"))
        page.screenshot(path=str(folder / "decks.png"))
        left(frame)
        page.locator(".kit-live .kit-tab", has_text="bars").click()
        inner(page, 1, ".kit-live").wait_for_selector("text=second")
        page.locator(".kit-live .kit-tab input").nth(1).press("ArrowRight")
        page.locator(".kit-live .kit-panel").nth(2).wait_for()
        seen["shown"] = [
            box.is_visible() for box in page.locator(".kit-live .kit-panel").all()
        ]
        seen["address"] = page.url == address
        seen["requests"] = list(Listener.seen)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
