"""The configuration that counts: node.toml, and what the hub wants of this node (`desired.py`)."""

from sync_node import config, desired
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments
from sync_node.system import box_slots, taking


def config_in_force(data_dir: DataDir) -> Config:
    """Return it; a box that can take systems follows their channel, too.

    Raises `UsageError`, `StorageFailed`.
    """
    found = desired.in_effect(config.read(data_dir), HeldDocuments(data_dir).desired_state())
    return taking.following(found, box_slots.read(data_dir))
