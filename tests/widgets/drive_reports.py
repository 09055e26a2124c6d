"""Use reports and differences in JupyterLab, and say as JSON what was seen.

    python drive_reports.py FOLDER

Pictures are written into the folder.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from appearance import appearances, judged, problems_of
from drive_lab import EVIL, TASK
from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Page
from xss import MARK, PAYLOADS

FAULTY = """
faulty = kit.container_task(
    image="ghcr.io/acme/a:1", requests=kit.Resources(cpu="1100m"),
    limits=kit.Resources(cpu="1"), custom={"unread": 1}, name="faulty",
)(heaviest.function)
kit.check(faulty)
"""
DIFFERENCE = "kit.diff(faulty, against=heaviest)"
ATTACKS = (
    "import kit",
    TASK,
    EVIL.replace("Executor,", "Executor, interface=kit.Interface(),").replace(
        "\nview\n", "\n"
    ),
    "kit.check(evil)",
    "kit.diff(evil, against=heaviest)",
)


def reported(page: Page) -> dict[str, Any]:
    """Filter a report, and repair the task from it."""
    report = page.locator(".kit-live").first
    status = report.get_by_role("status")
    seen: dict[str, Any] = {"all": status.inner_text()}
    report.get_by_label("severity", exact=True).select_option("error")
    status.filter(has_text="1 of").wait_for()
    seen["errors"] = status.inner_text()
    report.get_by_role("button", name="Fix RS005").click()
    status.filter(has_text="0 of").wait_for()
    seen["fixed"] = report.locator("pre").inner_text()
    return seen


def compared(page: Page) -> dict[str, Any]:
    """Filter a difference by what it means."""
    view = page.locator(".kit-live").nth(1)
    status = view.get_by_role("status")
    seen: dict[str, Any] = {"all": status.inner_text()}
    view.get_by_label("impact", exact=True).select_option("resources")
    status.filter(has_text=" of ").wait_for()
    seen["resources"] = status.inner_text()
    seen["sides"] = view.locator(".kit-sides").count()
    return seen


def pictured(lab: Lab, folder: Path) -> dict[str, Any]:
    """Take pictures of all views in both themes, and look for problems."""
    seen = {}
    views = [lab.page.locator(".kit-live").nth(index) for index in range(2)]
    for look in appearances(lab):
        for index, view in enumerate(views):
            view.scroll_into_view_if_needed()
            view.screenshot(path=folder / f"{index}-{look.lower()}.png")
            seen[f"{index}-{look}"] = problems_of(view)
        seen[f"axe-{look}"] = judged(lab.page)
    return seen


def attacked(lab: Lab) -> dict[str, Any]:
    """Show a report and a difference whose every text is made to act."""
    ran = [lab.run(index) for index in range(len(ATTACKS))]
    views = lab.page.locator(".kit-live")
    for index in range(2):
        field = views.nth(index).get_by_label("text", exact=True)
        field.fill(PAYLOADS[2])
        field.fill("e")
    lab.page.wait_for_timeout(200)  # for what acts when something fails to load
    acted = lab.page.evaluate(f"'{MARK}' in window")
    added = views.locator("img, svg, iframe, script").count()
    return {"ran": all(ran), "acted": acted, "added": added}


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    cells = ("import kit", TASK, FAULTY, DIFFERENCE)
    write_notebook(folder / "find.ipynb", *cells)
    write_notebook(folder / "evil.ipynb", *ATTACKS)
    with jupyter(folder) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        lab = Lab(page, server, "find.ipynb")
        seen: dict[str, Any] = {"ran": all(map(lab.run, range(len(cells))))}
        page.locator(".kit-live").nth(1).wait_for()
        seen["reported"] = reported(page)
        seen["compared"] = compared(page)
        seen["judged"] = judged(page)
        seen["pictured"] = pictured(lab, folder)
        seen["attacked"] = attacked(Lab(chromium.new_page(), server, "evil.ipynb"))
    print(json.dumps(seen))  # noqa: T201 - for the test


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).parents[1] / "display"))
    main(Path(sys.argv[1]))
