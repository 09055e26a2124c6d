"""Look at outputs in JupyterLab as a person would, and say as JSON what was seen.

    python drive_outputs.py FOLDER

Pictures are written into the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from appearance import appearances, judged, problems_of
from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Locator, Page
from xss import MARK, PAYLOADS

TASK = '''
import base64, datetime as dt, typing
from pathlib import Path
import numpy as np, pandas as pd
import kit
from kit import FlyteDirectory, FlyteFile

class Survey(typing.NamedTuple):
    birds: pd.DataFrame
    image: FlyteFile["png"]
    report: FlyteFile["pdf"]
    notes: FlyteFile["md"]
    text: str
    folder: FlyteDirectory
    when: dt.datetime

@kit.container_task(image="acme/a:1", name="survey")
def survey(tt, rows: int) -> Survey:
    """Count birds."""
    random = np.random.default_rng(0)
    birds = pd.DataFrame({
        "number": np.arange(rows)[::-1],
        "mass": random.random(rows).round(3),
        "species": random.choice(["Adelie", "Gentoo"], rows),
    })
    folder = Path("found"); folder.mkdir(exist_ok=True)
    (folder / "a.bin").write_bytes(bytes(range(256)) * 20_000)
    (folder / "b.txt").write_text("second")
    Path("dot.png").write_bytes(base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAA"
        "AABJRU5ErkJggg=="))
    Path("report.pdf").write_bytes(PDF)
    Path("notes.md").write_text("# Found" + chr(10) * 2 + "* two birds")
    return Survey(birds, FlyteFile("dot.png"), FlyteFile("report.pdf"),
                  FlyteFile("notes.md"), "line\\n" * 3_000, FlyteDirectory("found"),
                  dt.datetime(2026, 1, 2, tzinfo=dt.timezone.utc))

PDF = (b"%PDF-1.1\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\\n2 0 obj<</Type/Pages"
       b"/Kids[3 0 R]/Count 1>>endobj\\n3 0 obj<</Type/Page/MediaBox[0 0 200 200]"
       b"/Parent 2 0 R>>endobj\\ntrailer<</Root 1 0 R>>\\n%%EOF")
'''
RUN = "kit.run(survey, runner='in-process', rows=1_000_000).outputs"
EVIL = f"""
texts = {[payload.replace(chr(0), "") for payload in PAYLOADS]!r}
@kit.container_task(image="i:1", name="evil")
def evil(tt) -> tuple[list[dict], FlyteDirectory, FlyteFile, str]:
    folder = Path("evil"); folder.mkdir(exist_ok=True)
    for number, text in enumerate(texts):
        (folder / text.replace("/", "_")[:200]).write_text(text)
    Path("evil.csv").write_text(chr(10).join(texts))
    rows = [{{text: text for text in texts}}] * 30
    return rows, FlyteDirectory("evil"), FlyteFile("evil.csv"), chr(10).join(texts * 40)
kit.run(evil, runner="in-process").outputs
"""
# Bytes of messages of widgets that come to the page, from now on.
_COUNT = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.context
    .sessionContext.session.kernel;
  window.kitBytes = 0;
  kernel.iopubMessage.connect((_, message) => {
    window.kitBytes += JSON.stringify(message.content).length;
  });
}"""
_SEEN = """async ([title, text]) => {
  const grid = [...document.querySelectorAll('.kit-grid')].find(
    (grid) => grid.textContent.startsWith(title));
  const start = performance.now();
  while (grid.querySelector('td').textContent !== text) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
  return performance.now() - start;
}"""


def paged(page: Page, grid: Locator) -> dict[str, Any]:
    """Sort a million rows, go to the last page, and to one by its number."""

    def first(text: str) -> float:
        return page.evaluate(_SEEN, ["birds", text])

    seen: dict[str, Any] = {"title": grid.locator(".kit-caption").inner_text()}
    grid.get_by_label("Sort by number", exact=True).click()
    seen["sorted"] = first("0")
    seen["sort"] = grid.locator("th").first.get_attribute("aria-sort")
    grid.get_by_role("button", name="Last").click()
    seen["last"] = first("999980")
    seen["status"] = grid.locator("[role=status]").inner_text()
    seen["ends"] = grid.get_by_role("button", name="Next").is_disabled()
    grid.get_by_label("Page", exact=True).fill("3")
    grid.get_by_label("Page", exact=True).press("Enter")
    first("40")
    grid.get_by_label("Rows on a page").select_option("100")
    first("0")
    seen["rows"] = grid.locator("tbody tr").count()
    grid.get_by_label("Sort by number", exact=True).press("Enter")
    first("999999")
    return seen


def taken(page: Page, view: Locator) -> dict[str, Any]:
    """Save a text that was cut, and a file of a folder."""
    seen = {}
    tools = view.locator(".kit-files")
    for name, tool in (("text", tools.nth(3)), ("file", tools.nth(4))):
        with page.expect_download() as download:
            tool.get_by_role("button", name="Save").click()
        data = Path(download.value.path()).read_bytes()
        seen[name] = [download.value.suggested_filename, len(data), data[:5].hex()]
    tools.nth(4).get_by_role("combobox").select_option(index=1)
    with page.expect_download() as download:
        tools.nth(4).get_by_role("button", name="Save").click()
    seen["chosen"] = Path(download.value.path()).read_text()
    tools.nth(1).get_by_role("button", name="Show").click()
    embedded = view.locator("embed")
    embedded.wait_for()
    seen["pdf"] = embedded.get_attribute("type")
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Show outputs whose every text is made to act."""
    ran = lab.run(2)
    view = lab.page.locator(".kit-live").nth(1)
    view.locator(".kit-grid tbody tr").first.wait_for()
    view.locator(".kit-grid").first.get_by_role("button", name="Next").click()
    lab.page.wait_for_timeout(300)  # for what acts when something fails to load
    added = "(view) => view.querySelectorAll('script, img, svg, iframe, a').length"
    return {
        "ran": ran,
        "acted": lab.page.evaluate(f"'{MARK}' in window"),
        "added": view.evaluate(added),
    }


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", TASK, RUN, EVIL)
    with jupyter(folder) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 3400})
        lab = Lab(page, server, "use.ipynb")
        page.evaluate(_COUNT)
        seen: dict[str, Any] = {"ran": [lab.run(0), lab.run(1)]}
        view = page.locator(".kit-live").first
        grid = view.locator(".kit-grid").first
        grid.locator("td").first.wait_for()
        seen["text"] = view.inner_text()
        seen["images"] = view.locator("img.kit-picture").count()
        seen["paged"] = paged(page, grid)
        seen["bytes"] = page.evaluate("window.kitBytes")
        seen["taken"] = taken(page, view)
        seen["pictured"] = {}
        for look in appearances(lab):
            view.scroll_into_view_if_needed()
            view.screenshot(path=folder / f"outputs-{look.lower()}.png")
            seen["pictured"][look] = {**problems_of(view), "axe": judged(page)}
        seen["attacked"] = attacked(lab)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]))
