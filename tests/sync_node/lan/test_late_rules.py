"""Addresses that are put together late are those that werkzeug's own rules give."""

import pytest
from werkzeug.routing import BuildError, Map, Rule

from sync_node.lan.late_rules import LateRule

RULES = (
    ("/", "home"),
    ("/p/<name>", "pack"),
    ("/p/<name>/<int:page>", "page"),
    ("/files/<path:path>", "file"),
)
CASES: tuple[tuple[str, dict[str, str | int]], ...] = (
    ("home", {}),
    ("home", {"q": "水 & fire", "page": 2}),
    ("pack", {"name": "grade 4/水"}),
    ("page", {"name": "x", "page": 7, "more": "1"}),
    ("file", {"path": "a/b c/d.html"}),
)


def addresses(kind: type[Rule]) -> list[str]:
    rules = Map([kind(rule, endpoint=endpoint) for rule, endpoint in RULES])
    adapter = rules.bind("satchel.lan")
    return [adapter.build(endpoint, values) for endpoint, values in CASES for _ in range(2)]


def test_they_are_the_same() -> None:
    assert addresses(LateRule) == addresses(Rule)


def test_requests_find_their_pages() -> None:
    adapter = Map([LateRule(rule, endpoint=endpoint) for rule, endpoint in RULES]).bind("x")
    assert adapter.match("/p/x/7") == ("page", {"name": "x", "page": 7})


def test_what_is_missing_is_said() -> None:
    adapter = Map([LateRule("/p/<name>", endpoint="pack")]).bind("x")
    with pytest.raises(BuildError, match="name"):
        adapter.build("pack", {})
