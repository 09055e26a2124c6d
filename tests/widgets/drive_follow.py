"""Define a task again and again below a preview, and say as JSON what it showed.

python drive_follow.py FOLDER
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from lab import Lab, browser, jupyter, write_notebook
from playwright.sync_api import Page

TASK = """
@kit.container_task(image="acme/a:1", name="double", requests=kit.Resources(cpu="1"))
def double(tt, n: int = 1) -> int:
    return 2 * n
"""
TIMES = 4


def shown(page: Page) -> dict[str, object]:
    """Return the CPU in the field, whether it can be edited, and the view's state."""
    page.wait_for_timeout(700)  # for the answers of the page, which come after a view
    view = page.locator(".kit-live").first
    field = view.get_by_label("CPU request", exact=True)
    is_present = field.count() == 1
    return {
        "cpu": field.input_value() if is_present else "",
        "disabled": not is_present or field.is_disabled(),
        "status": view.locator(".kit-foot [role=status]").inner_text(),
    }


def main(folder: Path) -> None:
    """Do all of it, and print what was seen."""
    write_notebook(
        folder / "use.ipynb", "%load_ext kit\nimport kit", TASK, "kit.preview(double)"
    )
    with jupyter(folder) as server, browser() as chromium:
        page = chromium.new_page(viewport={"width": 1400, "height": 1000})
        lab = Lab(page, server, "use.ipynb")
        seen = [lab.run(index) for index in range(3)]
        view = page.locator(".kit-live").first
        view.get_by_label("CPU request", exact=True).wait_for()
        followed = []
        for number in range(2, 2 + TIMES):
            lab.rewrite(1, TASK.replace('"1")', f'"{number}")'))
            seen.append(lab.run(1))
            followed.append(shown(page))
        view.locator("[data-kit-tab=history]").click()
        view.locator("tr[data-kit-value='1']").click()
        view.locator(".kit-past").wait_for()
        past = shown(page)
        view.get_by_role("button", name="Back to the present").click()
        view.locator(".kit-past").wait_for(state="detached")
        present = shown(page)
    report = {"ran": seen, "followed": followed, "past": past, "present": present}
    print(json.dumps(report))  # noqa: T201 - for the test


if __name__ == "__main__":
    main(Path(sys.argv[1]))
