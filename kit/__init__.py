"""kit: author Flyte's customized container tasks interactively, from a notebook.

The public names are listed once, as imports. Type checkers follow them; at run time the
list is read as text, and a name is loaded from its module the first time it is used:
what a container never asks for is never loaded.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING, Any

from kit.definition.executor import use_host as _use_host
from kit.faces import register_faces as _register_faces
from kit.source.loaded_text import watch as _watch

if TYPE_CHECKING:
    from kit.checks.check import check as check
    from kit.checks.report import CheckReport as CheckReport
    from kit.checks.report import Finding as Finding
    from kit.checks.report import Severity as Severity
    from kit.decorator import container_task as container_task
    from kit.definition.accelerators import BaseAccelerator as BaseAccelerator
    from kit.definition.accelerators import GPUAccelerator as GPUAccelerator
    from kit.definition.artifacts import Artifact as Artifact
    from kit.definition.artifacts import ArtifactInputs as ArtifactInputs
    from kit.definition.executor import ShimTaskExecutor as ShimTaskExecutor
    from kit.definition.images import Image as Image
    from kit.definition.images import ImageConfig as ImageConfig
    from kit.definition.interface import Interface as Interface
    from kit.definition.interface import kwtypes as kwtypes
    from kit.definition.metadata import DeckField as DeckField
    from kit.definition.metadata import Description as Description
    from kit.definition.metadata import Documentation as Documentation
    from kit.definition.metadata import SourceCode as SourceCode
    from kit.definition.metadata import TaskMetadata as TaskMetadata
    from kit.definition.resources import Resources as Resources
    from kit.definition.resources import ResourceSpec as ResourceSpec
    from kit.definition.security import Secret as Secret
    from kit.definition.security import SecurityContext as SecurityContext
    from kit.definition.settings import SerializationSettings as SerializationSettings
    from kit.difference.arriving import Arrival as Arrival
    from kit.difference.arriving import arrives as arrives
    from kit.difference.diff import Difference as Difference
    from kit.difference.diff import diff as diff
    from kit.difference.history import history as history
    from kit.display.of_template import TaskView as TaskView
    from kit.display.of_template import show as show
    from kit.errors import IgnoreOutputs as IgnoreOutputs
    from kit.errors import KitError as KitError
    from kit.errors import RecoverableError as RecoverableError
    from kit.exporters.export import Export as Export
    from kit.exporters.export import export as export
    from kit.flyte.execution import Execution as Execution
    from kit.flyte.execution import execution as execution
    from kit.flyte.launch import launch as launch
    from kit.flyte.register import Registration as Registration
    from kit.flyte.register import Registrations as Registrations
    from kit.flyte.register import register as register
    from kit.flyte.registered import Version as Version
    from kit.flyte.registered import Versions as Versions
    from kit.flyte.registered import fetch as fetch
    from kit.flyte.registered import versions as versions
    from kit.forecast.platform import Platform as Platform
    from kit.forecast.pods.attempt import PodLaunch as PodLaunch
    from kit.images.image import BuiltImage as BuiltImage
    from kit.images.image import build_image as build_image
    from kit.images.image import containerfile as containerfile
    from kit.images.image import image as image
    from kit.magics import load_ipython_extension as load_ipython_extension
    from kit.magics import unload_ipython_extension as unload_ipython_extension
    from kit.pods import Pod as Pod
    from kit.pods import pod as pod
    from kit.proof.outcome import Proof as Proof
    from kit.proof.prove import prove as prove
    from kit.readiness.climb import ready as ready
    from kit.readiness.ladder import Readiness as Readiness
    from kit.readiness.workbench import Workbench as Workbench
    from kit.readiness.workbench import workbench as workbench
    from kit.remote.client import Remote as Remote
    from kit.remote.endpoint import SignIn as SignIn
    from kit.resolver import TaskTemplateResolver as TaskTemplateResolver
    from kit.resolver import (
        default_task_template_resolver as default_task_template_resolver,
    )
    from kit.runners import InProcessRunner as InProcessRunner
    from kit.runners import MockRunner as MockRunner
    from kit.runners import Runner as Runner
    from kit.runners import SubprocessRunner as SubprocessRunner
    from kit.runners.docker import DockerRunner as DockerRunner
    from kit.runners.flyte import FlyteRunner as FlyteRunner
    from kit.runners.outcome import Outcome as Outcome
    from kit.runners.runner import RunRequest as RunRequest
    from kit.running.compare import RunComparison as RunComparison
    from kit.running.compare import compare_runs as compare_runs
    from kit.running.run import Run as Run
    from kit.running.run import runs as runs
    from kit.running.start import replay as replay
    from kit.running.start import run as run
    from kit.shim.context import Deck as Deck
    from kit.shim.context import current_context as current_context
    from kit.shim.deck_file import Decks as Decks
    from kit.shim.executable import (
        ExecutableTemplateShimTask as ExecutableTemplateShimTask,
    )
    from kit.shim.report import RunReport as RunReport
    from kit.source.module import ModuleSource as ModuleSource
    from kit.source.module import self_contained as self_contained
    from kit.task.flytekit_task import from_flytekit as from_flytekit
    from kit.task.sql import SQLTask as SQLTask
    from kit.task.task import TC as TC
    from kit.task.task import (
        PythonCustomizedContainerTask as PythonCustomizedContainerTask,
    )
    from kit.task.workflow import Workflow as Workflow
    from kit.task.workflow import WorkflowFailurePolicy as WorkflowFailurePolicy
    from kit.task.workflow import workflow as workflow
    from kit.task.workflow import workflow_closure as workflow_closure
    from kit.task.workflow import workflow_spec as workflow_spec
    from kit.task.workflow import workflow_template as workflow_template
    from kit.template.files import read_template as read_template
    from kit.template.files import write_template as write_template
    from kit.template.serialize import task_spec as task_spec
    from kit.template.serialize import task_template as task_template
    from kit.template.serialize import template_bytes as template_bytes
    from kit.template.view import TaskTemplate as TaskTemplate
    from kit.types import FlyteAnnotation as FlyteAnnotation
    from kit.types import FlyteDirectory as FlyteDirectory
    from kit.types import FlyteFile as FlyteFile
    from kit.types import FlyteSchema as FlyteSchema
    from kit.types import HashMethod as HashMethod
    from kit.types import StructuredDataset as StructuredDataset
    from kit.types import Transformer as Transformer
    from kit.types import TypeEngine as TypeEngine
    from kit.types import default_engine as default_engine
    from kit.widgets.preview import Preview as Preview
    from kit.widgets.preview import preview as preview
    from kit.widgets.run_panel import Panel as Panel
    from kit.widgets.run_panel import panel as panel

__version__ = "0.1.0"

_homes: dict[str, str] = {}

if not TYPE_CHECKING:  # else any name would be a public one to a type checker

    def __getattr__(name: str) -> object:
        """Load a public name the first time it is used."""
        if not _homes:
            _homes.update(_read_imports())
        if name == "__all__":
            return sorted(_homes)
        if name not in _homes:
            raise _no_attribute(name)
        value = getattr(import_module(_homes[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """List the public names, including those that are not loaded yet."""
        return sorted({*globals(), *__getattr__("__all__")})


def _read_imports() -> dict[str, str]:
    """Return the module of each public name, by the imports above."""
    import re

    loader: Any = __spec__.loader
    source = loader.get_source(__name__)  # out of a zip, too
    found = re.findall(r"^    from (\S+) import \(?\s*(\w+) as ", source, re.MULTILINE)
    return {name: module for module, name in found}


def _no_attribute(name: str) -> AttributeError:
    from kit.errors import nearest

    near = "" if name.startswith("_") else nearest(name, _homes)
    msg = f"module {__name__!r} has no attribute {name!r}.{near}"
    return AttributeError(msg, name=name, obj=None)  # or Python suggests a name, too


_register_faces()


def _host(executor: ShimTaskExecutor[Any]) -> None:
    from kit.shim.hosting import host

    host(executor)


_use_host(_host)

# Modules keep neither the text nor all of the code that they were loaded from.
_watch()

# A class has no line numbers of its own: IPython's cells are noted from now on.
if "IPython" in sys.modules:
    import_module("kit.source.noted_cells").install()
    import_module("kit.magics.completion").install()
