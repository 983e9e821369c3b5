"""Whose stick it is: one of another hub gets neither lessons nor letters of this node.

It is courtesy and thrift, no protection: our first root is no secret, and anybody can copy it.
"""

from content_packs import courier, repository
from content_packs.durable import storage_errors
from content_packs.errors import InvalidContent, Missing, Untrusted
from content_packs.limits import METADATA_BYTES_MAX
from content_packs.stick import Stick
from sync_node.data_dir import DataDir
from sync_node.metadata_folder import check_root

SAID = "the stick holds another hub's repository"


def is_anothers(data_dir: DataDir, stick: Stick) -> bool:
    """Say whether the first root that both a stick and this node have isn't the same.

    One that rotted, here or there, says nothing. Raises `SourceUnavailable` where the stick fails,
    `StorageFailed` where our own disk does.
    """
    with storage_errors(data_dir.trust):
        roots = list(data_dir.trust.glob("*.root.json"))
    for path in sorted(roots, key=lambda path: (len(path.name), path.name)):
        place = courier.repository_path(repository.metadata_path(path.name))
        try:
            theirs = stick.read(place, bytes_max=METADATA_BYTES_MAX)
        except (Missing, InvalidContent):
            continue
        with storage_errors(path):
            ours = path.read_bytes()
        if _is_root(ours) and _is_root(theirs):
            return ours != theirs
    return False


def _is_root(data: bytes) -> bool:
    try:
        check_root(data)
    except Untrusted:
        return False
    return True
