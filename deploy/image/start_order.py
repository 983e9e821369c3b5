"""Which compiled modules a box reads when its node starts, in the order in which it reads them.

A squashfs holds small files by the block of a quarter of a megabyte, and the kernel keeps few
blocks unpacked. Some 800 modules that lie as their names have it are read here and there, and most
blocks are unpacked again and again, on a slow card and a slow processor, before the site can be
opened. Laid down in this order they are read once, one block after the other.

The order is taken from what the modules of the box's root import at their top, so that it follows
from the root alone. Imports in functions, or in code that isn't Python, are passed over.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

# What Python itself loads, then what `sync-node run` does, then the engine beside it.
FROM = (
    "encodings", "codecs", "encodings.aliases", "encodings.utf_8", "site", "sitecustomize",
    "sync_node.cli", "sync_node.daemon", "sync_node.engine_main",
)  # fmt: skip
_PLACES = ("usr/lib/satchel/venv/lib/python3*/site-packages", "usr/lib/python3", "usr/lib/python3*")


def files_in_order(root: Path, first: tuple[str, ...] = FROM) -> list[str]:
    """Return the compiled modules' paths below `root`; what isn't there is passed over."""
    places = [place for pattern in _PLACES for place in sorted(root.glob(pattern))]
    walk = _Walk(places)
    for name in first:
        walk.visit(name)
    compiled = (
        each
        for path in walk.found
        for each in sorted(path.parent.glob(f"__pycache__/{path.stem}.*.pyc"))
    )
    return [str(path.relative_to(root)) for path in compiled]


class _Walk:
    """Goes from a module to those that it imports, depth first, as Python does."""

    def __init__(self, places: list[Path]) -> None:
        self._places = places
        self._seen: set[str] = set()
        self.found: list[Path] = []

    def visit(self, name: str) -> None:
        """Note a module and all that it brings; a package before what is in it."""
        waiting = [name]
        while waiting:
            one = waiting.pop()
            if one in self._seen:
                continue
            package = one.rpartition(".")[0]
            if package and package not in self._seen:
                waiting += [one, package]
                continue
            self._seen.add(one)
            path = self._path(one)
            if path:
                self.found.append(path)
                waiting += reversed(list(_imported(path, one)))

    def _path(self, name: str) -> Path | None:
        inner = name.replace(".", "/")
        for place in self._places:
            for path in (place / inner / "__init__.py", place / f"{inner}.py"):
                if path.is_file():
                    return path
        return None


def _imported(path: Path, name: str) -> Iterator[str]:
    """Yield the names that a module's top imports, in order; of `from`, also what may be none."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _at_the_top(ast.parse(path.read_bytes()).body):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        else:
            base = node.module or ""
            if node.level:
                above = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*above, *([base] if base else [])])
            yield base
            for alias in node.names:
                yield f"{base}.{alias.name}"


def _at_the_top(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a body; also those that are tried or made on a condition."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif isinstance(node, ast.If) and _names_type_checking(node.test):
            yield from _at_the_top(node.orelse)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            yield from _at_the_top(node.body)
            yield from _at_the_top(getattr(node, "orelse", []))


def _names_type_checking(test: ast.expr) -> bool:
    return any(
        getattr(node, "id", getattr(node, "attr", "")) == "TYPE_CHECKING" for node in ast.walk(test)
    )
