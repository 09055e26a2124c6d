"""Use a preview in JupyterLab as a person would, and say as JSON what was seen.

    python drive_lab.py FOLDER [APPLICATION]

Pictures are written into the folder.
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path
from typing import Any

from appearance import appearances, problems_of
from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Locator, Page
from xss import MARK, PAYLOADS

TASK = """
@kit.container_task(
    image="ghcr.io/acme/sql:1.4",
    custom={"table": "penguins", "engine": {"name": "duckdb", "threads": 4}},
    requests=kit.Resources(cpu="1", mem="512Mi"),
    environment={"TZ": "UTC"},
    secret_requests=[kit.Secret("db", "password")],
    cache=True,
    cache_version="3",
    retries=2,
)
def heaviest(tt, species: str, limit: int = 3) -> list[dict[str, float]]:
    '''The heaviest penguins of a species.'''
    return [{"mass": 6300.0}] * limit
"""
PREVIEW = """
kit.preview(heaviest, kit.SerializationSettings(
    project="birds", domain="development", version="v1",
    image_config=kit.ImageConfig.from_images("ghcr.io/acme/base:2")))
"""
EVIL = f"""
texts = {[payload.replace(chr(0), "") for payload in PAYLOADS]!r}
class Evil(kit.PythonCustomizedContainerTask):
    def get_custom(self, settings):
        return {{text: text for text in texts}}
class Executor(kit.ShimTaskExecutor):
    def execute_from_model(self, tt, **kwargs):
        pass
evil = Evil("evil " + texts[0], None, "i:1", Executor,
            environment={{f"KEY{{n}}": text for n, text in enumerate(texts)}},
            metadata=kit.TaskMetadata(labels={{text: text for text in texts}}))
view = kit.preview(evil)
for text in texts:
    view.edit("cpu", text)
    view.edit("version", text)
view
"""
PLAIN = """
import ipywidgets
plain = ipywidgets.Text(description="plain", continuous_update=False)
answer = ipywidgets.HTML()
def echo(change):
    answer.value = f"<b>{change['new']}</b>"
plain.observe(echo, "value")
ipywidgets.Box((plain, answer)).add_class("plain-box")
"""
EDITS = 15
# From the event that ends typing to the first change of what is shown.
_TIMED_EDIT = """async (field) => {
  const view = field.closest('.kit-preview');
  const start = performance.now();
  const changed = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      const marked = [...view.querySelectorAll('tr.kit-changed td')];
      if (marked.some((cell) => cell.textContent.startsWith(`${field.value} was`))) {
        observer.disconnect();
        resolve(performance.now() - start);
      }
    }).observe(view, {subtree: true, childList: true, characterData: true});
  });
  field.dispatchEvent(new Event('change', {bubbles: true}));
  return await changed;
}"""


def field(page: Page, label: str) -> Locator:
    """Return the field of a label, in the first preview."""
    return page.locator(".kit-preview").first.get_by_label(label, exact=True)


def body(page: Page, title: str) -> Locator:
    """Return the body of a section."""
    return page.locator(".kit-preview").first.get_by_role("region", name=title)


def type_into(page: Page, label: str, text: str) -> None:
    """Type as a person does: the text, and Tab."""
    field(page, label).fill(text)
    field(page, label).press("Tab")


def edited(page: Page) -> dict[str, Any]:
    """Edit fields, well and badly, and undo."""
    type_into(page, "CPU", "2")
    marked = body(page, "Resources").locator("tr.kit-changed").first
    marked.wait_for()
    seen: dict[str, Any] = {"marked": marked.inner_text()}
    seen["python"] = body(page, "As Python").inner_text()
    seen["changes"] = body(page, "Changes").inner_text()
    type_into(page, "memory", "2x")
    alert = page.get_by_role("alert")
    alert.wait_for()
    seen["alert"] = alert.inner_text()
    seen["kept"] = marked.inner_text()
    for _ in range(2):
        page.get_by_role("button", name="Undo").click()
    body(page, "As Python").wait_for(state="hidden")
    seen["undone"] = field(page, "CPU").input_value()
    return seen


def timed(page: Page) -> float:
    """Return the median of milliseconds from an edit to the change in the page."""
    cpu = field(page, "CPU")
    times = []
    for number in range(EDITS):
        cpu.fill(str(number + 2))
        times.append(cpu.evaluate(_TIMED_EDIT))
    return statistics.median(times)


_TIMED_PLAIN = """async (field) => {
  const box = field.closest('.plain-box');
  const start = performance.now();
  const changed = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      if ([...box.querySelectorAll('b')].some((b) => b.textContent === field.value)) {
        observer.disconnect();
        resolve(performance.now() - start);
      }
    }).observe(box, {subtree: true, childList: true, characterData: true});
  });
  field.dispatchEvent(new Event('change', {bubbles: true}));
  return await changed;
}"""


def round_trip(page: Page) -> float:
    """Return the median of milliseconds of a text that a kernel only sends back."""
    plain = page.get_by_label("plain", exact=True)
    times = []
    for number in range(EDITS):
        plain.fill(str(number))
        times.append(plain.evaluate(_TIMED_PLAIN))
    return statistics.median(times)


def followed(lab: Lab) -> dict[str, Any]:
    """Define the task again in its own cell, and slide back to what it was."""
    lab.page.get_by_role("button", name="Reset").click()
    lab.rewrite(1, TASK.replace('"penguins"', '"whales"').replace('"1"', '"4"'))
    ran = lab.run(1)
    marked = body(lab.page, "Custom").locator("li.kit-changed")
    marked.wait_for()
    seen = {"ran": ran, "custom": marked.inner_text(), "cpu": ""}
    seen["cpu"] = field(lab.page, "CPU").input_value()
    handle = lab.page.locator(".kit-history .noUi-handle")
    handle.press("Home")  # Notebook 7 takes the arrows for itself
    body(lab.page, "Custom").filter(has_text="penguins").wait_for()
    lab.page.locator(".kit-preview .kit-field input:disabled").nth(5).wait_for()
    lab.page.locator(".kit-status", has_text="the past").wait_for()
    seen["past"] = body(lab.page, "Custom").inner_text()
    seen["disabled"] = field(lab.page, "CPU").is_disabled()
    handle.press("End")
    marked.wait_for()
    return seen


def folded(page: Page) -> dict[str, Any]:
    """Fold and unfold by keyboard; a section stays so when it is drawn again."""
    resources = body(page, "Resources")
    head = page.locator(".kit-pane-head summary", has_text="Resources").first
    head.focus()
    page.keyboard.press("Enter")
    resources.wait_for(state="hidden")
    message = page.locator(".kit-pane-head summary", has_text="Message as text: JSON")
    message.click()
    json_text = body(page, "Message as text: JSON")
    json_text.wait_for()
    type_into(page, "retries", "4")
    marked = json_text.locator("mark", has_text="retries")
    marked.wait_for()
    seen = {"hidden": not resources.is_visible(), "marked": marked.inner_text()}
    message.click()
    head.press("Enter")
    resources.wait_for()
    return seen


def pictured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Take pictures in both themes at every width, and look for problems."""
    seen = {}
    view = lab.page.locator(".kit-preview").first
    for look in appearances(lab):
        view.scroll_into_view_if_needed()
        view.screenshot(path=folder / f"{look.lower()}.png")
        seen[look] = problems_of(view)
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Show a task whose every text is made to act."""
    ran = lab.run(3)
    view = lab.page.locator(".kit-preview").nth(1)
    view.wait_for()
    folds = "(view) => view.querySelectorAll('details').forEach((d) => d.open = true)"
    view.evaluate(folds)
    lab.page.wait_for_timeout(100)  # for what acts when something fails to load
    acted = lab.page.evaluate(f"'{MARK}' in window")
    added = "(view) => view.querySelectorAll('script, img, svg, iframe, a').length"
    return {"ran": ran, "acted": acted, "added": view.evaluate(added)}


def main(folder: Path, application: str = "lab") -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", "import kit", TASK, PREVIEW, EVIL, PLAIN)
    place = {"lab": "doc/tree", "notebook": "notebooks"}[application]
    with jupyter(folder, application) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        lab = Lab(page, server, "use.ipynb", place)
        seen: dict[str, Any] = {"ran": [lab.run(index) for index in range(3)]}
        body(page, "Command").wait_for()
        seen["edited"] = edited(page)
        lab.run(4)
        page.get_by_label("plain", exact=True).wait_for()
        seen["times a round trip"] = timed(page) / round_trip(page)
        seen["followed"] = followed(lab)
        seen["folded"] = folded(page)
        if application == "lab":
            seen["pictured"] = pictured(lab, folder)
        seen["attacked"] = attacked(lab)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]), *sys.argv[2:])
