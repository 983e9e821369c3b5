"""Records as JSON lines: into a file, or to whoever takes them."""

from collections.abc import Iterator
from pathlib import Path

from content_packs import durable
from content_packs.errors import UsageError
from hub.hub import Hub
from hub.people.actor import Actor
from hub.records import reading


def lines(hub: Hub, actor: Actor, *, school: str = "") -> Iterator[bytes]:
    """Return the records of a school, or of all, a line each. Raises as `reading.export`."""
    found = reading.export(hub, actor, school=school)
    return (line + b"\n" for batch in found for line in batch.lines)


def export_to(hub: Hub, actor: Actor, path: Path, *, school: str = "") -> int:
    """Write them into a new file; return how many there are.

    It has its name only once it is whole. Raises as `lines`, and `UsageError` where something is
    there already.
    """
    if path.exists():
        raise UsageError(f"{path} is there already", hint="Name a new file.")
    count = 0

    def counted() -> Iterator[bytes]:
        nonlocal count
        for line in lines(hub, actor, school=school):
            count += 1
            yield line

    durable.write(path, counted(), mode=0o600)
    return count
