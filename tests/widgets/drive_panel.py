"""Use a run panel in JupyterLab as a person would, and say as JSON what was seen.

    python drive_panel.py FOLDER [APPLICATION]

Pictures are written into the folder.
"""

from __future__ import annotations

import json
import re
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
wanted = 3
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


_MOVED = """() => {
  const below = document.querySelectorAll('.jp-Cell')[3];
  window.kitMoved = [0, below.getBoundingClientRect().top + scrollY];
  const look = () => {
    const top = below.getBoundingClientRect().top + scrollY;
    const moved = Math.abs(top - window.kitMoved[1]);
    window.kitMoved[0] = Math.max(window.kitMoved[0], moved);
    requestAnimationFrame(look);
  };
  look();
}"""


def view_of(page: Page, number: int = 0) -> Locator:
    """Return a panel."""
    return page.locator(".kit-live").nth(number)


def field(page: Page, label: str) -> Locator:
    """Return the field of a label."""
    return view_of(page).get_by_label(label, exact=True)


def button(page: Page, text: str) -> Locator:
    """Return a button of the panel."""
    return view_of(page).get_by_role("button", name=text, exact=True).first


def type_into(page: Page, label: str, text: str) -> None:
    """Type as a person does: the text, and Tab."""
    field(page, label).fill(text)
    field(page, label).press("Tab")


def phase(page: Page, word: str, number: int = 0) -> None:
    """Wait for a phase."""
    present = view_of(page, number).locator(".kit-status .kit-state", has_text=word)
    present.first.wait_for(timeout=60_000)


def tab(page: Page, key: str, number: int = 0) -> Locator:
    """Return a tab of the results."""
    return view_of(page, number).locator(f"[data-kit-tab={key}]")


def log(page: Page) -> Locator:
    """Return the log's lines."""
    return view_of(page).get_by_role("log")


def line(page: Page, text: str) -> Locator:
    """Return the line of the log that has a text."""
    return log(page).locator(".kit-line", has_text=re.compile(f"^{text}\\s*$"))


def refused(page: Page) -> dict[str, Any]:
    """Run too early, and type what is no number."""
    button(page, "Run ▸").click()
    alert = view_of(page).locator(".kit-field [role=alert]").first
    alert.wait_for()
    status = view_of(page).locator(".kit-status").inner_text()
    seen = {"needed": alert.inner_text(), "status": status}
    type_into(page, "steps", "many")
    wrong = view_of(page).locator(".kit-field [role=alert]", has_text="many")
    wrong.wait_for()
    seen["wrong"] = wrong.inner_text()
    seen["cancel"] = button(page, "Cancel").is_disabled()
    type_into(page, "steps", "1000")
    wrong.wait_for(state="detached")
    return seen


def cancelled(page: Page) -> dict[str, Any]:
    """Run, watch the log grow, filter it, pause it, save it, and cancel."""
    page.evaluate(_MOVED)
    button(page, "Run ▸").click()
    phase(page, "Running")
    line(page, "step 20").wait_for(timeout=30_000)
    line(page, "step 40").wait_for()
    seen: dict[str, Any] = {"busy": button(page, "Run ▸").is_disabled()}
    field(page, "Stream").select_option("err")
    line(page, "step 20").wait_for(state="hidden")
    seen["stderr"] = line(page, "tired after 20").is_visible()
    field(page, "Stream").select_option("")
    line(page, "step 20").wait_for()
    field(page, "Filter the log").fill("step 3")
    line(page, "step 20").wait_for(state="hidden")
    seen["filtered"] = line(page, "step 31").is_visible()
    field(page, "Filter the log").fill("")
    field(page, "pause").check()
    page.wait_for_timeout(400)
    before = log(page).inner_text()
    page.wait_for_timeout(700)
    seen["paused"] = log(page).inner_text() == before
    field(page, "pause").uncheck()
    with page.expect_download() as download:
        button(page, "Save").click()
    saved = Path(download.value.path()).read_text()
    seen["saved"] = [
        download.value.suggested_filename,
        saved.startswith("step 0\nstep 1\n"),
    ]
    button(page, "Cancel").click()
    phase(page, "Cancelled")
    seen["moved"] = page.evaluate("window.kitMoved[0]")
    return seen


def flooded(page: Page) -> float:
    """Run a task that writes as fast as it can; return the most updates in a second."""
    type_into(page, "steps", "30000")
    type_into(page, "pace", "0.0001")
    page.evaluate(_COUNT)
    button(page, "Run ▸").click()
    phase(page, "Succeeded")
    return page.evaluate(_MOST_IN_A_SECOND)


def succeeded(page: Page) -> dict[str, Any]:
    """Run to the end by keys alone, and read what came of it."""
    for label, text in (("title", "a\nlong\nwalk"), ("pace", "0.01"), ("steps", "30")):
        type_into(page, label, text)
    page.evaluate(_MOVED)
    field(page, "steps").press("Control+Enter")
    phase(page, "Running")
    phase(page, "Succeeded")
    tab(page, "result").and_(page.locator("[aria-selected=true]")).wait_for()
    seen = {"outputs": view_of(page).locator("[data-kit-panel=result]").inner_text()}
    seen["status"] = view_of(page).locator(".kit-status").inner_text()
    tab(page, "result").focus()
    tab(page, "result").press("ArrowRight")
    seen["log"] = log(page).inner_text()
    tab(page, "log").press("ArrowRight")
    view_of(page).locator(".kit-tabs iframe").first.wait_for()
    seen["decks"] = view_of(page).locator(".kit-tab").count()
    tab(page, "decks").press("End")
    seen["details"] = view_of(page).locator("[data-kit-panel=details]").inner_text()
    tab(page, "details").press("Home")
    seen["moved"] = page.evaluate("window.kitMoved[0]")
    button(page, "Re-run").press("Enter")
    phase(page, "Running")
    phase(page, "Succeeded")
    return seen


def ended(page: Page) -> dict[str, Any]:
    """Run to the end with the mouse, and read the log."""
    for label, text in (("pace", "0.05"), ("steps", "30")):
        type_into(page, label, text)
    button(page, "Run ▸").click()
    phase(page, "Running")
    phase(page, "Succeeded")
    tab(page, "log").click()
    return {"log": log(page).inner_text()}


def nested(page: Page) -> dict[str, Any]:
    """Add and remove rows, choose a type, and take a variable."""
    view = view_of(page)
    view.locator("summary", has_text="pauses").click()
    view.get_by_label("Add to pauses").click()
    field(page, "pauses 2").wait_for()
    type_into(page, "pauses 2", "x")
    wrong = view.locator(".kit-field [role=alert]", has_text="'x' is no number")
    wrong.wait_for()
    view.get_by_label("Remove pauses 2").click()
    field(page, "pauses 2").wait_for(state="detached")
    seen = {"rows": field(page, "pauses 1").input_value()}
    field(page, "type of start").select_option(label="datetime")
    field(page, "start").wait_for()
    type_into(page, "start", "2026-01-02T00:00:00")
    seen["start"] = field(page, "start").input_value()
    view.get_by_label("A variable as steps").select_option("wanted")
    held = view.locator(".kit-held")
    held.wait_for()
    seen["held"] = held.inner_text()
    view.get_by_label("Type a value of steps").click()
    field(page, "steps").wait_for()
    return seen


def interrupted(lab: Lab) -> dict[str, Any]:
    """Let a cell block the kernel while a run goes on, and interrupt it."""
    page = lab.page
    type_into(page, "steps", "1000")
    type_into(page, "pace", "0.02")
    button(page, "Run ▸").click()
    phase(page, "Running")
    page.evaluate(
        """() => { const notebook = window.jupyterapp.shell.currentWidget.content;
        notebook.activeCellIndex = 3; notebook.deselectAll();
        window.jupyterapp.commands.execute('notebook:run-cell'); }"""
    )
    told = view_of(page).locator(".kit-told", has_text="busy with a cell")
    told.wait_for(timeout=20_000)
    seen = {"told": told.inner_text()}
    line(page, "step 50").wait_for(timeout=30_000)
    page.evaluate(
        "() => window.jupyterapp.commands.execute('notebook:interrupt-kernel')"
    )
    phase(page, "Cancelled")
    return seen


def pictured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Take pictures in both themes at every width, and look for problems."""
    seen = {}
    view = view_of(lab.page)
    for look in appearances(lab):
        view.scroll_into_view_if_needed()
        view.screenshot(path=folder / f"panel-{look.lower()}.png")
        height = view.evaluate("(view) => view.getBoundingClientRect().height")
        seen[look] = {**problems_of(view), "axe": judged(lab.page), "height": height}
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Run a task whose every text is made to act."""
    ran = lab.run(4)
    view = view_of(lab.page, 1)
    view.get_by_role("button", name="Run ▸", exact=True).click()
    phase(lab.page, "Failed", 1)
    view.locator("[data-kit-panel=result] .kit-finding").wait_for()
    for key in ("log", "decks", "details"):
        tab(lab.page, key, 1).click()
    lab.page.wait_for_timeout(100)  # for what acts when something fails to load
    acted = lab.page.evaluate(f"'{MARK}' in window")
    added = "(view) => view.querySelectorAll('script, img, svg, iframe, a').length"
    return {"ran": ran, "acted": acted, "added": view.evaluate(added)}


def main(folder: Path, application: str = "lab") -> None:
    """Do all of it, and print what was seen."""
    write_notebook(folder / "use.ipynb", SETUP, TASK, PANEL, BLOCK, EVIL)
    place = {"lab": "doc/tree", "notebook": "notebooks"}[application]
    with jupyter(folder, application) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 2500})
        lab = Lab(page, server, "use.ipynb", place)
        seen: dict[str, Any] = {"ran": [lab.run(index) for index in range(3)]}
        button(page, "Run ▸").wait_for()
        seen["refused"] = refused(page)
        seen["nested"] = nested(page)
        type_into(page, "steps", "1000")
        seen["cancelled"] = cancelled(page)
        if application == "lab":
            seen["updates"] = flooded(page)
            seen["succeeded"] = succeeded(page)
            seen["pictured"] = pictured(lab, folder)
            seen["attacked"] = attacked(lab)
            seen["interrupted"] = interrupted(lab)
        else:
            seen["succeeded"] = ended(page)
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]), *sys.argv[2:])
