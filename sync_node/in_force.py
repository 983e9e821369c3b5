"""The configuration that counts: node.toml, and what the hub wants of this node (`desired.py`)."""

from sync_node import config, desired
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments


def config_in_force(data_dir: DataDir) -> Config:
    """Return it. Raises `UsageError`, `StorageFailed`."""
    return desired.in_effect(config.read(data_dir), HeldDocuments(data_dir).desired_state())
