"""Following the patterns of ``match`` statements."""

from __future__ import annotations

import ast

from kit.checks.contract.expressions import Expressions
from kit.checks.contract.values import UNKNOWN, Marker, Provided, Value, Values

__all__ = ["Patterns"]


class Patterns(Expressions):
    """Follows patterns; those of mappings read the keys that they name."""

    def match(self, pattern: ast.pattern, subject: Values) -> None:
        """Follow a pattern and bind its names."""
        if isinstance(pattern, ast.MatchMapping):
            self._match_mapping(pattern, subject)
        elif isinstance(pattern, ast.MatchAs):
            if pattern.pattern is not None:
                self.match(pattern.pattern, subject)
            if pattern.name is not None:
                self.assign(pattern.name, subject)
        elif isinstance(pattern, ast.MatchOr):
            for choice in pattern.patterns:
                before = dict(self.frame.env)
                self.match(choice, subject)
                self.frame.join(before)
        else:
            self._match_other(pattern, subject)

    def _match_mapping(self, pattern: ast.MatchMapping, subject: Values) -> None:
        for key, inner in zip(pattern.keys, pattern.patterns, strict=True):
            keys = self.value(key)
            found: set[Value] = set()
            for value in subject:
                if isinstance(value, Provided):
                    found |= self.items(value, keys, needed=False)
                else:
                    found.add(Marker.UNKNOWN)
            self.match(inner, frozenset(found))
        if pattern.rest is not None:
            self.escape(subject, f"**{pattern.rest}")
            self.assign(pattern.rest, UNKNOWN)

    def _match_other(self, pattern: ast.pattern, subject: Values) -> None:
        is_test = isinstance(pattern, ast.MatchValue | ast.MatchSingleton)
        if is_test:
            self.consume(subject, "a pattern")
        else:
            self.escape(subject, "a pattern")
        for part in ast.iter_child_nodes(pattern):
            if isinstance(part, ast.expr):
                self.escape(self.value(part), "a pattern")
            elif isinstance(part, ast.pattern):
                self.match(part, UNKNOWN)
        name = getattr(pattern, "name", None)  # of a MatchStar
        if isinstance(name, str):
            self.assign(name, UNKNOWN)
