"""The routes of an application are compiled once in a test process, not for each application.

Werkzeug writes two functions for each route, parses and compiles them: that is most of what making
an application costs, and a suite makes hundreds of the same. A function depends on nothing but the
route's text, its parts and whether it adds a query; the rest it is given when it is bound.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule

Builder = Callable[..., tuple[str, str]]


def compile_once() -> None:
    """Let routes of this process that are alike share what they are compiled to."""
    made: dict[tuple[object, ...], Builder] = {}
    real: Callable[[Rule, bool], Builder] = Rule._compile_builder

    def compiled(rule: Any, append_unknown: bool = True) -> Builder:
        if rule.defaults:
            return real(rule, append_unknown)
        key = (rule.rule, tuple(rule._trace), append_unknown)
        if key not in made:
            made[key] = real(rule, append_unknown)
        return made[key]

    Rule._compile_builder = compiled  # type: ignore[method-assign]
