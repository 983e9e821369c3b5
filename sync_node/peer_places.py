"""What a node offers to its neighbours, and where: places below `/peer/v1/`. Pure.

```
held                          the digests of all files of the store: 32 raw bytes each, in order
files/<digest>[+<digest>...]  files of the store, one behind the other; ranges count over all
manifests/<digest>.json       a verified manifest, in the bytes that its digest names
layouts/<digest>.json         a layout, the same
desired-state/<group>.json    the desired state of a group, as the hub signed it
metadata/..., status/...      as in a repository: TUF metadata and the list of revoked nodes
```
A node keeps verified files, not the bundles that they came in; so peers speak by digest
(DECISIONS.md). There is nothing else below that address.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable

from content_packs import repository
from content_packs.manifest import File
from content_packs.names import is_name
from sync_node.limits import FILES_TOGETHER_BYTES, FILES_TOGETHER_MAX

PREFIX = "/peer/v1/"
HELD = "held"
CREDENTIAL_FIELD = "Satchel-Credential"  # base64url of the asker's credential

_DIGEST = "[0-9a-f]{64}"
_FILES = re.compile(rf"files/({_DIGEST}(?:\+{_DIGEST}){{0,{FILES_TOGETHER_MAX - 1}}})")
_DOCUMENT = re.compile(rf"(manifests|layouts)/({_DIGEST})\.json")
_DESIRED_STATE = re.compile(r"desired-state/([a-z0-9-]+)\.json")
_DIGEST_BYTES = 32


def files_path(digests: Iterable[str]) -> str:
    """Return where files lie one behind the other, at most `FILES_TOGETHER_MAX`."""
    return f"files/{'+'.join(digests)}"


def manifest_path(digest: str) -> str:
    """Return where the manifest with this digest lies."""
    return f"manifests/{digest}.json"


def layout_path(digest: str) -> str:
    """Return where the layout with this digest lies."""
    return f"layouts/{digest}.json"


def digests_of(place: str) -> list[str]:
    """Return the digests of the files that a place names; none for another place."""
    found = _FILES.fullmatch(place)
    return found[1].split("+") if found else []


def document_of(place: str) -> tuple[str, str] | None:
    """Return `manifests` or `layouts` and a digest, None for another place."""
    found = _DOCUMENT.fullmatch(place)
    return (found[1], found[2]) if found else None


def desired_state_path(group: str) -> str:
    """Return where the desired state of a group lies."""
    return f"desired-state/{group}.json"


def group_of(place: str) -> str:
    """Return the group whose desired state a place names; empty for another place."""
    found = _DESIRED_STATE.fullmatch(place)
    return found[1] if found and is_name(found[1]) else ""


def is_shared_with_repositories(place: str) -> bool:
    """Say whether a place is metadata or a list of revoked nodes, as in any repository."""
    return place.startswith(("metadata/", "status/")) and repository.is_place(place)


def is_place(place: str) -> bool:
    """Say whether a peer can have something at `place`. Nothing else is served or asked for."""
    return (
        place == HELD
        or group_of(place) != ""
        or is_shared_with_repositories(place)
        or _DOCUMENT.fullmatch(place) is not None
        or _FILES.fullmatch(place) is not None
    )


def groups_of(files: Iterable[File]) -> list[list[File]]:
    """Return files in the groups in which they are asked for, in their order.

    A file of several chunks is a group by itself.
    """
    groups: list[list[File]] = []
    small: list[File] = []
    for file in files:
        if file.chunks:
            groups.append([file])
            continue
        full = sum(each.size for each in small) + file.size > FILES_TOGETHER_BYTES
        if small and (full or len(small) >= FILES_TOGETHER_MAX):
            groups.append(small)
            small = []
        small.append(file)
    return [*groups, small] if small else groups


def held_bytes(digests: Iterable[str]) -> bytes:
    """Return the list of what is held, of digests in order."""
    return b"".join(map(bytes.fromhex, digests))


class HeldList:
    """What a peer says that it holds. One that is out of order hides some of it, and no more."""

    def __init__(self, raw: bytes = b"") -> None:
        self._raw = raw

    def __len__(self) -> int:
        return len(self._raw) // _DIGEST_BYTES

    def __getitem__(self, at: int) -> bytes:
        return self._raw[at * _DIGEST_BYTES : (at + 1) * _DIGEST_BYTES]

    def __contains__(self, digest: object) -> bool:
        if not isinstance(digest, str):
            return False
        wanted = bytes.fromhex(digest)
        at = bisect_left(self, wanted)
        return at < len(self) and self[at] == wanted
