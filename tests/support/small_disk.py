"""A disk that is as large as it is: what is free of it depends on what lies in a node's folders."""

from collections.abc import Callable
from pathlib import Path

from sync_node.limits import DISK_RESERVE_BYTES
from tests.support.nodes import Node


def used(node: Node) -> int:
    """Return the bytes that the store and what is being made take."""
    folders = (node.data_dir.store, node.data_dir.incoming)
    return sum(
        path.stat().st_blocks * 512
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file()
    )


def small_disk(node: Node, *, beside: int) -> Callable[[Path], int]:
    """Return what says how much is free: `beside` what is on the disk now, and the reserve."""
    capacity = used(node) + beside + DISK_RESERVE_BYTES
    return lambda _: capacity - used(node)
