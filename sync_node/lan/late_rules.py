"""Addresses of pages whose builders are made when one is first asked for.

werkzeug writes, and has Python compile, two functions for each of its rules, by which `url_for`
puts an address together. For the site's hundred rules that takes a twentieth of a start,
and a page needs a dozen.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A rule that makes its builders late, otherwise werkzeug's own."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        made: list[Callable[..., tuple[str, str]]] = []
        make = super()._compile_builder

        def build(rule: Rule, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(make(append_unknown))
            return made[0](rule, **values)

        return build
