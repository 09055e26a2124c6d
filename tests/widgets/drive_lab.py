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

from appearance import appearances, judged, problems_of
from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Locator, Page
from xss import MARK, PAYLOADS

TASK = """
@kit.container_task(
    image="ghcr.io/acme/sql:1.4",
    custom={"table": "penguins", "order": "mass"},
    requests=kit.Resources(cpu="1", mem="512Mi"),
    environment={"TZ": "UTC"},
    cache=True,
    cache_version="3",
    retries=2,
)
def heaviest(tt, species: str = "Gentoo", limit: int = 3) -> list[dict[str, float]]:
    '''The heaviest penguins of a species.'''
    print(tt.custom["table"])
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
            metadata=kit.TaskMetadata(labels={{text: text for text in texts}}),
            docs=kit.Documentation(texts[2]))
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
ipywidgets.VBox((plain, answer, kit.preview(heaviest).widget)).add_class("plain-box")
"""
CELLS = ("%load_ext kit\nimport kit", TASK, PREVIEW, EVIL, PLAIN)
EDITS = 15
ROOMY = {"width": 1250, "height": 1000}
# From the event that ends typing to the first change of what is shown.
_TIMED_EDIT = """async (field) => {
  const view = field.closest('.kit-live');
  const start = performance.now();
  const changed = new Promise((resolve) => {
    new MutationObserver((_, observer) => {
      const marked = [...view.querySelectorAll('.kit-line-changed code')];
      if (marked.some((line) => line.textContent.includes(`'${field.value}'`))) {
        observer.disconnect();
        resolve(performance.now() - start);
      }
    }).observe(view, {subtree: true, childList: true, characterData: true});
  });
  field.dispatchEvent(new Event('input', {bubbles: true}));
  field.dispatchEvent(new Event('change', {bubbles: true}));
  return await changed;
}"""


def view_of(page: Page) -> Locator:
    """Return the first preview."""
    return page.locator(".kit-live").first


def field(page: Page, label: str) -> Locator:
    """Return the field of a label, in the first preview."""
    return view_of(page).get_by_label(label, exact=True)


def tab(page: Page, key: str) -> Locator:
    """Go to a tab, and return its panel."""
    view_of(page).locator(f"[data-kit-tab={key}]").click()
    panel = view_of(page).locator(f"[data-kit-panel={key}]")
    panel.wait_for()
    return panel


def line(page: Page, text: str) -> Locator:
    """Return the lines of the message with a text."""
    return view_of(page).locator(".kit-msg", has_text=text)


def type_into(page: Page, label: str, text: str) -> None:
    """Type as a person does: the text, and Tab."""
    field(page, label).fill(text)
    field(page, label).press("Tab")


def opened(page: Page) -> dict[str, Any]:
    """Look at what is there at once."""
    view = view_of(page)
    box = view.bounding_box()
    message = view.locator(".kit-message").bounding_box()
    first = view.locator(".kit-msg").first.bounding_box()
    return {
        "width": box["width"],
        "height": box["height"],
        "message below the top": message["y"] - box["y"],
        "message is visible": first["y"] < box["y"] + box["height"],
        "beside the facts": message["x"]
        > field(page, "CPU request").bounding_box()["x"],
        "static is hidden": not page.locator(".kit-static").first.is_visible(),
        "primary": view.locator(".kit-primary").all_inner_texts(),
        "ladder": view.locator(".kit-rung b").all_inner_texts(),
        "placeholders": view.get_by_text("PLACEHOLDER").count(),
    }


def edited(page: Page) -> dict[str, Any]:
    """Edit fields, well and badly, and undo."""
    type_into(page, "CPU request", "2")
    marked = view_of(page).locator(".kit-line-changed").first
    marked.wait_for()
    seen: dict[str, Any] = {"marked": marked.inner_text()}
    seen["foot"] = view_of(page).locator(".kit-foot [role=status]").inner_text()
    before = view_of(page).bounding_box()["height"]
    type_into(page, "memory request", "2x")
    alert = view_of(page).locator(".kit-wrong-text")
    alert.wait_for()
    seen["alert"] = alert.inner_text()
    seen["grown"] = view_of(page).bounding_box()["height"] - before
    seen["kept"] = marked.inner_text()
    seen["python"] = (
        tab(page, "changes").locator("[data-kit-source=python]").inner_text()
    )
    seen["changes"] = tab(page, "changes").inner_text()
    tab(page, "template")
    type_into(page, "custom order", "length")
    line(page, "order: length").wait_for()
    for _ in range(3):
        view_of(page).get_by_role("button", name="Undo").click()
    view_of(page).locator(".kit-foot", has_text="no edits").wait_for()
    seen["undone"] = field(page, "CPU request").input_value()
    return seen


def typed_on(page: Page) -> dict[str, Any]:
    """Go on typing while the answer to an edit comes: nothing of it is lost."""
    cpu, memory = field(page, "CPU request"), field(page, "memory request")
    memory.focus()
    memory.evaluate("(field) => field.setSelectionRange(1, 3)")
    cpu.evaluate(_CHANGED, "3")
    memory.press_sequentially("7")
    line(page, "'3'").wait_for()
    seen = {"typed": memory.input_value(), "focus": memory.evaluate(_IS_FOCUSED)}
    memory.press("Tab")
    line(page, "57Mi").wait_for()
    view_of(page).get_by_role("button", name="Reset").click()
    view_of(page).locator(".kit-foot", has_text="no edits").wait_for()
    return seen


_CHANGED = """(field, text) => {
  field.value = text;
  field.dispatchEvent(new Event('change', {bubbles: true}));
}"""
_IS_FOCUSED = "(node) => node === document.activeElement"


def provenance(page: Page) -> dict[str, Any]:
    """Ask a line where it comes from, and go to the field that makes it and back."""
    retries = line(page, "retries: 2")
    retries.hover()
    seen = {"source": retries.locator(".kit-from").inner_text()}
    retries.click()
    seen["field"] = field(page, "retries").evaluate(_IS_FOCUSED)
    field(page, "env").focus()
    lit = view_of(page).locator(".kit-msg.kit-lit")
    seen["lit"] = lit.locator("code").all_inner_texts()
    scroll = view_of(page).locator("[data-kit-source=message]")
    box, inner = scroll.bounding_box(), lit.first.bounding_box()
    seen["in sight"] = box["y"] <= inner["y"] <= box["y"] + box["height"]
    return seen


def stages(page: Page) -> dict[str, Any]:
    """Look at the message as it arrives, and in its other forms."""
    view = view_of(page)
    view.get_by_role("button", name="As it arrives").click()
    gone = view.locator(".kit-line-gone").first
    gone.wait_for()
    seen = {"dropped": gone.inner_text()}
    view.get_by_role("button", name="Its pod").click()
    line(page, "kind: Pod").wait_for()
    seen["pod"] = line(page, "restartPolicy").count()
    view.get_by_role("button", name="As registered").click()
    line(page, "retries: 2").wait_for()
    view.get_by_role("button", name="JSON").click()
    line(page, '"retries": 2').first.wait_for()
    view.get_by_role("button", name="Copy", exact=True).first.click()
    view.get_by_role("button", name="Copied").wait_for()
    copied = page.evaluate("() => navigator.clipboard.readText()")
    seen["copied"] = json.loads(copied)["id"]["name"]
    view.get_by_role("button", name="YAML").click()
    line(page, "retries: 2").wait_for()
    return seen


def searched(page: Page) -> dict[str, Any]:
    """Search by keyboard, through tabs that are not chosen, and end with Escape."""
    view = view_of(page)
    tab(page, "details")
    panel = tab(page, "details")
    panel.get_by_role("button", name="Unfold all").wait_for()
    panel.get_by_role("button", name="Fold all", exact=True).click()
    folds = panel.locator("details")
    seen: dict[str, Any] = {
        "folded": folds.evaluate_all("(all) => all.some((one) => one.open)")
    }
    panel.get_by_role("button", name="Unfold all").click()
    seen["unfolded"] = folds.evaluate_all("(all) => all.every((one) => one.open)")
    tab(page, "template")
    view.locator(".kit-msg").first.focus()
    page.keyboard.press("/")
    search = view.get_by_role("searchbox")
    seen["focus"] = search.evaluate(_IS_FOCUSED)
    page.keyboard.type("registration (grpc)")
    status = view.locator("[data-kit-found]")
    status.filter(has_text="of").wait_for()
    seen["found"] = status.inner_text()
    seen["shown"] = view.locator("[data-kit-panel=details]").is_visible()
    page.keyboard.press("Escape")
    seen["cleared"] = [search.input_value(), status.inner_text()]
    return seen


def keyed(page: Page) -> dict[str, Any]:
    """Go through tabs and lines by the arrow keys, and open a menu and close it."""
    view = view_of(page)
    tab(page, "template")
    view.locator("[data-kit-tab=template]").focus()
    page.keyboard.press("ArrowRight")
    seen = {"right": view.locator("[data-kit-panel=interface]").is_visible()}
    page.keyboard.press("ArrowLeft")
    view.locator(".kit-msg[tabindex='0']").focus()
    page.keyboard.press("ArrowDown")
    seen["lines"] = view.locator(".kit-msg").nth(1).evaluate(_IS_FOCUSED)
    menu = view.locator(".kit-start .kit-menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    seen["menu"] = menu.locator("button").first.is_visible()
    page.keyboard.press("Escape")
    seen["closed"] = not menu.locator("button").first.is_visible()
    return seen


def ran(page: Page) -> dict[str, Any]:
    """Run by Ctrl+Enter in a field, and see the rung that it climbs."""
    view = view_of(page)
    tab(page, "template")
    below = page.locator(".jp-CodeCell").nth(3)
    before = below.bounding_box()["y"]
    field(page, "retries").press("Control+Enter")
    view.locator("[data-kit-panel=run]").wait_for()
    view.locator(".kit-rung", has_text="Run passed").wait_for(timeout=60_000)
    view.locator(".kit-rung", has_text="Proof").get_by_role("button").click()
    view.locator(".kit-rung", has_text="Proof passed").wait_for(timeout=60_000)
    return {
        "ladder": view.locator(".kit-rung").all_inner_texts()[:3],
        "moved": abs(below.bounding_box()["y"] - before),
    }


def timed(page: Page) -> float:
    """Return the median of milliseconds from an edit to the change in the page."""
    tab(page, "template")
    cpu = field(page, "CPU request")
    times = []
    for number in range(EDITS):
        cpu.fill(str(number + 2))
        times.append(cpu.evaluate(_TIMED_EDIT))
    view_of(page).get_by_role("button", name="Reset").click()
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
    """Define the task again in its own cell, and go back to what it was."""
    page = lab.page
    lab.rewrite(1, TASK.replace('"penguins"', '"whales"').replace('"1"', '"4"'))
    ran = lab.run(1)
    tab(page, "template")
    line(page, "table: whales").wait_for()
    seen = {"ran": ran, "custom": line(page, "table: whales").inner_text()}
    seen["cpu"] = field(page, "CPU request").input_value()
    history = tab(page, "history")
    history.locator(".kit-steps").wait_for()
    seen["position"] = history.locator(".kit-steps span").inner_text()
    history.get_by_role("button", name="The one before").click()
    view_of(page).locator(".kit-past").wait_for()
    seen["past"] = view_of(page).locator(".kit-past").inner_text()
    tab(page, "template")
    line(page, "table: penguins").wait_for()
    seen["fields"] = view_of(page).locator("[data-kit-field]").count()
    view_of(page).get_by_role("button", name="Back to the present").click()
    line(page, "table: whales").wait_for()
    seen["stale"] = view_of(page).locator(".kit-rung").nth(2).inner_text()
    return seen


def pictured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Take pictures in both themes at every width, and look for problems."""
    seen = {}
    view = view_of(lab.page)
    for look in appearances(lab):
        view.scroll_into_view_if_needed()
        view.screenshot(path=folder / f"{look.lower()}.png")
        seen[look] = problems_of(view)
        seen[f"axe-{look}"] = judged(lab.page)
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Show a task whose every text is made to act, in every tab."""
    ran = lab.run(3)
    view = lab.page.locator(".jp-CodeCell").nth(3).locator(".kit-live").first
    view.wait_for()
    for chosen in view.locator("[data-kit-tab]").all():
        chosen.click()
        lab.page.wait_for_timeout(150)
    folds = "(view) => view.querySelectorAll('details').forEach((d) => d.open = true)"
    view.evaluate(folds)
    view.get_by_role("searchbox").fill(PAYLOADS[2])
    lab.page.wait_for_timeout(300)  # for what acts when something fails to load
    acted = lab.page.evaluate(f"'{MARK}' in window")
    added = "(view) => view.querySelectorAll('script, img, svg, iframe, a').length"
    return {"ran": ran, "acted": acted, "added": view.evaluate(added)}


_RESTART = """async () => {
  const context = window.jupyterapp.shell.currentWidget.context.sessionContext;
  await context.session.kernel.restart();
}"""
_SHUT_DOWN = """async () => {
  await window.jupyterapp.commands.execute('docmanager:save');
  await window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown();
}"""


def restarted(page: Page) -> dict[str, Any]:
    """Restart the kernel with views open."""
    page.evaluate(_RESTART)
    view = view_of(page)
    view.locator("> .kit-banner", has_text="has ended").wait_for()
    field(page, "CPU request").evaluate("(field) => field.disabled")
    return {
        "disabled": field(page, "CPU request").is_disabled(),
        "message": line(page, "retries: 2").is_visible(),
        "icons": page.locator(".kit-live .jupyter-widgets-disconnected").count(),
        "banners": page.locator(".kit-banner:visible").count(),
        "views": page.locator(".kit-live:visible").count(),
    }


def reopened(
    page: Page, server: tuple[str, str], folder: Path, place: str
) -> dict[str, Any]:
    """Open the saved notebook without its kernel: once trusted, once not."""
    page.evaluate(_SHUT_DOWN)
    saved = (folder / "use.ipynb").read_text()
    trusted = _static(Lab(page, server, "use.ipynb", place).page)
    notebook = json.loads(saved)
    notebook["cells"][0]["source"] = "import kit  # a stranger's"
    (folder / "stranger.ipynb").write_text(json.dumps(notebook))
    untrusted = _static(Lab(page, server, "stranger.ipynb", place).page)
    return {"trusted": trusted, "untrusted": untrusted, "size": len(saved)}


def _static(page: Page) -> dict[str, Any]:
    page.locator(".kit-static").first.wait_for()
    page.wait_for_timeout(2_500)  # for widgets that are looked for in vain
    cells = page.locator(".jp-CodeCell:not(:nth-child(n + 5))")  # the last is no kit's
    return {
        "faces": page.locator(".kit-static:visible").count(),
        "live": page.locator(".kit-live").count(),
        "named": "heaviest" in page.locator(".kit-static").first.inner_text(),
        "errors": cells.get_by_text("Error displaying").locator("visible=true").count(),
    }


def main(folder: Path, application: str = "lab") -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", *CELLS)
    place = {"lab": "doc/tree", "notebook": "notebooks"}[application]
    with jupyter(folder, application) as server, browser() as chromium:
        context = chromium.new_context(
            viewport=ROOMY, permissions=["clipboard-read", "clipboard-write"]
        )
        page = context.new_page()
        lab = Lab(page, server, "use.ipynb", place)
        seen: dict[str, Any] = {"ran": [lab.run(index) for index in range(3)]}
        view_of(page).wait_for()
        seen["opened"] = opened(page)
        seen["edited"] = edited(page)
        seen["typed on"] = typed_on(page)
        seen["provenance"] = provenance(page)
        seen["stages"] = stages(page)
        seen["searched"] = searched(page)
        seen["keyed"] = keyed(page)
        lab.run(4)
        page.get_by_label("plain", exact=True).wait_for()
        seen["composed"] = page.locator(".plain-box .kit-live .kit-message").count()
        seen["times a round trip"] = timed(page) / round_trip(page)
        seen["run"] = ran(page)
        seen["followed"] = followed(lab)
        if application == "lab":
            seen["pictured"] = pictured(lab, folder)
            page.set_viewport_size(ROOMY)
        seen["attacked"] = attacked(lab)
        seen["restarted"] = restarted(page)
        seen["reopened"] = reopened(page, server, folder, place)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]), *sys.argv[2:])
