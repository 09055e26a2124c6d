"""Everything kit raises on purpose, as one tree.

::

    KitError
    ├── ConversionError         a value or literal does not fit its declared type
    │   ├── MemberError         … for it lacks what a value of that type has
    │   └── RangeError          … for it is a number too large for the wire
    ├── UnsupportedTypeError    a Python type that Flyte has no literal type for
    ├── GuessError              a literal type that no Python type can be told for
    ├── RegistrationError       a transformer that would silently replace another one
    ├── DefinitionError         a task was defined with something that cannot work
    │   ├── InterfaceError      names and types of inputs and outputs
    │   ├── ResourcesError      requests, limits, quantities
    │   ├── ImageError          image names and the ``{{.image…}}`` macros
    │   ├── SecretError         secrets that cannot be mounted
    │   ├── MetadataError       cache, retries, timeout
    │   ├── CustomError         custom holds what a protobuf Struct cannot
    │   │   └── MissingCustomError   ``get_custom`` was not overridden
    │   ├── ExecutorError       an executor that is none or cannot be loaded
    │   │   ├── ExecutorModuleError  its module is not there to import
    │   │   ├── ExecutorNameError    its module has no such class
    │   │   ├── ShippingError        it reaches its container neither way
    │   │   └── InlineError          its source in the template cannot be loaded
    │   ├── TrackingError       where an object lives cannot be known
    │   └── AuthoringError      code that cannot leave the notebook it was written in
    │       ├── SourceError         its source cannot be had, or not for certain
    │       ├── UndefinedNameError  it uses a name that does not exist
    │       ├── CaptureError        it uses a live object that source cannot make
    │       ├── SecretInSourceError it holds the value of a secret
    │       └── ExportError         its export would not be what the notebook has
    ├── CallError               a task was called with the wrong arguments
    │   └── LoaderArgsError     a resolver was given too few loader arguments
    ├── OutputError             an executor returned something else than it declared
    │   └── OutputCountError    … namely more or fewer outputs
    ├── DisplayError            something that kit has no view of
    ├── DeckError               what a renderer cannot draw, or a deck cannot have
    ├── TemplateError           a file or bytes that are not a TaskTemplate
    ├── TargetError             a text or object that names no task or template
    │   ├── TargetNotFoundError     … because its file or module does not exist
    │   └── RevisionError       a task that cannot be had from a git revision
    ├── SavedRunError           a file that is not a saved run, or a damaged one
    ├── MacroError              container args that the engine would fail to render
    ├── StorageError            a path that cannot be read or written
    │   ├── StorageNotFoundError     … for there is nothing
    │   ├── StorageForbiddenError    … for its store or folder refuses it
    │   ├── StorageUnavailableError  … for its store does not answer well
    │   └── StorageSettingError a variable for stores that is no such setting
    ├── MissingPackageError     a package that one of kit's extras brings is not there
    ├── SecretNotFoundError     a secret the execution does not have
    ├── ContextError            asked for something only a running task has
    │   ├── CheckpointError     a run that was given no place for checkpoints
    │   └── ContextAttributeError    an attribute that this context does not have
    ├── CheckError              a task that will fail, by what its checks found
    ├── PlatformError           a description of a deployment that is none
    ├── EngineError             the container engine refuses, fails or is none
    │   ├── EngineNotFoundError     no engine answers on this machine
    │   ├── EngineTooOldError       it answers, but lacks what is needed
    │   ├── ImageNotFoundError      it has no such image, or cannot pull it
    │   └── ImageBuildError         it builds none that the task could run in
    ├── ProofError              a task whose shipped form does not stand alone
    ├── RemoteError             a live Flyte refuses a call, or cannot answer it
    │   ├── EndpointError           no endpoint, or nothing of Flyte 1 answers there
    │   ├── RemoteUnavailableError  it did not answer in time, or is gone
    │   ├── SignInError             it wants a sign-in, and that failed
    │   ├── RemoteNotFoundError     it has no such task, execution or other entity
    │   ├── RemoteExistsError       it has one of that name already
    │   ├── RemoteRefusedError      it refuses the request, in its own words
    │   └── RegisterError           not all of what was to be registered is
    └── RunError                a run that did not succeed
        ├── RunFailed           the task ended with an error document
        ├── RunCrashed          the process ended without a verdict
        ├── RunTimedOut         the run was stopped at its timeout
        └── RunCancelled        the run was stopped by its user

Each class also derives from the builtin exception that flytekit raises in the same
place, so that code written for flytekit keeps catching it.  Two classes that executors
raise themselves, :class:`RecoverableError` and :class:`IgnoreOutputs`, stand outside
the tree: they are not failures of kit.  :class:`CustomWarning` is the one warning.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

__all__ = [
    "AuthoringError",
    "CallError",
    "CaptureError",
    "CheckError",
    "CheckpointError",
    "ContextAttributeError",
    "ContextError",
    "ConversionError",
    "CustomError",
    "CustomWarning",
    "DeckError",
    "DefinitionError",
    "DisplayError",
    "EndpointError",
    "EngineError",
    "EngineNotFoundError",
    "EngineTooOldError",
    "ExecutorError",
    "ExecutorModuleError",
    "ExecutorNameError",
    "ExportError",
    "GuessError",
    "IgnoreOutputs",
    "ImageBuildError",
    "ImageError",
    "ImageNotFoundError",
    "InlineError",
    "InterfaceError",
    "KitError",
    "LoaderArgsError",
    "MacroError",
    "MemberError",
    "MetadataError",
    "MissingCustomError",
    "MissingPackageError",
    "OutputCountError",
    "OutputError",
    "PlatformError",
    "ProofError",
    "RangeError",
    "RecoverableError",
    "RegisterError",
    "RegistrationError",
    "RemoteError",
    "RemoteExistsError",
    "RemoteNotFoundError",
    "RemoteRefusedError",
    "RemoteUnavailableError",
    "ResourcesError",
    "RevisionError",
    "RunCancelled",
    "RunCrashed",
    "RunError",
    "RunFailed",
    "RunTimedOut",
    "SavedRunError",
    "SecretError",
    "SecretInSourceError",
    "SecretNotFoundError",
    "ShippingError",
    "SignInError",
    "SourceError",
    "StorageError",
    "StorageForbiddenError",
    "StorageNotFoundError",
    "StorageSettingError",
    "StorageUnavailableError",
    "TargetError",
    "TargetNotFoundError",
    "TemplateError",
    "TrackingError",
    "UndefinedNameError",
    "UnsupportedTypeError",
]


def nearest(name: str, known: Iterable[str]) -> str:
    """Say which known name was probably meant, as the end of an error's sentence.

    Returns an empty string when nothing is near, so that call sites can append it.
    """
    import difflib  # only errors need it

    matches = difflib.get_close_matches(str(name), list(known), n=1)
    return f" Did you mean {matches[0]!r}?" if matches else ""


def render_path(path: Iterable[str | int]) -> str:
    """Draw a path of names and positions the way Python would write it.

    >>> render_path(["inputs", "rows", 3, "name"])
    'inputs.rows[3].name'
    """
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif step.isidentifier():
            text += f".{step}" if text else step
        else:
            text += f"[{step!r}]"
    return text


class KitError(Exception):
    """Root of the tree: catch it to catch everything that kit raises on purpose."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows of it: the sentence and the user's own line."""
        from kit.notebook import render_error

        return render_error(self)


class _PathError(KitError):
    """An error at a place inside a value: the place is data, the text is made here."""

    def __init__(self, message: str, *, path: Iterable[str | int] = ()) -> None:
        self.message = message
        self.path: tuple[str | int, ...] = tuple(path)
        super().__init__(message)

    def below(self, *steps: str | int) -> _PathError:
        """Prepend where this value was found and return the error, to re-raise it."""
        self.path = (*steps, *self.path)
        return self

    def __str__(self) -> str:
        if not self.path:
            return self.message
        return f"{self.message}\n  at {render_path(self.path)}"


class ConversionError(_PathError, TypeError, AssertionError, ValueError):
    """A value or literal does not fit its declared type; ``path`` says where in it."""


class MemberError(ConversionError, AttributeError):
    """A value lacks an attribute that values of its declared type have."""


class RangeError(ConversionError, OverflowError):
    """A number is too large for the wire."""


class UnsupportedTypeError(_PathError, TypeError, AssertionError, ValueError):
    """A Python type that Flyte has no literal type for."""


class GuessError(KitError, ValueError):
    """A literal type that no Python type can be told for."""


class RegistrationError(KitError, ValueError):
    """A transformer that would silently replace another one."""


class DefinitionError(KitError, TypeError, ValueError, AssertionError):
    """A task was defined with something that cannot work."""


class InterfaceError(DefinitionError):
    """Names and types of inputs and outputs that cannot be an interface."""


class MissingInterfaceError(InterfaceError, AttributeError):
    """A task that was never given an interface."""


class ResourcesError(DefinitionError):
    """Requests, limits or quantities that Kubernetes or Flyte would refuse."""


class ImageError(DefinitionError):
    """An image name that is malformed, or a macro that names no configured image."""


class SecretError(DefinitionError):
    """A secret that cannot be mounted."""


class MetadataError(DefinitionError):
    """Cache, retries, timeout or labels that contradict each other."""


class CustomError(_PathError, DefinitionError):
    """Custom holds what a protobuf Struct cannot; the path says where."""


class MissingCustomError(CustomError, NotImplementedError):
    """A task class that does not say what its template's custom is."""


class CustomWarning(UserWarning):
    """``get_custom`` returned a number that arrives as another one, or not at all."""


class ExecutorError(DefinitionError):
    """An executor that is none, or that no container could load."""


class ExecutorModuleError(ExecutorError, ModuleNotFoundError):
    """The executor's module is not there to import."""


class ExecutorNameError(ExecutorError, AttributeError):
    """The executor's module has no class of that name."""


class ShippingError(ExecutorError):
    """An executor that reaches its container neither as a module nor as source."""


class InlineError(ExecutorError):
    """Source in a template that is missing, changed, or not for this Python."""


class TrackingError(DefinitionError):
    """Where an object lives in a module cannot be known."""


class AuthoringError(DefinitionError):
    """Code that cannot leave the notebook, script or module it was written in."""


class SourceError(AuthoringError, OSError):
    """The source of an object cannot be had, or not for certain."""


class UndefinedNameError(AuthoringError, NameError):
    """Code uses a name that does not exist where the code was defined."""


class CaptureError(AuthoringError):
    """Code uses an object that no source can make anew."""


class SecretInSourceError(AuthoringError):
    """Code holds the value of a secret; the value is never printed."""


class ExportError(AuthoringError):
    """What cannot be exported, or would not be what its author has."""


class CallError(KitError, TypeError, ValueError, AssertionError):
    """A task was called with missing, unexpected or doubled arguments."""


class LoaderArgsError(CallError, IndexError):
    """A resolver was given fewer loader arguments than it needs."""


class OutputError(_PathError, TypeError, ValueError, AssertionError):
    """An executor returned something else than its interface declares."""


class OutputCountError(OutputError, IndexError):
    """An executor returned more or fewer outputs than its interface declares."""


class DisplayError(KitError, TypeError):
    """Something was to be shown that kit has no view of."""


class DeckError(KitError, TypeError, ValueError, AssertionError):
    """What a renderer cannot draw, or a deck cannot have."""


class TemplateError(KitError, ValueError):
    """A file or bytes that are not a TaskTemplate."""


class TargetError(KitError, TypeError, ValueError):
    """A text or an object that names no task, template, file or revision.

    Attributes:
        detail: The traceback of the module's own code, if importing it failed.
    """

    def __init__(self, message: str, *, detail: str = "") -> None:
        super().__init__(message)
        self.detail = detail


class TargetNotFoundError(TargetError):
    """A text that names a file or a module that does not exist."""


class RevisionError(TargetError):
    """A task that cannot be had from a git revision."""


class SavedRunError(KitError, ValueError):
    """A file that is not a saved run, is damaged, or is larger than one may be."""


class MacroError(KitError, ValueError):
    """Container args that the engine would fail to render; the text is the engine's."""


class MissingPackageError(KitError, ImportError):
    """A package that one of kit's extras brings is not installed.

    Args:
        package: Its name.
        extra: The extra of kit's that brings it; by default it is named itself.
        purpose: What it is needed for.
    """

    def __init__(
        self, package: str, *, extra: str | None = None, purpose: str = ""
    ) -> None:
        needed = f" {purpose} needs it." if purpose else ""
        what = f"'flyte-task-kit[{extra}]'" if extra else package
        super().__init__(
            f"The package {package!r} is not installed.{needed} Install it where this "
            f"runs: pip install {what}."
        )


class StorageError(KitError, ValueError, OSError):
    """A path that cannot be read or written."""


class StorageNotFoundError(StorageError, FileNotFoundError):
    """There is no such file, folder or bucket."""


class StorageForbiddenError(StorageError, PermissionError):
    """A store or folder refuses what was asked of it."""


class StorageUnavailableError(StorageError, ConnectionError):
    """A store does not answer, or with errors of its own, also when asked again."""


class StorageSettingError(StorageError):
    """An environment variable for stores that is no such setting."""


class SecretNotFoundError(KitError, ValueError, KeyError):
    """A secret that the execution does not have."""

    __str__ = Exception.__str__


class ContextError(KitError, AssertionError):
    """Asked for something that only a running task has."""


class CheckpointError(ContextError, NotImplementedError):
    """The run was given no place to keep checkpoints."""


class ContextAttributeError(ContextError, AttributeError):
    """An attribute that the context of this run does not have."""


class CheckError(KitError, ValueError):
    """A task that will fail, by what its checks found."""


class PlatformError(KitError, TypeError, ValueError):
    """A description of a deployment that is none, or has a value of a wrong kind."""


class EngineError(KitError, RuntimeError):
    """The container engine refuses something, fails, or is none."""


class EngineNotFoundError(EngineError, ConnectionError):
    """No container engine answers on this machine."""


class EngineTooOldError(EngineError):
    """The container engine lacks what is needed here."""


class ImageNotFoundError(EngineError):
    """The container engine has no such image, or cannot pull it."""


class ImageBuildError(EngineError):
    """An image cannot be built, or the task could not run in it."""


class ProofError(KitError, RuntimeError):
    """A task whose shipped form does not stand alone in a fresh interpreter."""


class RemoteError(KitError, RuntimeError):
    """A live Flyte refuses a call, or cannot answer it.

    Attributes:
        code: The code of gRPC, such as ``NOT_FOUND``; empty if nothing was called.
        words: What the server said, whole.
        attempts: How often the call was sent.
    """

    def __init__(
        self, message: str, *, code: str = "", words: str = "", attempts: int = 1
    ) -> None:
        super().__init__(message)
        self.code = code
        self.words = words
        self.attempts = attempts


class EndpointError(RemoteError, ValueError, ConnectionError):
    """No endpoint is known, or no server of Flyte 1 answers there."""


class RemoteUnavailableError(RemoteError, ConnectionError, TimeoutError):
    """A Flyte does not answer in time, or is gone, also when asked again."""


class SignInError(RemoteError, PermissionError):
    """A Flyte wants a sign-in, and that failed; no credential is ever in the text."""


class RemoteNotFoundError(RemoteError, LookupError):
    """A Flyte has no such task, execution or other entity."""


class RemoteExistsError(RemoteError, ValueError):
    """A Flyte has an entity of that identifier already."""


class RemoteRefusedError(RemoteError, ValueError):
    """A Flyte refuses a request; the text has its own words."""


class RegisterError(RemoteError, ValueError):
    """Not everything was registered; the text says of each what became of it.

    Attributes:
        report: The :class:`~kit.flyte.register.Registrations`.
    """

    def __init__(self, message: str, *, report: Any = None) -> None:
        super().__init__(message)
        self.report = report


class RunError(KitError, RuntimeError):
    """A run that did not succeed."""


class RunFailed(RunError):
    """The task ended with an error document."""


class RunCrashed(RunError):
    """The process ended without outputs and without an error document."""


class RunTimedOut(RunError, TimeoutError):
    """The run was stopped at its timeout."""


class RunCancelled(RunError):
    """The run was stopped by its user."""


class RecoverableError(Exception):
    """Raise it in an executor when trying again may help: Flyte then retries."""


class IgnoreOutputs(Exception):
    """Raise it in an executor to end successfully without writing outputs."""
