"""Builds a pack folder into a cpack: lint, read, pack."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from content_packs import cpack, durable, lint, manifest, packing, source
from content_packs.errors import UsageError
from content_packs.faults import Fault, FaultyFolder
from content_packs.manifest import Manifest


@dataclass(frozen=True)
class Built:
    """A built cpack: where it is, what it holds, its digest, and what lint warned of."""

    path: Path
    manifest: Manifest
    digest: str
    warnings: tuple[Fault, ...]


def build(
    folder: Path,
    out: Path | None = None,
    *,
    version: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Built:
    """Build `folder` into the cpack `out`, by default `<pack>-<version>.cpack` in this folder.

    `version` stands in for the one in `pack.toml`. Raises `FaultyFolder` with every fault that lint
    finds, `UsageError` if there is no such folder, `StorageFailed`.
    """
    read = source.read_folder(folder, version=version)
    faults = lint.check(read)
    if read.description is None or any(fault.severity == "error" for fault in faults):
        raise FaultyFolder(folder, faults)
    out = out or Path(f"{read.description.pack}-{read.description.version}{cpack.SUFFIX}")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder, expected the name of a {cpack.SUFFIX} file")
    durable.make_folder(out.resolve().parent)
    contents = [packing.Content(f.path, f.media_type, f.content) for f in read.files]
    built = packing.make_cpack(read.description, contents, out, progress)
    return Built(out, built, manifest.digest(built), faults)
