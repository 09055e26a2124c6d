"""Use a run panel in JupyterLab as a person would, and say as JSON what was seen.

    python drive_panel.py FOLDER [APPLICATION]

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
import dataclasses, enum, datetime as dt
from typing import Literal

class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"

@dataclasses.dataclass
class Weather:
    """How it is outside.

    Args:
        degrees: In Celsius.
    """

    degrees: float = 21.5
    wind: int | None = None

@kit.container_task(image="ghcr.io/acme/walk:1.4", name="walk", enable_deck=True,
                    ship="inline", secret_requests=[kit.Secret("walk", "token")])
def walk(
    tt,
    steps: int,
    title: str = "a walk",
    pace: float = 0.02,
    pauses: list[float] = [0.5],
    colour: Colour = Colour.RED,
    mode: Literal["slow", "quick"] = "slow",
    loud: bool = False,
    start: dt.datetime | None = None,
    rest: dt.timedelta = dt.timedelta(minutes=5),
    weather: Weather = Weather(),
    limits: dict[str, int] = {"hills": 3},
    map: kit.FlyteFile | None = None,
) -> dict:
    """Take a walk.

    Args:
        steps: How many steps to take.
        pace: Seconds for each of them.
    """
    import sys, time
    for number in range(steps):
        print("step", number, flush=True)
        if number % 10 == 9:
            print("tired after", number + 1, file=sys.stderr, flush=True)
        time.sleep(pace)
    print("the token is", kit_token(tt), flush=True)
    return {"title": title, "steps": steps}

def kit_token(tt):
    import kit
    return kit.current_context().secrets.get("walk", "token")
'''
SETUP = """
import os, time, kit
os.environ["_FSEC_WALK_TOKEN"] = "hunter2-hunter2"
"""
PANEL = "panel = kit.panel(walk)\npanel"
BLOCK = "time.sleep(60)"
EVIL = f"""
texts = {[payload.replace(chr(0), "") for payload in PAYLOADS]!r}
def evil(tt, text: str = texts[0]) -> str:
    import sys
    print(text); print(text, file=sys.stderr)
    raise ValueError(text)
evil = kit.container_task(image="i:1", name="evil", ship="inline")(evil)
view = kit.panel(evil, text="\\n".join(texts))
view
"""
OPENINGS = 24
# From the request that shows the panel to its button in the page.
PLAIN = """
import ipywidgets
fields = [ipywidgets.Text(description=str(number)) for number in range(20)]
ipywidgets.Box((*fields, ipywidgets.Button(description="Run"))).add_class("kit-preview")
"""
_OPENED = """async ([index, count]) => {
  const shown = () => [...document.querySelectorAll('.kit-preview .jupyter-button')]
    .some((button) => button.textContent === 'Run' && !button.closest('.gone'));
  document.querySelectorAll('.kit-preview').forEach((v) => v.classList.add('gone'));
  const notebook = window.jupyterapp.shell.currentWidget.content;
  notebook.activeCellIndex = index; notebook.deselectAll();
  const start = performance.now();
  window.jupyterapp.commands.execute('notebook:run-cell');
  while (!shown()) await new Promise((resolve) => requestAnimationFrame(resolve));
  return performance.now() - start;
}"""
_COUNT = """() => {
  const kernel = window.jupyterapp.shell.currentWidget.context
    .sessionContext.session.kernel;
  window.kitUpdates = [];
  kernel.iopubMessage.connect((_, message) => {
    if (message.header.msg_type === 'comm_msg') {
      window.kitUpdates.push(Date.parse(message.header.date)); // when it was sent
    }
  });
}"""
_MOST_IN_A_SECOND = """() => Math.max(...window.kitUpdates.map((start) =>
  window.kitUpdates.filter((at) => at >= start && at < start + 1000).length))"""


def field(page: Page, label: str) -> Locator:
    """Return the field of a label."""
    return page.locator(".kit-preview").first.get_by_label(label, exact=True)


def button(page: Page, text: str) -> Locator:
    """Return a button of the panel."""
    view = page.locator(".kit-preview").first
    return view.get_by_role("button", name=text, exact=True).first


def type_into(page: Page, label: str, text: str) -> None:
    """Type as a person does: the text, and Tab."""
    field(page, label).fill(text)
    field(page, label).press("Tab")


def phase(page: Page, word: str) -> None:
    """Wait for a phase."""
    present = page.locator(".kit-phases li[aria-current]", has_text=word)
    present.first.wait_for(timeout=30_000)


def log(page: Page) -> Locator:
    """Return the log's lines."""
    return page.locator(".kit-preview").first.get_by_role("log")


def refused(page: Page) -> dict[str, Any]:
    """Run too early, and type what is no number."""
    button(page, "Run").click()
    alert = page.locator(".kit-field [role=alert]").first
    alert.wait_for()
    seen = {"needed": alert.inner_text()}
    type_into(page, "steps*: int", "many")
    wrong = page.locator(".kit-field [role=alert]", has_text="many")
    wrong.wait_for()
    seen["wrong"] = wrong.inner_text()
    seen["cancel"] = button(page, "Cancel").is_disabled()
    type_into(page, "steps*: int", "200")
    wrong.wait_for(state="detached")
    return seen


def cancelled(page: Page) -> dict[str, Any]:
    """Run, watch the log grow, search it, pause it, and cancel."""
    button(page, "Run").click()
    phase(page, "RUNNING")
    log(page).filter(has_text="step 20\n").wait_for(timeout=20_000)
    log(page).filter(has_text="step 40\n").wait_for()
    seen: dict[str, Any] = {"busy": button(page, "Run").is_disabled()}
    field(page, "stream").select_option("stderr")
    log(page).filter(has_text="tired").filter(has_not_text="step").wait_for()
    field(page, "stream").select_option("both")
    field(page, "search the log").fill("step 3")
    log(page).filter(has_text="step 3").filter(has_not_text="step 4").wait_for()
    field(page, "search the log").fill("")
    field(page, "pause").check()
    page.wait_for_timeout(300)
    before = log(page).inner_text()
    page.wait_for_timeout(500)
    seen["paused"] = log(page).inner_text() == before
    field(page, "pause").uncheck()
    button(page, "Cancel").click()
    phase(page, "ABORTED")
    return seen


def flooded(page: Page) -> float:
    """Run a task that writes as fast as it can; return the most updates in a second."""
    type_into(page, "steps*: int", "30000")
    type_into(page, "pace: float", "0.0001")
    button(page, "Run").click()
    log(page).filter(has_text="step 1").wait_for()
    page.evaluate(_COUNT)
    page.wait_for_timeout(2_500)
    most = page.evaluate(_MOST_IN_A_SECOND)
    button(page, "Cancel").click()
    phase(page, "ABORTED")
    return most


def succeeded(page: Page) -> dict[str, Any]:
    """Run to the end, and look at what came of it; then again."""
    type_into(page, "steps*: int", "30")
    type_into(page, "pace: float", "0.02")
    type_into(page, "title: str", "a\nlong\nwalk")
    button(page, "Run").click()
    phase(page, "RUNNING")
    phase(page, "SUCCEEDED")
    outputs = page.locator(".kit-outputs")
    outputs.wait_for()
    seen = {"outputs": outputs.inner_text(), "log": log(page).inner_text()}
    frames = page.locator(".kit-preview iframe")
    seen["decks"] = frames.count() > 0
    button(page, "Re-run").click()
    phase(page, "RUNNING")
    phase(page, "SUCCEEDED")
    outputs.wait_for()
    return seen


def interrupted(lab: Lab) -> dict[str, Any]:
    """Let a cell block the kernel while a run goes on, and interrupt it."""
    page = lab.page
    type_into(page, "steps*: int", "1000")
    button(page, "Run").click()
    phase(page, "RUNNING")
    page.evaluate(
        """() => { const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = 3; notebook.deselectAll();
        window.jupyterapp.commands.execute('notebook:run-cell'); }"""
    )
    told = page.locator(".kit-clock", has_text="busy with a cell")
    told.wait_for(timeout=20_000)
    seen = {"told": told.inner_text()}
    log(page).filter(has_text="step 50\n").wait_for()
    page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')"
    )
    phase(page, "ABORTED")
    return seen


def nested(page: Page) -> dict[str, Any]:
    """Add and remove rows, and type JSON."""
    page.get_by_title("Edit: pauses").click()
    page.get_by_title("Add: pauses").click()
    field(page, "pauses 2: float").wait_for()
    type_into(page, "pauses 2: float", "x")
    page.locator(".kit-field [role=alert]", has_text="'x' is no number").wait_for()
    page.get_by_title("Remove pauses 2").click()
    field(page, "pauses 2: float").wait_for(state="detached")
    return {"rows": field(page, "pauses 1: float").input_value()}


def pictured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Take pictures in both themes at every width, and look for problems."""
    seen = {}
    view = lab.page.locator(".kit-preview").first
    for look in appearances(lab):
        view.scroll_into_view_if_needed()
        view.screenshot(path=folder / f"panel-{look.lower()}.png")
        seen[look] = {**problems_of(view), "axe": judged(lab.page)}
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Run a task whose every text is made to act."""
    ran = lab.run(4)
    view = lab.page.locator(".kit-preview").nth(1)
    view.get_by_role("button", name="Run", exact=True).click()
    view.locator(".kit-phases li[aria-current]", has_text="FAILED").wait_for()
    view.get_by_role("region", name="Error").wait_for()
    lab.page.wait_for_timeout(100)  # for what acts when something fails to load
    acted = lab.page.evaluate(f"'{MARK}' in window")
    added = "(view) => view.querySelectorAll('script, img, svg, iframe, a').length"
    return {"ran": ran, "acted": acted, "added": view.evaluate(added)}


def main(folder: Path, application: str = "lab") -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", SETUP, TASK, PANEL, BLOCK, EVIL, PLAIN)
    place = {"lab": "doc/tree", "notebook": "notebooks"}[application]
    with jupyter(folder, application) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 2500})
        lab = Lab(page, server, "use.ipynb", place)
        seen: dict[str, Any] = {"ran": [lab.run(index) for index in range(3)]}
        button(page, "Run").wait_for()
        opened = [page.evaluate(_OPENED, [2, n]) for n in range(OPENINGS)]
        plain = [page.evaluate(_OPENED, [5, n]) for n in range(OPENINGS)]
        page.locator(".kit-preview").last.evaluate("(box) => box.remove()")
        seen["opened"] = min(opened) / min(plain)
        seen["refused"] = refused(page)
        seen["nested"] = nested(page)
        seen["cancelled"] = cancelled(page)
        seen["updates"] = flooded(page)
        seen["succeeded"] = succeeded(page)
        if application == "lab":
            seen["pictured"] = pictured(lab, folder)
            seen["attacked"] = attacked(lab)
        seen["interrupted"] = interrupted(lab)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]), *sys.argv[2:])
