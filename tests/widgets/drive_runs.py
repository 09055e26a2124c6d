"""Follow a run at the end of a cell in JupyterLab, and say as JSON what was seen.

    python drive_runs.py FOLDER

Pictures are written into the folder.
"""

from __future__ import annotations

import contextlib
import json
import sys
from pathlib import Path
from typing import Any

from appearance import appearances, judged, problems_of
from browse_decks import inner
from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Error, Locator, Page

TASK = """
import kit

@kit.container_task(image="i:1", name="slow", enable_deck=True, deck_fields=["Input"])
def slow(tt, steps: int) -> dict:
    import time
    deck = kit.Deck("progress", "")
    notes = kit.Deck("notes", "")
    for step in range(steps):
        print("step", step, flush=True)
        deck.append(f"<p style='height: 40px; margin: 0'>step {step}</p>")
        notes.append(f"<p>note {step}</p>")
        kit.Deck.publish()
        time.sleep(0.1)
    return {"steps": steps}
"""
HOSTILE = """
kit.Decks([kit.Deck("evil", '''<p>evil</p><script>
  const heights = [1e9, -5, NaN, Infinity, "300", null, {}, 200];
  for (let n = 0; n < 10000; n += 1) {
    const told = { kitDeckHeight: heights[n % 8], kitDeckIsNew: true };
    parent.postMessage(told, "*");
    parent.parent.postMessage({ ...told, kitDeckHeight: 5555 }, "*");
  }
</script>''', auto_add_to_deck=False)])
"""
TALL = """
kit.Decks([kit.Deck("tall", "<table height=1400><tr><td>tall</table>",
                    auto_add_to_deck=False)])
"""
PLOTTED = """
import plotly.graph_objects as go

@kit.container_task(image="i:1", name="plotted", enable_deck=True, deck_fields=[])
def plotted(tt, heights: list[int]) -> int:
    figure = go.Figure(go.Bar(y=heights))
    kit.Deck("plot", figure.to_html(include_plotlyjs=True, full_html=False))
    kit.Deck("nosy", '''<p id="told">...</p><script>
      const told = document.getElementById("told");
      try { told.textContent = parent.parent.document.title; }
      catch (error) { told.textContent = error.name; }
    </script>''')
    return len(heights)
kit.run(plotted, heights=[3, 1, 2])
"""
_HEIGHTS = "(frame) => [frame.clientHeight, frame.parentElement.clientHeight]"
_BARS = "svg.main-svg .bars .point"
_SCHEME = "getComputedStyle(document.documentElement).colorScheme"


def phase(view: Locator, word: str) -> None:
    """Wait for a phase."""
    present = view.locator(".kit-status .kit-state", has_text=word)
    present.first.wait_for(timeout=60_000)


def tab(view: Locator, key: str) -> Locator:
    """Return a tab of the results."""
    return view.locator(f"[data-kit-tab={key}]")


def deck_text(page: Page, wanted: str) -> str:
    """Wait for a text in a deck, which is drawn again and again."""
    for _ in range(300):
        for frame in page.frames:
            with contextlib.suppress(Error):  # it went while it was read
                text = str(frame.evaluate("document.body?.innerText"))
                if frame is not page.main_frame and wanted in text:
                    return text
        page.wait_for_timeout(100)
    raise TimeoutError(wanted)


def followed(lab: Lab) -> dict[str, Any]:
    """See a run from its start to its end, with the decks that it publishes."""
    page = lab.page
    view = page.locator(".kit-live").first
    phase(view, "Running")
    view.get_by_role("log").filter(has_text="step 5\n").wait_for()
    tab(view, "decks").click()
    view.locator(".kit-tab", has_text="progress").wait_for()
    seen_tabs = view.locator(".kit-tab", has_text="progress").count()
    early = deck_text(page, "step 3")
    seen: dict[str, Any] = {"early": "step 59" not in early, "tabs": seen_tabs}
    seen["running"] = view.locator(".kit-status .kit-state").inner_text()
    notes = view.locator(".kit-tab", has_text="notes").first
    notes.click()
    deck_text(page, "note 30")  # it has been drawn anew, many times
    seen["tab"] = notes.locator("input").is_checked()
    view.locator(".kit-tab").first.click()
    phase(view, "Succeeded")
    seen["stays"] = tab(view, "decks").get_attribute("aria-selected")
    tab(view, "result").click()
    seen["outputs"] = view.locator("[data-kit-panel=result]").inner_text()
    seen["duration"] = view.locator(".kit-status").inner_text()
    tab(view, "decks").click()
    seen["cancel"] = view.get_by_role("button", name="Cancel").count()
    page.wait_for_function(
        "() => document.querySelector('.kit-live .kit-frame').clientHeight > 2000"
    )
    seen["heights"] = view.locator("iframe").first.evaluate(_HEIGHTS)
    return seen


def plotted(lab: Lab) -> dict[str, Any]:
    """Look at a real plot, and at what a script of a deck reads of the notebook."""
    page = lab.page
    ran = lab.run(5)
    view = page.locator(".kit-live").last
    phase(view, "Succeeded")
    tab(view, "decks").click()
    view.locator(".kit-tab", has_text="nosy").click()
    refused = deck_text(page, "SecurityError")
    view.locator(".kit-tab", has_text="plot").click()
    bars = 0
    for _ in range(300):
        bars = max((frame.locator(_BARS).count() for frame in page.frames), default=0)
        if bars:
            break
        page.wait_for_timeout(100)
    with page.expect_download() as download:
        outer = view.locator("iframe[title=plot]").element_handle().content_frame()
        outer.get_by_text("Save").click()
    saved = Path(download.value.path()).read_text()
    return {
        "ran": ran,
        "refused": refused,
        "bars": bars,
        "saved": [download.value.suggested_filename, "plotly" in saved],
    }


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    run = "kit.run(slow, steps={})"
    cells = (TASK, run.format(60), run.format(1000), TALL, HOSTILE, PLOTTED)
    write_notebook(folder / "runs.ipynb", *cells)
    with jupyter(folder) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1200, "height": 3400})
        lab = Lab(page, server, "runs.ipynb")
        seen: dict[str, Any] = {"ran": [lab.run(0), lab.run(1)]}
        seen["followed"] = followed(lab)
        lab.run(2)
        second = page.locator(".kit-live").nth(1)
        phase(second, "Running")
        second.get_by_role("button", name="Cancel").click()
        phase(second, "Cancelled")
        lab.rewrite(2, "1")
        lab.run(2)  # its view is closed
        lab.run(3)
        tall = page.locator(".kit-live iframe[title=tall]")
        page.wait_for_function(
            "(frame) => frame.clientHeight > 1000", arg=tall.element_handle()
        )
        seen["tall"] = tall.evaluate(_HEIGHTS)[0]
        live = page.locator(".kit-live iframe").count()
        deck = inner(page, live - 1, ".kit-live")
        seen["schemes"] = {}
        seen["pictured"] = {}
        for look in appearances(lab):
            page.wait_for_timeout(200)
            seen["schemes"][look] = deck.evaluate(_SCHEME)
            view = page.locator(".kit-live").first
            view.screenshot(path=folder / f"run-{look.lower()}.png")
            seen["pictured"][look] = {**problems_of(view), "axe": judged(page)}
        before = tall.evaluate(_HEIGHTS)[0]
        lab.run(4)
        evil = page.locator(".kit-live iframe[title=evil]")
        evil.wait_for()
        page.wait_for_timeout(3_000)
        seen["evil"] = evil.evaluate(_HEIGHTS)[0]
        seen["others"] = tall.evaluate(_HEIGHTS)[0] == before
        seen["plotted"] = plotted(lab)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]))
