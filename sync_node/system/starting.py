"""Starting a system that is ready at once, because a person says so."""

from content_packs.errors import Missing, Refused
from sync_node.data_dir import DataDir
from sync_node.node_reader import NodeReader
from sync_node.system import box_slots, requests, view
from sync_node.system.view import SystemView


def look(data_dir: DataDir, reader: NodeReader, boot: str) -> SystemView | None:
    """Return how the systems are; None for a box without slots. Raises `StorageFailed`."""
    box = box_slots.read(data_dir)
    return None if box is None else view.view(box, reader.systems(), boot=boot)


def start_now(data_dir: DataDir, reader: NodeReader, boot: str) -> int:
    """Ask root to start the system that is ready; return its version.

    Raises `Missing` for a box without slots, `Refused` where none is ready, `StorageFailed`.
    """
    found = look(data_dir, reader, boot)
    if found is None:
        raise Missing(
            f"{data_dir.run / box_slots.NAME}: isn't there: this box has no two systems",
            hint="Only a box that was started from a card of Satchel's has them.",
        )
    whole = view.whole_of(reader.systems())
    if not found.can_start or whole is None or requests.is_under_way(data_dir):
        raise Refused(
            f"no system is ready to be started: {'; '.join(view.in_words(found))}",
            hint="Look again in some minutes: sync-node system",
        )
    requests.ask(data_dir, "start", whole, boot)
    return whole.version
