"""A courier's route: a file with the id of a node in each line; `#` begins a remark."""

from pathlib import Path

from content_packs.durable import storage_errors
from content_packs.errors import UsageError
from content_packs.names import is_name
from hub.limits import COURIER_ROUTE_BYTES_MAX


def read_route(path: Path) -> list[str]:
    """Return the nodes that a route names, in its order, each once. Raises `UsageError`."""
    with storage_errors(path), path.open("rb") as file:
        data = file.read(COURIER_ROUTE_BYTES_MAX + 1)
    if len(data) > COURIER_ROUTE_BYTES_MAX:
        raise UsageError(f"{path}: more than {COURIER_ROUTE_BYTES_MAX} bytes")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: not text in UTF-8") from error
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
