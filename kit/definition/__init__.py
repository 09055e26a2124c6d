"""The facts of a definition, one concept to a module.

Import names from their module, or from ``kit``: this file loads nothing, because a
container needs only the executor's module.
"""

from __future__ import annotations
