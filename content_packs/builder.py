"""Builds a pack folder into a cpack: lint, read, pack."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from content_packs import cpack, durable, lint, manifest, packing, source
from content_packs.errors import UsageError
from content_packs.faults import Fault, FaultyFolder
from content_packs.layout import Layout
from content_packs.manifest import Manifest
from content_packs.page_memo import PageMemo

EarlierOf = Callable[[str], Sequence[tuple[Manifest, Layout]]]


def no_earlier(_pack: str) -> Sequence[tuple[Manifest, Layout]]:
    """Say that whoever takes the cpack has no version of the pack."""
    return ()


def after(path: Path) -> EarlierOf:
    """Say that whoever takes the cpack has the one at `path`, with all that it was built after.

    Raises `InvalidContent`, `Missing`.
    """
    with cpack.open_cpack(path) as earlier:
        found = earlier.manifest, earlier.layout

    def earlier_of(pack: str) -> Sequence[tuple[Manifest, Layout]]:
        if found[0].pack != pack:
            raise UsageError(
                f"{path}: is of the pack {found[0].pack!r}, expected an earlier version of {pack!r}"
            )
        return (found,)

    return earlier_of


@dataclass(frozen=True)
class Built:
    """A built cpack: where it is, what it holds, its digest, and what lint warned of."""

    path: Path
    manifest: Manifest
    digest: str
    warnings: tuple[Fault, ...]


def build(  # noqa: PLR0913 - a folder, where to, and what is known already
    folder: Path,
    out: Path | None = None,
    *,
    version: int | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
    earlier_of: EarlierOf = no_earlier,
    memo: PageMemo | None = None,
) -> Built:
    """Build `folder` into the cpack `out`, by default `<pack>-<version>.cpack` in this folder.

    `version` stands in for the one in `pack.toml`. `earlier_of` gives the versions of a pack that
    whoever takes the cpack has: then it is thin, and lint doesn't look again into files that they
    hold. `memo` remembers what pages become. Raises `FaultyFolder` with every fault that lint
    finds, `UsageError` if there is no such folder, `StorageFailed`.
    """
    memo = memo or PageMemo()
    read = source.read_folder(folder, version=version, memo=memo)
    memo.end()
    if read.description is None:
        raise FaultyFolder(folder, lint.check(read))
    contents = [packing.Content(f.path, f.media_type, f.content) for f in read.files]
    earlier = earlier_of(read.description.pack)
    packer = packing.Packer(contents, progress, earlier)
    looked_into: set[str] = set()
    if earlier:
        looked_into = {
            of.origin
            for of, file in zip(read.files, packer.measure(), strict=True)
            if packer.is_known(file)
        }
    faults = lint.check(read, looked_into)
    if any(fault.severity == "error" for fault in faults):
        raise FaultyFolder(folder, faults)
    out = out or Path(f"{read.description.pack}-{read.description.version}{cpack.SUFFIX}")
    if out.is_dir():
        raise UsageError(f"{out}: is a folder, expected the name of a {cpack.SUFFIX} file")
    durable.make_folder(out.resolve().parent)
    built = packer.write(read.description, out)
    return Built(out, built, manifest.digest(built), faults)
