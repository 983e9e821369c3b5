"""Which store a hub's configuration names."""

import importlib

from hub.config import FOLDER, Config
from hub.data_dir import DataDir
from hub.objects.folder import FolderObjects
from hub.objects.interface import Objects


def objects_of(data: DataDir, config: Config) -> Objects:
    """Return the store of a hub's content. Raises `InvalidConfig` for an address that is none."""
    if config.objects == FOLDER:
        return FolderObjects(data.repository)
    # The library for S3 is an extra that most hubs don't install: loaded only where configured.
    module = importlib.import_module("hub.objects.s3")
    made: Objects = module.S3Objects(data, config)
    return made
