"""Where things lie in a repository, whatever holds it: a hub, a stick, a cpack.

```
metadata/     TUF: N.root.json, timestamp.json, N.snapshot.json, N.targets.json, N.c-<channel>.json,
              N.status.json
status/<digest>.json                    the list of revoked nodes
manifests/<pack>/<digest>.json.zst
layouts/<pack>/<digest>.json.zst
bundles/<digest>.bundle
deltas/<pack>/<from>-<to>.delta         digests of two manifests
```
Everything but `metadata/timestamp.json` is immutable.
"""

import re

TIMESTAMP = "metadata/timestamp.json"
SIGNED_AT = "signed_at"  # in the timestamp: TUF signs expiries only, nodes learn the time from this

_PLACES = re.compile(
    r"metadata/(?:timestamp|[1-9][0-9]{0,9}\.(?:root|snapshot|targets|status|c-[a-z0-9-]{1,64}))\.json"
    r"|(?:manifests|layouts)/[a-z0-9-]{1,64}/[0-9a-f]{64}\.json\.zst"
    r"|bundles/[0-9a-f]{64}\.bundle"
    r"|status/[0-9a-f]{64}\.json"
    r"|deltas/[a-z0-9-]{1,64}/[0-9a-f]{64}-[0-9a-f]{64}\.delta"
)


def manifest_path(pack: str, digest: str) -> str:
    """Return where the manifest with this digest lies."""
    return f"manifests/{pack}/{digest}.json.zst"


def layout_path(pack: str, digest: str) -> str:
    """Return where the layout with this digest lies."""
    return f"layouts/{pack}/{digest}.json.zst"


def bundle_path(digest: str) -> str:
    """Return where the bundle with this digest lies."""
    return f"bundles/{digest}.bundle"


def delta_path(pack: str, old: str, new: str) -> str:
    """Return where the delta lies that makes the manifest `new` from `old`, both digests."""
    return f"deltas/{pack}/{old}-{new}.delta"


def status_path(digest: str) -> str:
    """Return where the list of revoked nodes with this digest lies."""
    return f"status/{digest}.json"


def metadata_path(file_name: str) -> str:
    """Return where a TUF metadata file, such as `1.root.json`, lies."""
    return f"metadata/{file_name}"


def is_place(path: str) -> bool:
    """Say whether `path` can be in a repository. Nothing else is ever served or asked for."""
    return _PLACES.fullmatch(path) is not None


def is_immutable(path: str) -> bool:
    """Say whether what lies at `path` stays the same for ever, and may be cached so."""
    return path != TIMESTAMP
