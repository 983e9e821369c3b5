"""A courier's route: a file with the id of a node in each line; `#` begins a remark."""

from pathlib import Path

from content_packs.errors import UsageError
from content_packs.names import is_name
from hub import given_files
from hub.limits import COURIER_ROUTE_BYTES_MAX


def read_route(path: Path) -> list[str]:
    """Return the nodes that a route names, in its order, each once. Raises `UsageError`."""
    text = given_files.read_text(path, COURIER_ROUTE_BYTES_MAX)
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        name = line.partition("#")[0].strip()
        if not name:
            continue
        if not is_name(name):
            raise UsageError(
                f"{path}:{number}: {name[:80]!r} is no node's id",
                hint="One id in a line, such as qamdo-7. Remarks begin with #.",
            )
        found.append(name)
    if not found:
        raise UsageError(f"{path}: names no node")
    return list(dict.fromkeys(found))
