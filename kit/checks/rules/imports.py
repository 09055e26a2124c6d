"""What the shipped code imports, and whether an image can have it."""

from __future__ import annotations

from collections.abc import Iterator

from kit.checks.rule import Problem, Subject, warning
from kit.errors import KitError
from kit.source.requirements import ImportedModules, package_of, shipped_modules


@warning("executor.imports", "run")
def imports_can_be_installed(subject: Subject) -> Iterator[Problem]:
    """An image can have the modules that the shipped code imports."""
    reached, exported = _reached(subject)
    only_here = reached.only_here()
    for module in reached.required:
        if module in reached.missing:
            message = (
                f"The executor imports {module!r:.80}, which is not installed here."
            )
            fix = (
                f"Install the package {package_of(module)} in the image and here, or "
                "correct the name. kit.prove(task) looks for all that it imports."
            )
        elif module in only_here and module != exported:
            place = str(only_here[module])
            message = (
                f"The image must contain the module {module!r:.80}, which is only in "
                f"{place!r:.200} here."
            )
            fix = (
                "Build an image with it: kit.build_image(task). Or send its source "
                "with ship='inline', or export the task."
            )
        else:
            continue
        words = f"ModuleNotFoundError: No module named {module!r}"
        yield Problem("container.image", message, fix, words)


def _reached(subject: Subject) -> tuple[ImportedModules, str]:
    """Return what the shipped code imports, and the module that an export wrote."""
    if subject.task is None:
        return ImportedModules(), ""
    try:
        shipment = subject.task.shipment(subject.settings)
    except KitError:  # which the check reports as the failure that it is
        return ImportedModules(), ""
    top = shipment.location.partition(".")[0]
    return shipped_modules(shipment), top if shipment.way == "export" else ""
