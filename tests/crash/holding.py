"""What a node's disk holds, found out from bytes alone, and what was asked for in spite of that."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from content_packs import delta
from content_packs.digests import digest_of
from content_packs.layout import Block, Layout
from content_packs.limits import DELTA_FIRST_BYTES
from content_packs.manifest import Manifest
from content_packs.repository import bundle_path
from sync_node.data_dir import DataDir


class Span(NamedTuple):
    """Bytes `first` to `last`, both included, of the file at `path` of a repository."""

    path: str
    first: int
    last: int


def held_chunks(root: Path) -> set[str]:
    """Return the digests of the chunks and files that are on a node's disk, wherever they lie."""
    data_dir = DataDir(root)
    held = set()
    for file in {file.digest: file for m in manifests(data_dir) for file in m.files}.values():
        for path in (data_dir.store_path(file.digest), data_dir.part_path(file.digest)):
            data, at = path.read_bytes() if path.exists() else b"", 0
            if data and digest_of(data) == file.digest:
                held.add(file.digest)
            for chunk in file.pieces:
                if data and digest_of(data[at : at + chunk.size]) == chunk.digest:
                    held.add(chunk.digest)
                at += chunk.size
    return held


def manifests(data_dir: DataDir) -> list[Manifest]:
    """Return the manifests that a node holds."""
    paths = data_dir.manifests.glob("*.json")
    return [msgspec.json.decode(path.read_bytes(), type=Manifest) for path in paths]


def blocks(data_dir: DataDir) -> Iterator[tuple[str, Block, set[str]]]:
    """Yield the blocks in a node's layouts: their bundle's path, and the chunks that they bring."""
    held = {path.stem: path for path in data_dir.manifests.glob("*.json")}
    for path in data_dir.layouts.glob("*.json"):
        laid_out = msgspec.json.decode(path.read_bytes(), type=Layout)
        if laid_out.manifest not in held:
            continue
        manifest = msgspec.json.decode(held[laid_out.manifest].read_bytes(), type=Manifest)
        for block in laid_out.blocks:
            bundle = bundle_path(laid_out.bundles[block.bundle].digest)
            brings = {manifest.chunk_table[n].digest for n in block.chunks if n >= 0}
            yield bundle, block, brings


def delta_groups(
    data_dir: DataDir, repository: Path, place: str
) -> Iterator[tuple[int, int, set[str]]]:
    """Yield the groups of a delta: offset, bytes, and the files that they are for, by digest."""
    if not (repository / place).exists():
        return  # it was asked whether there is one
    older, newer = place.rsplit("/", 1)[-1].removesuffix(".delta").split("-")
    if not all(data_dir.manifest_path(digest).exists() for digest in (older, newer)):
        return
    old_bytes = data_dir.manifest_path(older).read_bytes()
    old = msgspec.json.decode(old_bytes, type=Manifest)
    new = msgspec.json.decode(data_dir.manifest_path(newer).read_bytes(), type=Manifest)
    head = delta.unpack_head((repository / place).read_bytes(), old, old_bytes)
    for group in head.groups:
        brings = {new.files[file.number].digest for file in group.files}
        yield group.span.offset, group.span.stored, brings
    for large in head.large:
        for span in large.spans:
            yield span.offset, span.stored, {new.files[large.number].digest}


def fetched_again(
    data_dir: DataDir, repository: Path, held: set[str], asked: Iterable[Span]
) -> list[str]:
    """Return what was asked for though all that it brings was held: blocks, groups of deltas.

    `held` are digests of chunks and files. The start of a delta, which is asked for to find out
    what is in it, doesn't count.
    """
    asked = merged(asked)
    units = [(path, b.offset, b.stored, brings) for path, b, brings in blocks(data_dir)]
    for place in {span.path for span in asked if span.path.startswith("deltas/")}:
        groups = delta_groups(data_dir, repository, place)
        units += [(place, *group) for group in groups if group[0] >= DELTA_FIRST_BYTES]
    return [
        f"{path} at {offset}"
        for path, offset, stored, brings in units
        if brings <= held
        for span in asked
        if span.path == path and span.first <= offset and offset + stored <= span.last + 1
    ]


def merged(asked: Iterable[Span]) -> list[Span]:
    """Return spans with those that follow each other joined."""
    found: list[Span] = []
    for span in sorted(asked):
        if found and found[-1].path == span.path and span.first <= found[-1].last + 1:
            found[-1] = found[-1]._replace(last=max(found[-1].last, span.last))
        else:
            found.append(span)
    return found


def fetched_twice(asked: Iterable[Span]) -> list[str]:
    """Return the spans of bundles and deltas that overlap an earlier one."""
    found, before = [], dict[str, list[Span]]()
    for span in asked:
        if span.path.startswith(("bundles/", "deltas/")):
            earlier = before.setdefault(span.path, [])
            if any(span.first <= e.last and e.first <= span.last for e in earlier):
                found.append(f"{span}, after {earlier}")
            earlier.append(span)
    return found
