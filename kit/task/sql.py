"""A base for tasks that run a query: its template, and the query with its inputs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Generic, TypeVar

from kit.definition.interface import Interface
from kit.errors import CallError, nearest
from kit.task.task import PythonCustomizedContainerTask

C = TypeVar("C")

_INPUT = re.compile(r"({{\s*.inputs.(\w+)\s*}})", re.IGNORECASE)


class SQLTask(Generic[C]):
    """What tasks with a query have in common; the other base makes them tasks.

    The bases may stand in either order, as in plugins written for flytekit::

        class Query(kit.PythonCustomizedContainerTask[Config], kit.SQLTask[Config]):
            ...

    Args:
        query_template: The query, in which ``{{.inputs.x}}`` stands for an input; each
            run of white space in it becomes a blank.
        inputs: Type of each input, or a pair of type and default.
        outputs: Type of each output.
        **others: The arguments of the other base.

    Example:
        >>> SQLTask.interpolate_query("select {{ .inputs.n }}", n=3)
        'select 3'
    """

    def __init__(
        self,
        query_template: str,
        inputs: Mapping[str, Any] | None = None,
        outputs: Mapping[str, Any] | None = None,
        **others: Any,
    ) -> None:
        given: object = query_template
        if not isinstance(given, str):
            msg = f"query_template must be a text, got {given!r:.200}."
            raise CallError(msg)
        self._query_template = re.sub(r"\s+", " ", given).strip()
        declared = Interface(inputs, outputs)
        after = type(self).__mro__[type(self).__mro__.index(SQLTask) + 1 :]
        if PythonCustomizedContainerTask in after:
            others["interface"] = declared
        else:
            self.declared_interface = declared
        super().__init__(**others)

    @property
    def query_template(self) -> str:
        """The query, with its inputs as macros."""
        return self._query_template

    def get_query(self, **kwargs: Any) -> str:
        """Return the query with inputs in the place of their macros.

        Raises:
            CallError: An input of the query is missing, or one is not in it.
        """
        return self.interpolate_query(self.query_template, **kwargs)

    @classmethod
    def interpolate_query(cls, query_template: str, **kwargs: Any) -> str:
        """Put inputs in the place of their macros, as texts.

        Nothing is quoted: a text from strangers belongs into a parameter of the
        database's driver.

        Raises:
            CallError: An input of the query is missing, or one is not in it.
        """
        named = dict(_macros(query_template))
        for macro, name in named.items():
            if name not in kwargs:
                msg = (
                    f"Variable {name} in Query (part of {macro}) not found in inputs "
                    f"{', '.join(kwargs) or '(none)'}.{nearest(name, kwargs)}"
                )
                raise CallError(msg)
            query_template = query_template.replace(macro, str(kwargs[name]))
        unused = sorted(kwargs.keys() - set(named.values()))
        if unused:
            msg = (
                "Extra Inputs have no matches in query template - missing "
                f"{', '.join(unused)}. Write {{{{.inputs.{unused[0]}}}}} in it."
            )
            raise CallError(msg)
        return query_template


def _macros(query: str) -> Iterator[tuple[str, str]]:
    for found in _INPUT.finditer(query):
        yield found[1], found[2]
