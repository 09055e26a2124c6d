"""kit: author Flyte's customized container tasks interactively, from a notebook."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from kit.authoring.container_image.built_image import BuiltImage
    from kit.authoring.container_image.image import containerfile, image
    from kit.authoring.decorator import container_task
    from kit.authoring.export.export import export
    from kit.authoring.export.result import Export
    from kit.authoring.proof.outcome import Proof
    from kit.authoring.proof.prove import prove
    from kit.checks.check import check
    from kit.checks.finding import Finding, Severity
    from kit.checks.platform import Platform
    from kit.checks.report import CheckReport
    from kit.definition.accelerators import BaseAccelerator, GPUAccelerator
    from kit.definition.artifact import Artifact
    from kit.definition.deck_fields import DeckField
    from kit.definition.documentation import Description, Documentation, SourceCode
    from kit.definition.executor import ShimTaskExecutor
    from kit.definition.image import Image, ImageConfig
    from kit.definition.interface import Interface, kwtypes
    from kit.definition.metadata import TaskMetadata
    from kit.definition.partition import Inputs
    from kit.definition.resources import Resources, ResourceSpec
    from kit.definition.security import Secret, SecurityContext
    from kit.definition.settings import SerializationSettings
    from kit.difference.comparison import diff
    from kit.difference.difference import Difference
    from kit.difference.history import history
    from kit.errors import IgnoreOutputs, KitError, RecoverableError
    from kit.magics.extension import load_ipython_extension, unload_ipython_extension
    from kit.resolver import TaskTemplateResolver, default_task_template_resolver
    from kit.runners import (
        InProcessRunner,
        MockRunner,
        Runner,
        SubprocessRunner,
    )
    from kit.runners.docker import DockerRunner
    from kit.runners.outcome import Outcome
    from kit.running.comparison.compare import compare_runs
    from kit.running.comparison.run_comparison import RunComparison
    from kit.running.replay import replay
    from kit.running.run import Run
    from kit.running.session import runs
    from kit.running.start import run
    from kit.shim.context import current_context
    from kit.shim.deck_file import Decks
    from kit.shim.decks import Deck
    from kit.shim.executable import ExecutableTemplateShimTask
    from kit.shim.run_report import RunReport
    from kit.source.module_source import ModuleSource, self_contained
    from kit.task.compile import workflow_closure, workflow_spec, workflow_template
    from kit.task.customized_container import TC, PythonCustomizedContainerTask
    from kit.task.define import workflow
    from kit.task.workflow import Workflow
    from kit.task.workflow_policy import WorkflowFailurePolicy
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
    from kit.widgets.preview.preview import Preview, preview
    from kit.widgets.run_panel.panel import Panel, panel

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
    "kit.authoring.container_image.built_image": ("BuiltImage",),
    "kit.authoring.container_image.image": ("containerfile", "image"),
    "kit.authoring.decorator": ("container_task",),
    "kit.authoring.export.export": ("export",),
    "kit.authoring.export.result": ("Export",),
    "kit.authoring.proof.outcome": ("Proof",),
    "kit.authoring.proof.prove": ("prove",),
    "kit.checks.check": ("check",),
    "kit.checks.finding": ("Finding", "Severity"),
    "kit.checks.platform": ("Platform",),
    "kit.checks.report": ("CheckReport",),
    "kit.definition.accelerators": ("BaseAccelerator", "GPUAccelerator"),
    "kit.definition.artifact": ("Artifact",),
    "kit.definition.deck_fields": ("DeckField",),
    "kit.definition.documentation": ("Description", "Documentation", "SourceCode"),
    "kit.definition.executor": ("ShimTaskExecutor",),
    "kit.definition.image": ("Image", "ImageConfig"),
    "kit.definition.interface": ("Interface", "kwtypes"),
    "kit.definition.metadata": ("TaskMetadata",),
    "kit.definition.partition": ("Inputs",),
    "kit.definition.resources": ("ResourceSpec", "Resources"),
    "kit.definition.security": ("Secret", "SecurityContext"),
    "kit.definition.settings": ("SerializationSettings",),
    "kit.difference.comparison": ("diff",),
    "kit.difference.difference": ("Difference",),
    "kit.difference.history": ("history",),
    "kit.errors": ("IgnoreOutputs", "KitError", "RecoverableError"),
    "kit.magics.extension": ("load_ipython_extension", "unload_ipython_extension"),
    "kit.resolver": ("TaskTemplateResolver", "default_task_template_resolver"),
    "kit.runners": (*("InProcessRunner", "MockRunner", "Runner", "SubprocessRunner"),),
    "kit.runners.docker": ("DockerRunner",),
    "kit.runners.outcome": ("Outcome",),
    "kit.running.comparison.compare": ("compare_runs",),
    "kit.running.comparison.run_comparison": ("RunComparison",),
    "kit.running.replay": ("replay",),
    "kit.running.run": ("Run",),
    "kit.running.session": ("runs",),
    "kit.running.start": ("run",),
    "kit.shim.context": ("current_context",),
    "kit.shim.deck_file": ("Decks",),
    "kit.shim.decks": ("Deck",),
    "kit.shim.run_report": ("RunReport",),
    "kit.shim.executable": ("ExecutableTemplateShimTask",),
    "kit.source.module_source": ("ModuleSource", "self_contained"),
    "kit.task.compile": ("workflow_closure", "workflow_spec", "workflow_template"),
    "kit.task.customized_container": ("PythonCustomizedContainerTask", "TC"),
    "kit.task.define": ("workflow",),
    "kit.task.workflow": ("Workflow",),
    "kit.task.workflow_policy": ("WorkflowFailurePolicy",),
    "kit.template.files": ("read_template", "write_template"),
    "kit.template.serialize": ("task_spec", "task_template", "template_bytes"),
    "kit.types": (
        *("FlyteAnnotation", "FlyteDirectory", "FlyteFile", "FlyteSchema"),
        *("HashMethod", "StructuredDataset", "Transformer", "TypeEngine"),
        "default_engine",
    ),
    "kit.widgets.preview.preview": ("Preview", "preview"),
    "kit.widgets.run_panel.panel": ("Panel", "panel"),
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


# A class tells no line of its own: its cell is noted when it runs, or not at all.
if "IPython" in sys.modules:
    import_module("kit.source.cell_source").install()
