"""``%%container_task``: a cell that is the body of a task."""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import no_var_expand

import kit
from kit.errors import KitError
from kit.magics.plain_errors import errors_of_cell
from kit.magics.task_flags import keywords_of, task_flags
from kit.magics.task_line import join_continued, read_task_line
from kit.magics.task_source import (
    call_source,
    check_body,
    function_source,
    plain_python,
)
from kit.source.pages import note_cell

__all__ = ["ContainerTaskMagic"]

_HELP = """Make a container task of this cell: its body is the executor's.

The body sees ``tt``, the template, and the inputs, and ends with ``return``. What it
uses of other cells travels with it, as with ``@kit.container_task``, which is what the
cell becomes; ``--show`` prints that.

    %%container_task weigh(grams: list[int]) -> int --image acme/w:1 --cpu 1
    total = sum(grams)
    return total * int(tt.custom.get("factor", 1))

A string that the body begins with is the documentation. A backslash at the end of the
line continues it on the next one. ``$NAME`` is the value of a variable of the notebook.

"""


class ContainerTaskMagic:
    """The magic of one shell."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell

    @no_var_expand  # braces in a signature are Python
    def container_task(self, line: str, cell: str) -> None:
        """Define a task; its help is that of the flags."""
        head, body, joined = join_continued(line, cell)
        read = read_task_line(head)
        flags = task_flags().parse_text(read.flags)
        keywords = keywords_of(flags)
        if "image" not in keywords:
            msg = (
                f"{read.name} needs an image: add --image ghcr.io/acme/app:1.0, or "
                "--image '' for the default image of the settings."
            )
            raise UsageError(msg)
        if not body.strip():
            raise UsageError(f"{read.name} has no body: write it below the line.")
        source = function_source(read.header, body, lines_above=joined)
        task = self._make(read.name, source, call_source(keywords))
        self._shell.push({read.name: task})
        if flags.show:
            print(plain_python(read, body, keywords), end="")  # noqa: T201 - asked for

    container_task.__doc__ = _HELP + task_flags().format_help()

    def _make(self, name: str, source: str, call: str) -> Any:
        """Compile the function as the shell does its cells, and make a task of it."""
        shell = self._shell
        cell = shell.displayhook.prompt_count  # execution_count may be the next one's
        filename = shell.compile.cache(source, cell, raw_code=source)
        note_cell(source)
        with errors_of_cell(shell, filename):
            tree = shell.compile.ast_parse(source, filename=filename)
            check_body(tree.body[0])
            code = shell.compile(shell.transform_ast(tree), filename, "exec")
            made: dict[str, Any] = {}
            exec(code, shell.user_ns, made)  # noqa: S102 - the user's own cell
            return self._decorator(call)(made[name])

    def _decorator(self, call: str) -> Any:
        try:
            return eval(call, {**self._shell.user_ns, "kit": kit})  # noqa: S307 - idem
        except KitError:
            raise
        except (NameError, AttributeError) as error:
            msg = f"A flag's $NAME is not in the notebook: {error}. Run its cell first."
            raise UsageError(msg) from error
