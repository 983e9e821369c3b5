"""Reads the project's own Python: modules, what they import, and what stands where."""

import ast
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
PACKAGES = ("content_packs", "hub", "sync_node")


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name and where it lies in the checkout."""

    name: str
    path: Path

    @property
    def place(self) -> str:
        return self.path.relative_to(CHECKOUT).as_posix()

    @property
    def package(self) -> str:
        return self.name.split(".", 1)[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def imports(self) -> set[str]:
        """The dotted names imported anywhere in the file, `a.b` for `from a import b`."""
        found: set[str] = set()
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                found |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                base = self._base(node)
                found |= {f"{base}.{alias.name}" for alias in node.names}
        return found

    def _base(self, node: ast.ImportFrom) -> str:
        if not node.level:
            return node.module or ""
        here = self.name.split(".")
        if self.path.name != "__init__.py":
            here = here[:-1]
        here = here[: len(here) - node.level + 1]
        return ".".join([*here, node.module] if node.module else here)

    @cached_property
    def functions(self) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
        return [
            node
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        ]


def modules_of(*folders: str) -> list[Module]:
    """Return every module below these folders of the checkout."""
    return [module for folder in folders for module in _modules_of(folder)]


@cache
def _modules_of(folder: str) -> list[Module]:
    return [Module(_dotted(path), path) for path in sorted((CHECKOUT / folder).rglob("*.py"))]


def _dotted(path: Path) -> str:
    parts = path.relative_to(CHECKOUT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_among(modules: list[Module]) -> dict[str, set[str]]:
    """Return, for each module, which of `modules` it imports."""
    names = {module.name for module in modules}
    graph: dict[str, set[str]] = {}
    for module in modules:
        edges = set()
        for imported in module.imports:
            if imported in names:
                edges.add(imported)
            elif imported.rsplit(".", 1)[0] in names:
                edges.add(imported.rsplit(".", 1)[0])
        graph[module.name] = edges - {module.name}
    return graph


def reachable(graph: dict[str, set[str]], start: str) -> set[str]:
    """Return the modules that importing `start` loads, itself with them."""
    seen = {start}
    waiting = [start]
    while waiting:
        for name in graph[waiting.pop()] - seen:
            seen.add(name)
            waiting.append(name)
    return seen
