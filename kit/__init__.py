"""kit: author Flyte's customized container tasks interactively, from a notebook."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

from kit.faces import register_faces as _register_faces

if TYPE_CHECKING:
    from kit.checks.check import check
    from kit.checks.report import CheckReport, Finding, Severity
    from kit.decorator import container_task
    from kit.definition.accelerators import BaseAccelerator, GPUAccelerator
    from kit.definition.artifacts import Artifact, Inputs
    from kit.definition.executor import ShimTaskExecutor
    from kit.definition.images import Image, ImageConfig
    from kit.definition.interface import Interface, kwtypes
    from kit.definition.metadata import (
        DeckField,
        Description,
        Documentation,
        SourceCode,
        TaskMetadata,
    )
    from kit.definition.resources import Resources, ResourceSpec
    from kit.definition.security import Secret, SecurityContext
    from kit.definition.settings import SerializationSettings
    from kit.difference.diff import Difference, diff
    from kit.difference.history import history
    from kit.errors import IgnoreOutputs, KitError, RecoverableError
    from kit.exporters.export import Export, export
    from kit.forecast.platform import Platform
    from kit.images.image import BuiltImage, build_image, containerfile, image
    from kit.magics import load_ipython_extension, unload_ipython_extension
    from kit.proof.outcome import Proof
    from kit.proof.prove import prove
    from kit.resolver import TaskTemplateResolver, default_task_template_resolver
    from kit.runners import (
        InProcessRunner,
        MockRunner,
        Runner,
        SubprocessRunner,
    )
    from kit.runners.docker import DockerRunner
    from kit.runners.outcome import Outcome
    from kit.running.compare import RunComparison, compare_runs
    from kit.running.run import Run, runs
    from kit.running.start import replay, run
    from kit.shim.context import current_context
    from kit.shim.deck_file import Decks
    from kit.shim.decks import Deck
    from kit.shim.executable import ExecutableTemplateShimTask
    from kit.shim.report import RunReport
    from kit.source.module import ModuleSource, self_contained
    from kit.task.task import TC, PythonCustomizedContainerTask
    from kit.task.workflow import (
        Workflow,
        WorkflowFailurePolicy,
        workflow,
        workflow_closure,
        workflow_spec,
        workflow_template,
    )
    from kit.template.files import read_template, write_template
    from kit.template.serialize import task_spec, task_template, template_bytes
    from kit.types import (
        FlyteAnnotation,
        FlyteDirectory,
        FlyteFile,
        FlyteSchema,
        HashMethod,
        StructuredDataset,
        Transformer,
        TypeEngine,
        default_engine,
    )
    from kit.widgets.preview import Preview, preview
    from kit.widgets.run_panel import Panel, panel

__version__ = "0.1.0"

__all__ = [
    "TC",
    "Artifact",
    "BaseAccelerator",
    "BuiltImage",
    "CheckReport",
    "Deck",
    "DeckField",
    "Decks",
    "Description",
    "Difference",
    "DockerRunner",
    "Documentation",
    "ExecutableTemplateShimTask",
    "Export",
    "Finding",
    "FlyteAnnotation",
    "FlyteDirectory",
    "FlyteFile",
    "FlyteSchema",
    "GPUAccelerator",
    "HashMethod",
    "IgnoreOutputs",
    "Image",
    "ImageConfig",
    "InProcessRunner",
    "Inputs",
    "Interface",
    "KitError",
    "MockRunner",
    "ModuleSource",
    "Outcome",
    "Panel",
    "Platform",
    "Preview",
    "Proof",
    "PythonCustomizedContainerTask",
    "RecoverableError",
    "ResourceSpec",
    "Resources",
    "Run",
    "RunComparison",
    "RunReport",
    "Runner",
    "Secret",
    "SecurityContext",
    "SerializationSettings",
    "Severity",
    "ShimTaskExecutor",
    "SourceCode",
    "StructuredDataset",
    "SubprocessRunner",
    "TaskMetadata",
    "TaskTemplateResolver",
    "Transformer",
    "TypeEngine",
    "Workflow",
    "WorkflowFailurePolicy",
    "build_image",
    "check",
    "compare_runs",
    "container_task",
    "containerfile",
    "current_context",
    "default_engine",
    "default_task_template_resolver",
    "diff",
    "export",
    "history",
    "image",
    "kwtypes",
    "load_ipython_extension",
    "panel",
    "preview",
    "prove",
    "read_template",
    "replay",
    "run",
    "runs",
    "self_contained",
    "task_spec",
    "task_template",
    "template_bytes",
    "unload_ipython_extension",
    "workflow",
    "workflow_closure",
    "workflow_spec",
    "workflow_template",
    "write_template",
]

# Each name's home. What a container never asks for, it never loads.
_HOMES = {
    "kit.images.image": ("BuiltImage", "build_image", "containerfile", "image"),
    "kit.decorator": ("container_task",),
    "kit.exporters.export": ("export", "Export"),
    "kit.proof.outcome": ("Proof",),
    "kit.proof.prove": ("prove",),
    "kit.checks.check": ("check",),
    "kit.checks.report": ("Finding", "Severity", "CheckReport"),
    "kit.forecast.platform": ("Platform",),
    "kit.definition.accelerators": ("BaseAccelerator", "GPUAccelerator"),
    "kit.definition.artifacts": ("Artifact", "Inputs"),
    "kit.definition.metadata": (
        "DeckField",
        "Description",
        "Documentation",
        "SourceCode",
        "TaskMetadata",
    ),
    "kit.definition.executor": ("ShimTaskExecutor",),
    "kit.definition.images": ("Image", "ImageConfig"),
    "kit.definition.interface": ("Interface", "kwtypes"),
    "kit.definition.resources": ("ResourceSpec", "Resources"),
    "kit.definition.security": ("Secret", "SecurityContext"),
    "kit.definition.settings": ("SerializationSettings",),
    "kit.difference.diff": ("diff", "Difference"),
    "kit.difference.history": ("history",),
    "kit.errors": ("IgnoreOutputs", "KitError", "RecoverableError"),
    "kit.magics": ("load_ipython_extension", "unload_ipython_extension"),
    "kit.resolver": ("TaskTemplateResolver", "default_task_template_resolver"),
    "kit.runners": ("InProcessRunner", "MockRunner", "Runner", "SubprocessRunner"),
    "kit.runners.docker": ("DockerRunner",),
    "kit.runners.runner": ("Outcome",),
    "kit.running.compare": ("compare_runs", "RunComparison"),
    "kit.running.start": ("replay", "run"),
    "kit.running.run": ("Run", "runs"),
    "kit.shim.context": ("current_context",),
    "kit.shim.deck_file": ("Decks",),
    "kit.shim.decks": ("Deck",),
    "kit.shim.report": ("RunReport",),
    "kit.shim.executable": ("ExecutableTemplateShimTask",),
    "kit.source.module": ("ModuleSource", "self_contained"),
    "kit.task.workflow": (
        "workflow_closure",
        "workflow_spec",
        "workflow_template",
        "workflow",
        "Workflow",
        "WorkflowFailurePolicy",
    ),
    "kit.task.task": ("PythonCustomizedContainerTask", "TC"),
    "kit.template.files": ("read_template", "write_template"),
    "kit.template.serialize": ("task_spec", "task_template", "template_bytes"),
    "kit.types": (
        "FlyteAnnotation",
        "FlyteDirectory",
        "FlyteFile",
        "FlyteSchema",
        "HashMethod",
        "StructuredDataset",
        "Transformer",
        "TypeEngine",
        "default_engine",
    ),
    "kit.widgets.preview": ("Preview", "preview"),
    "kit.widgets.run_panel": ("Panel", "panel"),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load a public name from its home, the first time it is asked for."""
    if name not in _HOME_OF:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value: object = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Show the public names, also those not loaded yet."""
    return sorted({*globals(), *__all__})


_register_faces()

# A class tells no line of its own: its cell is noted when it runs, or not at all.
if "IPython" in sys.modules:
    import_module("kit.source.definitions").install()
