"""Annotations of functions and classes, read in one place.

From Python 3.14 on they are evaluated when they are asked for, and classes do not keep
them among their attributes.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Mapping
from typing import Any


def own_annotations(owner: Any) -> dict[str, Any]:
    """Return the annotations that a function, class or module was written with.

    Those of base classes are not among them. Text stays text, and a name that is
    nowhere makes a forward reference from Python 3.14 on.
    """
    if sys.version_info >= (3, 14):
        import annotationlib

        form = annotationlib.Format.FORWARDREF
        return dict(annotationlib.get_annotations(owner, format=form))
    return dict(inspect.get_annotations(owner))


def type_hints(
    owner: Any, namespace: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return annotations as types, with what ``Annotated`` adds, base classes' too.

    Args:
        owner: A function, class or module, or what has annotations like one.
        namespace: Where names in text are looked up, instead of the owner's module.

    Raises:
        NameError: A name of an annotation is nowhere.
        TypeError: An annotation is no type.
    """
    globals_ = None if namespace is None else dict(namespace)
    return typing.get_type_hints(owner, globals_, include_extras=True)
