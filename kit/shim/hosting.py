"""An executor that flytekit's shim runs in a container: kit hands out its outputs.

flytekit's shim takes several outputs in the order of a map, which has none; it knows
neither kit's files, folders and tables nor typed lists and dictionaries; and every
exception that leaves it is a system error, which Flyte tries again three times. Here
outputs are converted by kit, by name, and an error of the executor is its user's.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from kit.definition.executor import ShimTaskExecutor
from kit.errors import KitError
from kit.shim import flytekit_bridge
from kit.shim.argument_types import argument_types
from kit.shim.context import current_context, publish_decks
from kit.shim.executable import call_author
from kit.shim.outputs import output_literals
from kit.storage import Storage, use_storage
from kit.types import default_engine


def host(executor: ShimTaskExecutor[Any]) -> None:
    """Let an executor that flytekit's shim has made return what the shim passes on.

    Elsewhere than in flytekit's container it stays as it is.
    """
    execute = executor.execute_from_model

    @functools.wraps(execute)
    def hosted(tt: Any, **kwargs: Any) -> Any:
        if not flytekit_bridge.is_in_container():
            return execute(tt, **kwargs)
        return hosted_outputs(execute, tt, tt, kwargs)

    executor.__dict__["execute_from_model"] = hosted


def hosted_outputs(
    execute: Callable[..., Any], tt: Any, view: Any, kwargs: dict[str, Any]
) -> Any:
    """Run an executor's method in flytekit's container.

    Args:
        execute: The method.
        tt: The template as it was registered, by flytekit's model.
        view: The template as the executor sees it.
        kwargs: The inputs.

    Returns:
        flytekit's LiteralMap of the outputs.
    """
    with _storage():
        try:
            value = call_author(execute, view, **kwargs)
            return _literals(execute, tt, value)
        except Exception as error:
            told = flytekit_bridge.user_error(error)
            if told is error:
                raise
            raise told from error
        finally:
            if tt.to_flyte_idl().metadata.generates_deck.value:
                _write_decks()


def _write_decks() -> None:
    """Write deck.html, which flytekit's shim does not; a run is not lost for it."""
    context = current_context()
    try:
        publish_decks(context)
    except (KitError, OSError) as error:
        context.logging.warning("deck.html could not be written: %s", error)


@contextlib.contextmanager
def _storage() -> Iterator[None]:
    """Put files of outputs where flytekit would."""
    context = current_context()
    made = Storage(
        raw_output_prefix=context.raw_output_prefix,
        working_dir=context.working_directory,
    )
    with use_storage(made):
        yield


def _literals(execute: Callable[..., Any], tt: Any, value: Any) -> Any:
    """Convert what the executor returned as kit's own shim does."""
    if flytekit_bridge.is_literal_map(value):
        return value
    types = argument_types(execute)
    declared = tt.to_flyte_idl().interface.outputs.variables
    outputs = output_literals(
        value,
        declared,
        default_engine,
        order=types.output_order(declared),
        task=tt.id.name,
        types=types,
    )
    return flytekit_bridge.flytekit_outputs(outputs)
