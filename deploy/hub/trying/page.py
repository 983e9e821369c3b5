"""The commands of SERVER.md, as they stand there."""

import re

from deploy.hub.errors import StepFailed

_BLOCK = re.compile(r"^( *)```sh ([a-z-]+)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)


def commands(page: str) -> dict[str, str]:
    """Return the blocks of shell that have a name. Raises `StepFailed` for a name used twice."""
    found: dict[str, str] = {}
    for indent, name, block in _BLOCK.findall(page):
        if name in found:
            raise StepFailed(f"SERVER.md: two blocks are called {name}")
        found[name] = "".join(line.removeprefix(indent) for line in block.splitlines(keepends=True))
    return found
